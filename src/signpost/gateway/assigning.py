"""Assigning: decide for a visit, record the exposure durably, and say how the browser goes on."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from msgspec import structs

from signpost.assignment import Outcome, Reason
from signpost.authlogs.moments import Moments
from signpost.edge.catalog import Catalog
from signpost.edge.notices import Notice, Notices
from signpost.exchange.overrides import PARAMETER
from signpost.gateway.delivery import Deliveries, Delivery
from signpost.gateway.queries import Query
from signpost.gateway.settings import GatewaySettings
from signpost.gateway.visits import Visit, Way, describe, find_flow, is_untouched, session_of
from signpost.middleware.cookies import DeviceCookie, SetCookie
from signpost.middleware.journeys import FOR_EVERYBODY
from signpost.middleware.testers import OverrideCookie
from signpost.ports.clock import Clock
from signpost.ports.events import Event
from signpost.requests.attributes import Attributes
from signpost.runtime.exposures import keep_attributes
from signpost.runtime.linked import LinkedUnits
from signpost.runtime.overrides import NOT_ASKED, Asked, OverrideIgnored, Overrides
from signpost.runtime.recorder import Recorder
from signpost.runtime.replies import Form, Forms
from signpost.runtime.secrets import AssignmentSecrets
from signpost.runtime.tokens import Signers
from signpost.runtime.wire import Override
from signpost.usecases.catalog import TenantState

_OVERRIDES = ("experiment_id", "variation_id", "segment_id", PARAMETER)


@dataclass(frozen=True, slots=True)
class Desk:
    """What assigning is done with."""

    tenant_id: str
    url: str
    """The gateway's own, without a slash at its end."""
    settings: GatewaySettings
    catalog: Catalog
    cookie: DeviceCookie
    testers: OverrideCookie
    attributes: Attributes
    recorder: Recorder
    linked: LinkedUnits
    secrets: AssignmentSecrets
    clock: Clock
    monotonic: Callable[[], float]


class Assigning:
    """Assigns. It raises nothing and waits for little: what goes wrong is logged, and the browser goes on without an experiment."""

    def __init__(self, desk: Desk, notices: Notices) -> None:
        self._desk = desk
        self._notices = notices
        self._deliveries = Deliveries(desk.settings)
        self._forms = Forms()
        self._overrides = Overrides(desk.secrets, desk.clock)
        self._signers = Signers(desk.secrets)
        self._moments = Moments(desk.clock)

    async def lead(self, visit: Visit, room: int) -> Way:
        """Return how a visit goes on, with a query of so many bytes at most, if it is made longer."""
        query = Query.read(visit.query)
        if query is None:
            self._notices.tell(Notice.CIRCUIT_OPEN, "the query is too long to be looked into")
        if query is None or is_untouched(query):
            return Way(visit.query)
        own = query.without(self._desk.settings.owned)
        if own is not query:
            self._notices.tell(Notice.ORPHANED, "a client sent parameters that only the gateway may send")
        try:
            return await self._assign(visit, own, room)
        except Exception as error:  # noqa: BLE001 an experiment never fails a sign-in
            self._notices.tell(Notice.CIRCUIT_OPEN, f"deciding failed: {type(error).__name__}", error)
            return Way(own.raw)

    def open_override(self, token: str) -> Asked:
        """Return what a token forces, or why it does not."""
        state = self._desk.catalog.state_of(self._desk.tenant_id)
        if state is None:
            return Asked(ignored=OverrideIgnored.TOKEN_INVALID)
        return self._overrides.read(state, Override(token=token))

    async def _assign(self, visit: Visit, query: Query, room: int) -> Way:
        desk = self._desk
        state = self._find_state()
        if state is None:
            return Way(query.raw)
        device = desk.cookie.read(visit.cookies) or desk.cookie.make()
        asked = self._read_override(state, query, visit.cookies)
        asker = describe(query, visit, session_of(query, desk.settings, desk.url, device.id))
        flow = find_flow(query, desk.settings.flows, desk.settings.flow)
        plan = state.plan
        forced = plan.experiments.get(asked.override.experiment_id or "")
        needed = plan.attributes_needed(flow) | (forced.attributes if forced else frozenset())
        context = desk.attributes.of(structs.replace(asker, ip=visit.address), needed)
        known = await desk.linked.find(desk.tenant_id, plan, (flow,), ((device.id, None),), asked.override)
        unit, (outcome, hashed) = plan.decide_for(flow, known[device.id, None], context, asked.override)
        if outcome.reason in {Reason.BROKEN, Reason.NO_PLAN}:
            self._notices.tell(Notice.CIRCUIT_OPEN, "the experiment can't run as it is configured")
        if outcome.is_override_ignored:
            self._notices.tell(Notice.NOT_FOUND, "an override names what is not there")
            asked = replace(asked, ignored=OverrideIgnored.TARGET_NOT_FOUND)
        if outcome.reason in FOR_EVERYBODY:
            return Way(query.raw)
        # What is said of an override is said once, so its form is not kept.
        is_usual = asked is NOT_ASKED
        form = self._forms.of(desk.tenant_id, outcome, flow) if is_usual else Form(desk.tenant_id, outcome, flow, asked)
        cookie = desk.cookie.write(device) if device.is_to_be_set else None
        delivery = self._deliveries.of(plan, outcome.experiment_id or outcome.declined_by)
        if form.exposure is None or not self._can_deliver(delivery, query, room):
            return Way(query.raw, cookie)
        attributes = keep_attributes(plan, outcome, context)
        other = None if unit == device.id else device.id
        event = form.exposure.fill(unit, hashed, asker, self._moments.now(), attributes, other)
        if not await desk.recorder.record((event,)):
            self._notices.tell(Notice.CIRCUIT_OPEN, "the exposure could not be kept")
            return Way(query.raw, cookie)
        return self._deliver(delivery, outcome, query, event, cookie)

    def _find_state(self) -> TenantState | None:
        desk = self._desk
        state, confirmed_at = desk.catalog.state_of(desk.tenant_id), desk.catalog.confirmed_at
        if state is None or confirmed_at is None:
            self._notices.tell(Notice.CIRCUIT_OPEN, "there is no configuration")
            return None
        if desk.monotonic() - confirmed_at > desk.settings.stale_seconds:
            self._notices.tell(Notice.CIRCUIT_OPEN, "the configuration is too old: the database does not answer")
            return None
        return state

    def _read_override(self, state: TenantState, query: Query, cookies: str) -> Asked:
        """Return what the request forces, or else what its browser keeps. A token counts alone."""
        given = {name: value for name in _OVERRIDES if (value := query.find(name))}
        token = given.pop(PARAMETER, None) or (None if given else self._desk.testers.read(cookies))
        if not given and token is None:
            return NOT_ASKED
        asked = self._overrides.read(state, Override(**given, token=token))
        if asked.ignored is not None:
            self._notices.tell(Notice.ORPHANED, f"an override is ignored: {asked.ignored.value}")
        return asked

    def _can_deliver(self, delivery: Delivery, query: Query, room: int) -> bool:
        if query.has_any(delivery.contested):
            self._notices.tell(Notice.ORPHANED, "a client sent a parameter that the experiment would set")
            return False
        if delivery.value_length_max > self._desk.settings.value_length_max:
            self._notices.tell(Notice.CIRCUIT_OPEN, "a value of the experiment is longer than the provider takes")
            return False
        if not delivery.fits(query, room):
            self._notices.tell(Notice.CIRCUIT_OPEN, "the address would be too long with the experiment in it")
            return False
        return True

    def _deliver(
        self, delivery: Delivery, outcome: Outcome, query: Query, event: Event, cookie: SetCookie | None
    ) -> Way:
        if outcome.variation_id is None or event.attribution is None:
            return Way(query.raw, cookie)
        arm = delivery.arms[outcome.variation_id]
        token = self._deliveries.token_field(self._signers.of(event.tenant_id).seal(event.attribution))
        parts = (query.without(arm.replaced).raw, arm.fields, token)
        return Way(b"&".join(part for part in parts if part), cookie)
