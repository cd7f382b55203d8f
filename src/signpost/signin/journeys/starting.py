"""The beginning of a sign-in: what a client asks for at `/authorize`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from signpost.edge.notices import Notice
from signpost.middleware.testers import OverrideCookie
from signpost.model.accounts import Account, AuthorizeRequest, Journey, Session
from signpost.model.actions import Trigger
from signpost.model.ids import IdKind
from signpost.model.tenants import Client
from signpost.signin.actions import Verdict
from signpost.signin.desk import Desk
from signpost.signin.experiments import find_override
from signpost.signin.journeys.asking import describe_sign_in
from signpost.signin.journeys.passkeys import sign_in_options
from signpost.signin.journeys.turns import Turn
from signpost.signin.oidc.provider import Answer
from signpost.signin.records import Step
from signpost.signin.visits import Visit

JOURNEY_FOR = timedelta(minutes=30)
"""How long a sign-in may take; then it counts as abandoned."""
ALWAYS_ASKED = frozenset({"login", "select_account"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to `/authorize` that may be answered."""

    client: Client
    request: AuthorizeRequest
    parameters: Sequence[tuple[str, str]]


def begin(desk: Desk, visit: Visit, asked: Asked, testers: OverrideCookie) -> Turn | Answer:
    """Begin a sign-in. Who is signed in already goes back at once; with `prompt=none` nobody is shown anything."""
    is_silent = "none" in asked.request.prompt
    session = _usable_session(desk, visit, asked.request)
    account = desk.accounts.of(visit.state.tenant.id).accounts.get(session.account_id) if session else None
    if session is not None and account is not None and not account.blocked:
        verdict = _ask_actions(desk, visit, asked, account)
        if not verdict.requires_mfa or "mfa" in session.amr:
            return _go_back(desk, visit, asked, (session, account), verdict)
        if is_silent:
            return desk.provider.refuse(
                visit.state, asked.request, "interaction_required", "A second factor is required."
            )
    if is_silent:
        return desk.provider.refuse(visit.state, asked.request, "login_required", "Nobody is signed in.")
    return _open(desk, visit, asked, testers)


def _ask_actions(desk: Desk, visit: Visit, asked: Asked, account: Account) -> Verdict:
    if not desk.actions.has_any(visit.state, Trigger.POST_LOGIN):
        return Verdict()
    turn = Turn(desk, visit, _journey(desk, visit, asked), asked.client)
    return desk.actions.run_actions(visit.state, Trigger.POST_LOGIN, describe_sign_in(turn, account))


def _go_back(desk: Desk, visit: Visit, asked: Asked, signed_in: tuple[Session, Account], verdict: Verdict) -> Answer:
    """Give a client its code for who is signed in already. No page is shown, so there is no experiment."""
    session, account = signed_in
    if verdict.denial is not None:
        return desk.provider.refuse(visit.state, asked.request, "access_denied", verdict.denial.reason)
    return desk.provider.issue_code(
        visit.state,
        asked.client,
        asked.request,
        account,
        session,
        id_token_claims=verdict.id_token_claims,
        access_token_claims=verdict.access_token_claims,
    )


def _open(desk: Desk, visit: Visit, asked: Asked, testers: OverrideCookie) -> Turn:
    turn = Turn(desk, visit, _journey(desk, visit, asked), asked.client)
    override = find_override(dict(asked.parameters), testers, visit.cookies)
    if override is not None:
        turn.remember(override=override)
    elif any(name.startswith("ext-experiment") for name, _ in asked.parameters):
        desk.notices.tell(Notice.ORPHANED, "a client sent parameters that nobody here reads")
    wants_sign_up = asked.request.screen_hint == "signup"
    turn.enter("signup" if wants_sign_up else "identifier")
    if not wants_sign_up:  # which of the two begins is up to the variation
        turn.change(step=turn.parameters.first_screen)
        if turn.parameters.offers_passkeys:
            sign_in_options(turn)  # its challenge is kept with the rest, so that the first page changes nothing
    turn.note(Step.STARTED, screen=turn.journey.step)
    desk.accounts.of(visit.state.tenant.id).journeys.add(turn.journey)
    turn.begun()
    return turn


def _usable_session(desk: Desk, visit: Visit, request: AuthorizeRequest) -> Session | None:
    session = visit.session
    if session is None or not ALWAYS_ASKED.isdisjoint(request.prompt) or request.screen_hint == "signup":
        return None
    if request.max_age_seconds is not None:
        age = desk.clock.now() - session.authenticated_at
        if age > timedelta(seconds=request.max_age_seconds):
            return None
    return session


def _journey(desk: Desk, visit: Visit, asked: Asked) -> Journey:
    now = desk.clock.now()
    return Journey(
        id=desk.ids.make_secret(),
        transaction_id=desk.ids.make_id(IdKind.TRANSACTION),
        client_id=asked.client.id,
        request=asked.request,
        device_id=visit.device.id,
        started_at=now,
        expires_at=now + JOURNEY_FOR,
    )
