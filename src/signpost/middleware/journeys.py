"""One request's way through: whose it is, what it is shown, and what its response has to carry."""

import logging
from collections.abc import Mapping

from signpost.assignment import Reason
from signpost.client import Decision
from signpost.middleware.arrivals import Arrival, parse_query
from signpost.middleware.cookies import Device, DeviceCookie, SetCookie
from signpost.middleware.flows import Flows
from signpost.middleware.settings import Settings, SettingsInvalidError
from signpost.requests.contexts import flatten_context
from signpost.requests.useragents import HEADER_MAX

FOR_EVERYBODY = frozenset({Reason.NO_EXPERIMENT, Reason.NO_PLAN, Reason.BROKEN})
"""Where nobody is in an experiment the device does not matter: it gets no cookie, and the response is anybody's."""

log = logging.getLogger("signpost.middleware")


class Journeys:
    """What all requests of an application have in common.

    Raises:
        SettingsInvalidError: a setting can't be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        try:
            self.flows = Flows(settings.flows)
            self.cookie = DeviceCookie(settings.cookie_keys, is_secure=settings.secure)
        except ValueError as error:
            raise SettingsInvalidError(f"Signpost's middleware can't start: {error}.") from error
        self._told: set[str] = set()

    def begin(self, arrival: Arrival) -> "Journey":
        """Return the journey of a request. Nothing is decided yet."""
        return Journey(self, arrival)

    def tell_once(self, problem: str, error: Exception | None = None) -> None:
        """Log a problem when it is seen first: it would be the same for every request."""
        if problem not in self._told:
            self._told.add(problem)
            log.error("%s; sign-ins get the baseline, and this is not said again", problem, exc_info=error)


class Journey:
    """One request. No method raises: what goes wrong here is logged, and leads to the baseline."""

    def __init__(self, journeys: Journeys, arrival: Arrival) -> None:
        self.flow: str | None = None
        """The flow that a view has named, before all that the path says."""
        self._journeys = journeys
        self._arrival = arrival
        self._device: Device | None = None
        self._is_device_read = False
        self._decisions: dict[str, Decision | None] = {}
        self._used: set[str] = set()
        self._is_personal = False
        self._is_answered = False

    @property
    def unit(self) -> str | None:
        """The device's id, None where it has none, or was not given one."""
        device = self._read_device()
        return device.id if device and (self._is_personal or not device.is_new) else None

    @property
    def is_personal(self) -> bool:
        """Whether the response depends on the device, so that it must reach nobody else."""
        return self._is_personal

    def decide(self, flow: str | None = None) -> Decision | None:
        """Decide, once, what the device sees in a flow, that of the request if none is named; None: the baseline."""
        flow = flow or self.flow or self._journeys.flows.find(self._arrival.path)
        if flow is None:
            return None
        if flow not in self._decisions:
            try:
                self._decisions[flow] = self._decide(flow)
            except Exception as error:  # noqa: BLE001 an experiment never fails a sign-in, whatever the application's functions do
                self._journeys.tell_once(f"deciding failed: {type(error).__name__}", error)
                self._decisions[flow] = None
        return self._decisions[flow]

    def use(self, flow: str | None = None) -> Decision | None:
        """Decide, and record that the device is shown it. A HEAD request shows nothing."""
        decision = self.decide(flow)
        client = self._journeys.settings.client
        if decision is None or client is None or decision.flow in self._used or self._arrival.method == "HEAD":
            return decision
        self._used.add(decision.flow)
        try:
            client.record(decision)
        except Exception as error:  # noqa: BLE001 as above
            self._journeys.tell_once(f"recording failed: {type(error).__name__}", error)
        return decision

    def answer(self) -> SetCookie | None:
        """Return the cookie that the response has to set. From here on a device that has none can't be given one."""
        self._is_answered = True
        device = self._device
        return self._journeys.cookie.write(device) if self._is_personal and device and device.is_to_be_set else None

    def _decide(self, flow: str) -> Decision | None:
        settings = self._journeys.settings
        if settings.client is None:
            self._journeys.tell_once("there is no client")
            return None
        device = self._read_device()
        if device is None:
            if self._is_answered:
                log.warning("%s was first asked for after the response began: a new device gets the baseline", flow)
                return None
            device = self._device = self._journeys.cookie.make()
        source = self._arrival.source
        decision = settings.client.decide(
            flow,
            device.id,
            self._describe(),
            override=settings.override(parse_query(self._arrival.query)) if settings.override else None,
            record=False,
            session_id=settings.session_id(source) if settings.session_id else None,
            account_id=settings.account_id(source) if settings.account_id else None,
            linked_unit=settings.linked_unit(source) if settings.linked_unit else None,
        )
        if decision.reason is Reason.NO_PLAN:
            self._journeys.tell_once("the client has no configuration")
        self._is_personal = self._is_personal or decision.reason not in FOR_EVERYBODY
        return decision

    def _read_device(self) -> Device | None:
        if not self._is_device_read:
            self._is_device_read = True
            self._device = self._journeys.cookie.read(self._arrival.cookies)
        return self._device

    def _describe(self) -> Mapping[str, str | None]:
        """Return the attributes of the request. Its address is used and not kept: attributes go into the log of exposures."""
        settings, arrival = self._journeys.settings, self._arrival
        attributes: dict[str, str | None] = {}
        if arrival.user_agent:
            attributes["user_agent"] = arrival.user_agent[:HEADER_MAX]
        if settings.places and arrival.address:
            place = settings.places.find(arrival.address)
            attributes |= {"country": place.country, "region": place.region}
        if settings.attributes:
            attributes |= flatten_context(settings.attributes(arrival.source))
        return attributes
