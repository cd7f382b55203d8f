"""One request's experiments: nothing is decided before somebody asks, nothing recorded before it is shown."""

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from signpost.assignment import Override, Reason
from signpost.client import Client, Decision
from signpost.middleware.cookies import CookieFields, Device, DeviceCookies
from signpost.model.json import JsonValue

QUERY_FIELDS_MAX = 100

log = logging.getLogger("signpost.middleware")

Query = Mapping[str, str]
ReadOverride = Callable[[Query], Override | None]
"""Returns what a request's query forces, None where it forces nothing."""


class Shown:
    """What a flow shows to this device: for templates and views. False where the device is in no experiment.

    Reading `config` or which variation it is means to show it: that records the exposure, once for each request.
    """

    def __init__(self, decide: Callable[[], Decision | None], record: Callable[[Decision], None]) -> None:
        self._decide = decide
        self._record = record
        self._decision: Decision | None = None
        self._is_decided = False
        self._is_recorded = False

    def __bool__(self) -> bool:
        decision = self._find()
        if decision is not None and decision.reason is Reason.HOLDOUT:
            self._use()  # there is nothing to read of it, so this is where it meets the experiment that it is held out of
        return decision is not None and decision.is_enrolled

    @property
    def decision(self) -> Decision | None:
        """The decision, without recording it; None where none could be made."""
        return self._find()

    @property
    def experiment_id(self) -> str | None:
        """The experiment that the device is in."""
        decision = self._find()
        return decision.experiment_id if decision is not None else None

    @property
    def variation_id(self) -> str | None:
        """The variation that it is shown."""
        decision = self._use()
        return decision.variation_id if decision is not None else None

    @property
    def variation_name(self) -> str | None:
        """Its name."""
        decision = self._use()
        return decision.variation_name if decision is not None else None

    @property
    def is_control(self) -> bool:
        """Whether it is the control."""
        decision = self._use()
        return decision is not None and decision.is_control

    @property
    def config(self) -> dict[str, JsonValue]:
        """Every parameter's value by name; empty where the device is in no experiment."""
        decision = self._use()
        return decision.config if decision is not None else {}

    def as_context(self) -> dict[str, Any] | None:
        """Return `experiment` as Auth0's page templates have it, None where the device is in no experiment."""
        decision = self._use()
        if decision is None or not decision.is_enrolled:
            return None
        return {
            "experiment_id": decision.experiment_id,
            "variation_id": decision.variation_id,
            "variation_name": decision.variation_name,
            "config": {name: {"value": value} for name, value in decision.config.items()},
            "is_control": decision.is_control,
        }

    def _find(self) -> Decision | None:
        if not self._is_decided:
            self._is_decided = True
            self._decision = self._decide()
        return self._decision

    def _use(self) -> Decision | None:
        decision = self._find()
        if decision is not None and not self._is_recorded:
            self._is_recorded = True
            self._record(decision)
        return decision


class Visit:
    """One request: `visit("password_reset")` is what that flow shows to its device.

    A device that has no cookie yet gets one when the first decision is asked for. Once the head of the reply is on its way no
    cookie can be set any more: a device without one is then shown the baseline, because it would be somebody else next time.
    """

    def __init__(self, visits: "Visits", cookie: str | None, attributes: Mapping[str, str | None], query: str) -> None:
        self._visits = visits
        self._cookie = cookie
        self._attributes = attributes
        self._query = query
        self._device: Device | None = None
        self._is_read = False
        self._is_head_sent = False
        self._shown: dict[str | None, Shown] = {}

    def __call__(self, flow: str | None) -> Shown:
        """Return what a flow shows; None is no flow, and shows the baseline."""
        shown = self._shown.get(flow)
        if shown is None:
            shown = self._shown[flow] = Shown(lambda: self._decide(flow), self._visits.client.record)
        return shown

    @property
    def device_id(self) -> str | None:
        """The device's id; None where it has none, and can't be given one any more."""
        if not self._is_read:
            self._is_read = True
            self._device = self._visits.cookies.read(self._cookie)
        if self._device is None and not self._is_head_sent:
            self._device = self._visits.cookies.make()
        return self._device.id if self._device is not None else None

    def finish_head(self) -> CookieFields | None:
        """Return the cookie that the reply is to set, if any; from now on it is too late for one."""
        self._is_head_sent = True
        if self._device is None or not self._device.is_to_be_sent:
            return None
        return self._visits.cookies.write(self._device)

    @property
    def is_used(self) -> bool:
        """Whether the reply may depend on the device."""
        return self._device is not None

    def _decide(self, flow: str | None) -> Decision | None:
        if flow is None:
            return None
        try:
            override = self._visits.read_override(self._query)
            device_id = self.device_id
            if device_id is None:
                return None
            client = self._visits.client
            return client.decide(flow, device_id, self._attributes, override=override, record=False)
        except Exception:  # a sign-in never fails because of an experiment
            log.exception("no experiment could be decided, the baseline is shown")
            return None


class Visits:
    """What all requests have in common.

    Args:
        client: Decides.
        cookies: The device cookies.
        flows: Which flow a path is, by its beginning: `{"/login": "authentication"}` is also for `/login/password`.
        read_override: Reads overrides of links; without it there are none.
    """

    def __init__(
        self,
        client: Client,
        cookies: DeviceCookies,
        flows: Mapping[str, str] | None = None,
        read_override: ReadOverride | None = None,
    ) -> None:
        self.client = client
        self.cookies = cookies
        self._flows = sorted((flows or {}).items(), key=lambda item: -len(item[0]))
        self._read_override = read_override

    def begin(self, *, cookie: str | None, user_agent: str | None, ip: str | None, query: str = "") -> Visit:
        """Return the visit of a request, by its headers, its address, and its query."""
        return Visit(self, cookie, {"user_agent": user_agent, "ip": ip}, query)

    def flow_of(self, path: str) -> str | None:
        """Return the flow of a path, None where it is none."""
        return next((flow for start, flow in self._flows if f"{path}/".startswith(f"{start.rstrip('/')}/")), None)

    def read_override(self, query: str) -> Override | None:
        """Return what a query forces."""
        if self._read_override is None or not query:
            return None
        try:
            fields = parse_qs(query, max_num_fields=QUERY_FIELDS_MAX)
        except ValueError:
            return None
        return self._read_override({name: values[-1] for name, values in fields.items()})
