"""After somebody has proved who they are: what actions say, what else is asked, and the end."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from signpost.model.accounts import Account, Session
from signpost.model.actions import Trigger
from signpost.model.ids import IdKind
from signpost.model.json import JsonValue
from signpost.signin.actions import Verdict
from signpost.signin.cookies import mark_of, write_returning, write_session
from signpost.signin.journeys.asking import describe_sign_in
from signpost.signin.journeys.steps import PASSKEY, Standing, amr_of, missing_proof, next_step
from signpost.signin.journeys.turns import Go, Leave, Next, Stop, Turn
from signpost.signin.oidc.scopes import EXPERIMENT
from signpost.signin.records import Step

SESSION_FOR = timedelta(days=7)
PASSWORD_OF = "password_changed_at"  # noqa: S105 a fact's name
"""The fact that holds since when the account had its password when somebody proved to be its owner."""


def prove(turn: Turn, account: Account, proof: str) -> Next:
    """Go on after somebody has proved who they are, in the first or in another way."""
    known = turn.journey.amr if turn.journey.account_id == account.id else ()  # another's proofs don't count
    turn.change(account_id=account.id, amr=(*known, proof))
    if account.blocked:
        return refuse(turn, account, "access_denied", "The account is blocked.")
    if not known:
        turn.remember(**{PASSWORD_OF: _password_of(account)})
        stopped = _ask_actions(turn, account)
        if stopped is not None:
            return stopped
    return go_on(turn)


def go_on(turn: Turn) -> Next:
    """Return the next screen, or the end."""
    account = turn.account
    if account is None or turn.fact(PASSWORD_OF) != _password_of(account):
        # It was removed, or has got another password: that ends every session, and what is to become one.
        turn.end()
        return Stop("expired")
    if account.blocked:
        return refuse(turn, account, "access_denied", "The account is blocked.")
    step = next_step(_standing(turn, account))
    return finish(turn, account) if step is None else Go(step)


def may_enrol(turn: Turn, account: Account) -> bool:
    """Return whether something may be added that proves who somebody is: what they have may have changed since they came."""
    is_same = turn.fact(PASSWORD_OF) == _password_of(account) and not account.blocked
    return is_same and missing_proof(_standing(turn, account)) in {None, turn.journey.step}


def put_off(turn: Turn) -> Next:
    """Go on without what the present screen offers."""
    turn.remember(put_off=[*turn.fact("put_off", ()), turn.journey.step])
    return go_on(turn)


def finish(turn: Turn, account: Account) -> Next:
    """Sign somebody in: a new session, and a code for the client. It is done once, however often the form is sent."""
    desk, now = turn.desk, turn.desk.clock.now()
    session = Session(
        id=desk.ids.make_id(IdKind.SESSION),
        account_id=account.id,
        authenticated_at=now,
        amr=amr_of(turn.journey.amr),
        expires_at=now + SESSION_FOR,
        device_id=turn.journey.device_id,
    )
    secret = desk.ids.make_secret()
    claims: Mapping[str, JsonValue] = turn.fact("claims", {})
    with turn.people.together() as people:
        if people.journeys.take(turn.journey.id) is None:
            return Stop("expired")
        if turn.visit.session is not None:  # never the one that the browser came with
            people.sessions.remove(turn.visit.session.id)
        people.sessions.add(secret, session)
        people.accounts.change(
            account.id, lambda found: replace(found, logins_count=found.logins_count + 1, last_login_at=now)
        )
        if turn.visit.returning != mark_of(account.id):  # else this browser has brought the account here before
            device_id = turn.journey.device_id
            desk.recording.link(people.links, turn.visit.state.tenant.id, device_id, account.id, now)
        answer = desk.provider.issue_code(
            turn.visit.state,
            turn.client,
            turn.journey.request,
            account,
            session,
            id_token_claims={**claims.get("id_token", {}), **_experiment_claim(turn)},
            access_token_claims=claims.get("access_token", {}),
            people=people,
        )
    turn.cookies += [
        write_session(secret, SESSION_FOR, is_secure=turn.visit.is_secure),
        write_returning(account.id, is_secure=turn.visit.is_secure),
    ]
    turn.note(
        Step.SIGNED_IN,
        account,
        method="passkey" if PASSKEY in turn.journey.amr else "password",
        proofs=list(turn.journey.amr),
        duration_ms=(now - turn.journey.started_at) // timedelta(milliseconds=1),
        retries=turn.fact("retries", 0),
    )
    return Leave(answer)


def refuse(turn: Turn, account: Account | None, error: str, why: str) -> Next:
    """Send the browser back to the client without signing anybody in."""
    turn.end()
    turn.note(Step.FAILED, account, error=error, error_description=why)
    return Leave(turn.desk.provider.refuse(turn.visit.state, turn.journey.request, error, why))


def _standing(turn: Turn, account: Account) -> Standing:
    return Standing(
        proofs=turn.journey.amr,
        has_second_factor=turn.people.totp_factors.get(account.id) is not None,
        has_passkey=PASSKEY in turn.journey.amr or bool(turn.people.passkeys.of_account(account.id)),
        requires_second_factor=bool(turn.fact("requires_mfa")),
        put_off={*turn.fact("put_off", ()), *turn.visit.put_off},
        parameters=turn.parameters,
    )


def _password_of(account: Account) -> str:
    return account.password_changed_at.isoformat() if account.password_changed_at is not None else ""


def _ask_actions(turn: Turn, account: Account) -> Next | None:
    """Ask what is to be asked after a sign-in; return how it ends, if it does not go on."""
    desk, state = turn.desk, turn.visit.state
    if not desk.actions.has_any(state, Trigger.POST_LOGIN):
        return None
    verdict = desk.actions.run_actions(state, Trigger.POST_LOGIN, describe_sign_in(turn, account))
    if verdict.denial is not None:
        return refuse(turn, account, "access_denied", verdict.denial.reason)
    _take(turn, account, verdict)
    return None


def _take(turn: Turn, account: Account, verdict: Verdict) -> None:
    if verdict.requires_mfa:
        turn.remember(requires_mfa=True)
    claims = {"id_token": dict(verdict.id_token_claims), "access_token": dict(verdict.access_token_claims)}
    if any(claims.values()):
        turn.remember(claims=claims)
    if verdict.user_metadata or verdict.app_metadata:
        turn.people.accounts.change(
            account.id,
            lambda found: replace(
                found,
                user_metadata=_merge(found.user_metadata, verdict.user_metadata),
                app_metadata=_merge(found.app_metadata, verdict.app_metadata),
                updated_at=turn.desk.clock.now(),
            ),
        )


def _merge(known: Mapping[str, JsonValue], changes: Mapping[str, Any]) -> dict[str, JsonValue]:
    return {name: value for name, value in {**known, **changes}.items() if value is not None}


def _experiment_claim(turn: Turn) -> dict[str, JsonValue]:
    found = turn.assignment
    if found is None or EXPERIMENT not in turn.journey.request.scopes:
        return {}
    return {f"{turn.visit.state.tenant.issuer}experiment": found.context()}
