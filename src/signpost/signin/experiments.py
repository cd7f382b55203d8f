"""Experiments at sign-in: decides which one a flow is in, and records the exposure before anything of it is shown.

Nothing here raises, and nothing waits for long: what goes wrong is logged, and the pages appear as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec import structs

from signpost.assignment import Reason
from signpost.authlogs.moments import Moments
from signpost.edge.notices import Notice, Notices
from signpost.exchange.overrides import PARAMETER
from signpost.middleware.testers import OverrideCookie
from signpost.model import hosted_pages
from signpost.model.accounts import Journey
from signpost.model.experiments import ALL_FLOWS
from signpost.model.limits import TEXT_MAX
from signpost.model.segments import METADATA_PREFIX
from signpost.ports.accounts import AccountStore
from signpost.ports.clock import Clock
from signpost.requests.attributes import Attributes
from signpost.runtime.exposures import keep_attributes
from signpost.runtime.overrides import NOT_ASKED, Asked, Overrides
from signpost.runtime.replies import Form, Forms
from signpost.runtime.secrets import AssignmentSecrets
from signpost.runtime.wire import VALUE_MAX, Asker, Override
from signpost.signin.assignments import Assignment, assignment_of
from signpost.signin.recording import Recording
from signpost.signin.visits import Visit
from signpost.usecases.links import find_who_asks

STALE_SECONDS = 600.0
"""How old the configuration may be: an experiment that was stopped long ago is not to go on."""
CONNECTION = "Username-Password-Authentication"
"""What Auth0 calls the connection of accounts with passwords; segments may ask for it."""
PLAIN = ("experiment_id", "variation_id", "segment_id")


def find_override(given: Mapping[str, str], testers: OverrideCookie, cookies: str) -> dict[str, str] | None:
    """Return what a request to `/authorize` wants forced, or else what the browser keeps, as fields of `wire.Override`.

    A token counts alone.
    """
    said = {name: given[name] for name in PLAIN if given.get(name)}
    token = given.get(PARAMETER) or (None if said else testers.read(cookies))
    if token is not None:
        return {"token": token} if len(token) <= VALUE_MAX else None
    return said if said and all(len(text) <= TEXT_MAX for text in said.values()) else None


@dataclass(frozen=True, slots=True)
class Experiments:
    """Decides."""

    accounts: AccountStore
    recording: Recording
    attributes: Attributes
    secrets: AssignmentSecrets
    clock: Clock
    notices: Notices
    confirmed_at: Callable[[], float | None]
    """When the configuration was last known to be what holds, by the monotonic clock."""
    monotonic: Callable[[], float]
    moments: Moments
    forms: Forms

    def decide(
        self, visit: Visit, journey: Journey, flow: str, asked: Asked, known: Mapping[str, Assignment | None]
    ) -> Assignment | None:
        """Return what a flow of a sign-in is assigned; None: nothing. Its exposure is durable then."""
        try:
            return self._decide(visit, journey, flow, asked, known)
        except Exception as error:  # noqa: BLE001 an experiment never fails a sign-in
            self.notices.tell(Notice.CIRCUIT_OPEN, f"deciding failed: {type(error).__name__}", error)
            return None

    def open_override(self, visit: Visit, override: Override) -> Asked:
        """Return what an override forces, or why it forces nothing."""
        asked = Overrides(self.secrets, self.clock).read(visit.state, override)
        if asked.ignored is not None:
            self.notices.tell(Notice.ORPHANED, f"an override is ignored: {asked.ignored.value}")
        return asked

    def _decide(
        self, visit: Visit, journey: Journey, flow: str, asked: Asked, known: Mapping[str, Assignment | None]
    ) -> Assignment | None:
        plan, tenant_id = visit.state.plan, visit.state.tenant.id
        if not self._is_fresh():
            return None
        asker = describe(visit, journey)
        if not _is_meant(visit, flow, asked):
            asked = NOT_ASKED
        forced = plan.experiments.get(asked.override.experiment_id or "")
        needed = plan.attributes_needed(flow) | (forced.attributes if forced else frozenset())
        context = self.attributes.of(structs.replace(asker, ip=visit.address), needed)
        links = self.accounts.of(tenant_id).links
        who = find_who_asks(plan, flow, visit.device.id, journey.account_id, links, asked.override)
        unit, (outcome, hashed) = plan.decide_for(flow, who, context, asked.override)
        if outcome.reason in {Reason.BROKEN, Reason.NO_PLAN}:
            self.notices.tell(Notice.CIRCUIT_OPEN, "the experiment can't run as it is configured")
        if outcome.is_override_ignored:
            self.notices.tell(Notice.NOT_FOUND, "an override names what is not there")
        same = next((found for found in known.values() if found and found.experiment_id == outcome.experiment_id), None)
        if same is not None:  # an experiment in all flows is met once
            return same
        is_usual = asked is NOT_ASKED
        form = self.forms.of(tenant_id, outcome, flow) if is_usual else Form(tenant_id, outcome, flow, asked)
        if form.exposure is None:
            return None
        if not self.recording.can_expose:
            self.notices.tell(Notice.CIRCUIT_OPEN, "exposures could not be kept a moment ago")
            return None
        attributes = keep_attributes(plan, outcome, context)
        other = None if unit == visit.device.id else visit.device.id
        exposure = form.exposure.fill(unit, hashed, asker, self.moments.now(), attributes, other)
        return assignment_of(outcome, exposure, visit.state) if self.recording.expose(exposure) else None

    def _is_fresh(self) -> bool:
        confirmed_at = self.confirmed_at()
        if confirmed_at is None or self.monotonic() - confirmed_at > STALE_SECONDS:
            self.notices.tell(Notice.CIRCUIT_OPEN, "the configuration is too old: the database does not answer")
            return False
        return True


def _is_meant(visit: Visit, flow: str, asked: Asked) -> bool:
    """Return whether an override is for this flow: one that names the experiment of another is obeyed when that comes."""
    experiments = visit.state.configuration.experiments
    named = next((e.flow for e in experiments if e.id == asked.override.experiment_id), None)
    return named is None or named in {flow, ALL_FLOWS}


def describe(visit: Visit, journey: Journey) -> Asker:
    """Return what is known of who signs in, as segments ask for it. What is not the address may be kept."""
    returning = f"{METADATA_PREFIX}{hosted_pages.RETURNING}"
    return Asker(
        context={returning: "false" if visit.returning is None else "true"},
        user_agent=visit.user_agent,
        session_id=journey.transaction_id,
        client_id=journey.client_id,
        connection=CONNECTION,
        domain=visit.state.tenant.domain,
        account_id=journey.account_id,
    )
