"""What actions are told of a sign-in."""

from signpost.model.accounts import Account
from signpost.signin.actions import (
    ActionEvent,
    Authentication,
    ClientFacts,
    ConnectionFacts,
    RequestFacts,
    TransactionFacts,
    UserFacts,
)
from signpost.signin.actions.events import render_time
from signpost.signin.experiments import CONNECTION
from signpost.signin.journeys.turns import Turn


def describe_sign_in(turn: Turn, account: Account) -> ActionEvent:
    """Return what actions are told after somebody has proved who they are."""
    factor = turn.people.totp_factors.get(account.id)
    user = UserFacts(
        user_id=account.id,
        email=account.email,
        email_verified=account.email_verified,
        name=account.name,
        user_metadata=account.user_metadata,
        app_metadata=account.app_metadata,
        created_at=render_time(account.created_at),
        updated_at=render_time(account.updated_at),
        last_password_reset=render_time(account.password_changed_at) if account.password_changed_at else None,
        multifactor=("totp",) if factor is not None else (),
    )
    return describe(turn, user, account.logins_count + 1)


def describe_sign_up(turn: Turn, email: str, account: Account | None = None) -> ActionEvent:
    """Return what actions are told before an account is made, and after it."""
    user_id = account.id if account is not None else None
    return describe(turn, UserFacts(user_id=user_id, email=email, email_verified=False), None)


def describe(turn: Turn, user: UserFacts, logins_count: int | None) -> ActionEvent:
    """Return what actions are told."""
    journey, visit, request = turn.journey, turn.visit, turn.journey.request
    now = render_time(turn.desk.clock.now())
    found = turn.assignment
    return ActionEvent(
        user=user,
        client=ClientFacts(client_id=turn.client.id, name=turn.client.name),
        request=RequestFacts(
            ip=visit.address, hostname=visit.hostname, user_agent=visit.user_agent, language=visit.locale_of(journey)
        ),
        transaction=TransactionFacts(
            id=journey.transaction_id,
            locale=visit.locale_of(journey),
            protocol="oidc-basic-profile",
            redirect_uri=request.redirect_uri,
            requested_scopes=request.scopes,
            acr_values=request.acr_values,
            ui_locales=request.ui_locales,
            prompt=request.prompt,
            login_hint=request.login_hint,
            response_mode=request.response_mode.value,
            response_type=("code",),
        ),
        connection=ConnectionFacts(id=CONNECTION, name=CONNECTION, strategy="auth0"),
        authentication=tuple(Authentication(name=proof, timestamp=now) for proof in journey.amr),
        logins_count=logins_count,
        experiment=found.context() if found is not None else None,
    )
