"""Actions are run: against a real receiver on a real port, and as functions."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from signpost.edge.keys import KeyRing
from signpost.edge.outbound import Outbound
from signpost.edge.system import RandomIds
from signpost.edge.webhook_signatures import format_secret, verify_request
from signpost.model.actions import Action
from signpost.signin.actions import (
    ActionEvent,
    Actions,
    Authentication,
    ClientFacts,
    Command,
    ConnectionFacts,
    Denial,
    Deny,
    OnFailure,
    PythonAction,
    RequestFacts,
    RequireMfa,
    SetAccessTokenClaim,
    SetAppMetadata,
    SetIdTokenClaim,
    SetUserMetadata,
    TransactionFacts,
    Trigger,
    UserFacts,
    Verdict,
    running,
)
from signpost.signin.actions.commands import CLAIM, COMMANDS_MAX
from signpost.signin.actions.running import FAILED, OLD_SECRET_FOR
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_tenant, an_action
from signpost.testing.repeatable import START, SteppingClock
from signpost.usecases.catalog import TenantState, load_tenant_state
from tests.receiver import Receiver, find_closed_port, receiving

TENANT = a_tenant(1)
EVENT = ActionEvent(
    user=UserFacts(user_id="auth0|1", email="ann@example.com", email_verified=True, user_metadata={"plan": "free"}),
    client=ClientFacts(client_id="cli_1", name="Shop"),
)
COMMANDS = [
    {"type": "set_id_token_claim", "name": "https://shop.example/plan", "value": "gold"},
    {"type": "set_access_token_claim", "name": "https://shop.example/roles", "value": ["admin"]},
    {"type": "set_user_metadata", "name": "seen", "value": True},
    {"type": "set_app_metadata", "name": "old", "value": None},
    {"type": "require_mfa"},
]


@dataclass
class House:
    clock: SteppingClock
    keys: KeyRing

    def actions(self, *python_actions: PythonAction) -> Actions:
        return Actions(Outbound(frozenset({"127.0.0.1"})), self.keys, self.clock, RandomIds(), python_actions)

    def state(self, *actions: Action) -> TenantState:
        store = MemoryStore(self.clock)
        store.add_tenant(TENANT, "tests")
        with store.writing(TENANT.id, "tests") as tenant:
            for action in actions:
                tenant.actions.add(action)
        return load_tenant_state(store, TENANT.id)

    def run(self, *actions: Action, trigger: Trigger = Trigger.POST_LOGIN, event: ActionEvent = EVENT) -> Verdict:
        return self.actions().run_actions(self.state(*actions), trigger, event)


@pytest.fixture
def house(tmp_path: Path) -> House:
    clock = SteppingClock()
    return House(clock, KeyRing(tmp_path / "keys", clock))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(status=200, reply=json.dumps({"commands": COMMANDS}).encode()) as opened:
        yield opened


def asking(receiver: Receiver, number: int = 1, **changes: Any) -> Action:
    return an_action(number, endpoint=receiver.url, **changes)


def test_commands_become_a_verdict(house: House, receiver: Receiver) -> None:
    verdict = house.run(asking(receiver))

    assert verdict == Verdict(
        requires_mfa=True,
        id_token_claims={"https://shop.example/plan": "gold"},
        access_token_claims={"https://shop.example/roles": ["admin"]},
        user_metadata={"seen": True},
        app_metadata={"old": None},
    )


def test_an_action_is_told_the_event_in_auth0_s_shape(house: House, receiver: Receiver) -> None:
    event = ActionEvent(
        user=EVENT.user,
        client=EVENT.client,
        request=RequestFacts(ip="203.0.113.7", language="fr"),
        transaction=TransactionFacts(id="trn_1", requested_scopes=("openid", "email")),
        connection=ConnectionFacts(name="Username-Password-Authentication", strategy="auth0"),
        authentication=(Authentication(name="pwd", timestamp="2026-01-01T00:00:00.000Z"),),
        logins_count=3,
        experiment={"id": "exp_1", "variation": {"id": "var_1", "is_control": False}},
    )

    house.run(asking(receiver), event=event)

    body = json.loads(receiver.taken[0].body)
    assert body["action"] == {"id": an_action().id, "name": "action-1"}
    assert body["event"] == {
        "trigger": "post-login",
        "tenant": {"id": TENANT.id},
        "user": {
            "user_id": "auth0|1",
            "email": "ann@example.com",
            "email_verified": True,
            "user_metadata": {"plan": "free"},
        },
        "client": {"client_id": "cli_1", "name": "Shop"},
        "request": {"ip": "203.0.113.7", "language": "fr"},
        "transaction": {"id": "trn_1", "requested_scopes": ["openid", "email"]},
        "connection": {"name": "Username-Password-Authentication", "strategy": "auth0"},
        "authentication": {"methods": [{"name": "pwd", "timestamp": "2026-01-01T00:00:00.000Z"}]},
        "stats": {"logins_count": 3},
        "experiment": {"id": "exp_1", "variation": {"id": "var_1", "is_control": False}},
    }


def test_without_an_experiment_the_event_says_null(house: House, receiver: Receiver) -> None:
    house.run(asking(receiver))

    assert json.loads(receiver.taken[0].body)["event"]["experiment"] is None


def test_requests_are_signed_with_the_secret_of_the_action(house: House, receiver: Receiver) -> None:
    action = asking(receiver)

    house.run(action, asking(receiver, 2))

    first, second = receiver.taken
    secret = format_secret(house.keys.action_secret(TENANT.id, action.id, 1))
    verify_request(secret, first.headers, first.body, START.timestamp())
    assert first.headers["webhook-id"] != second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_an_old_secret_signs_for_a_day(house: House, receiver: Receiver) -> None:
    rotated = asking(receiver, secret_version=2, rotated_at=START)

    house.run(rotated)
    house.clock.advance(OLD_SECRET_FOR)
    house.run(rotated)

    fresh, later = (taken.headers["webhook-signature"].split() for taken in receiver.taken)
    assert (len(fresh), len(later)) == (2, 1)
    old = format_secret(house.keys.action_secret(TENANT.id, rotated.id, 1))
    verify_request(old, receiver.taken[0].headers, receiver.taken[0].body, START.timestamp())


def test_secrets_differ_and_last(house: House, tmp_path: Path) -> None:
    secrets = {
        house.keys.action_secret(tenant, action, version) for tenant in "ab" for action in "cd" for version in (1, 2)
    }

    assert len(secrets) == 8
    assert KeyRing(tmp_path / "keys", house.clock).action_secret("a", "c", 1) in secrets


def test_a_denial_ends_it(house: House, receiver: Receiver) -> None:
    receiver.reply = b'{"commands":[{"type":"deny","reason":"Not from here."},{"type":"require_mfa"}]}'

    verdict = house.run(asking(receiver), asking(receiver, 2))

    assert verdict == Verdict(denial=Denial("action-1", "Not from here."))
    assert len(receiver.taken) == 1


def test_later_commands_win(house: House, receiver: Receiver) -> None:
    def silver(event: Mapping[str, Any]) -> list[Command]:
        return [SetIdTokenClaim("https://shop.example/plan", "silver"), SetUserMetadata("other", 1)]

    actions = house.actions(PythonAction("silver", Trigger.POST_LOGIN, silver))
    verdict = actions.run_actions(house.state(asking(receiver)), Trigger.POST_LOGIN, EVENT)

    assert verdict.id_token_claims == {"https://shop.example/plan": "gold"}
    assert verdict.user_metadata == {"other": 1, "seen": True}


@pytest.mark.parametrize("reply", [b"", b"  ", b"{}", b'{"commands":[]}'])
def test_nothing_to_say_is_an_answer(house: House, receiver: Receiver, reply: bytes) -> None:
    receiver.reply = reply

    assert house.run(asking(receiver, on_failure=OnFailure.DENY)) == Verdict()


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (b"OK", "malformed"),
        (b"[]", "Expected"),
        (b'{"commands":[{"type":"delete_everything"}]}', "Invalid value"),
        (b'{"commands":[{"type":"deny"}]}', "missing required field"),
        (b'{"commands":[{"type":"deny","reason":""}]}', "length"),
        (b'{"commands":[{"type":"set_id_token_claim","name":"sub","value":"auth0|2"}]}', "no address"),
        (b'{"commands":[{"type":"set_access_token_claim","name":"scope","value":"all"}]}', "no address"),
        (b'{"commands":[{"type":"set_user_metadata","name":"","value":1}]}', "length"),
        (b'{"commands":[{"type":"set_user_metadata","name":"a","value":"%b"}]}' % (b"x" * 4_097), "no JSON of"),
        (b'{"commands":[%b]}' % b",".join([b'{"type":"require_mfa"}'] * (COMMANDS_MAX + 1)), "length"),
        (b'{"commands":%b' % (b"[" * 60_000), "maximum recursion|malformed|Expected"),
        (b"x" * 70_000, "more than 65,536 bytes"),
    ],
)
def test_an_answer_that_can_not_be_is_a_failure(house: House, receiver: Receiver, reply: bytes, problem: str) -> None:
    receiver.reply = reply

    lenient, strict = (house.run(asking(receiver, on_failure=policy)) for policy in OnFailure)

    assert lenient.denial is None
    (failure,) = lenient.failures
    assert failure.action == "action-1"
    assert any(words in failure.problem for words in problem.split("|")), failure.problem
    assert strict.denial == Denial("action-1", FAILED, is_failure=True)
    assert strict.failures == lenient.failures


def test_before_registration_only_some_commands_are_taken(house: House, receiver: Receiver) -> None:
    action = asking(receiver, trigger=Trigger.PRE_USER_REGISTRATION)
    wrong = house.run(action, trigger=Trigger.PRE_USER_REGISTRATION)
    receiver.reply = b'{"commands":[{"type":"set_user_metadata","name":"source","value":"ad"}]}'

    right = house.run(action, trigger=Trigger.PRE_USER_REGISTRATION)

    assert "nothing that pre-user-registration takes" in wrong.failures[0].problem
    assert wrong.id_token_claims == {}
    assert right == Verdict(user_metadata={"source": "ad"})


def test_after_registration_nobody_waits(house: House, receiver: Receiver) -> None:
    receiver.hang()

    verdict = house.run(
        asking(receiver, trigger=Trigger.POST_USER_REGISTRATION, on_failure=OnFailure.DENY),
        trigger=Trigger.POST_USER_REGISTRATION,
    )

    assert verdict == Verdict()
    receiver.wait_for(lambda: len(receiver.taken) == 1)


@pytest.mark.parametrize("status", [302, 400, 401, 500])
def test_another_status_is_a_failure(house: House, receiver: Receiver, status: int) -> None:
    receiver.status = status

    verdict = house.run(asking(receiver))

    assert verdict.failures[0].problem == f"answers with status {status}"


def test_who_is_not_there_or_does_not_answer_is_a_failure(house: House, receiver: Receiver) -> None:
    receiver.hang()
    gone = an_action(1, endpoint=f"http://127.0.0.1:{find_closed_port()}/")

    verdict = house.run(gone, asking(receiver, 2, timeout_ms=50))

    assert verdict.denial is None
    problems = [failure.problem for failure in verdict.failures]
    assert problems[0] == "can't be reached, or breaks off"
    assert problems[1] == "did not answer within 0.05 seconds" or problems[1].startswith("does not answer within")


def test_all_of_them_together_have_a_limit(house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TOTAL_SECONDS", 0.1)
    receiver.hang()
    began = time.monotonic()

    verdict = house.run(*(asking(receiver, number, timeout_ms=10_000) for number in range(1, 4)))

    assert time.monotonic() - began < 10
    assert [failure.problem for failure in verdict.failures][1:] == ["there was no time left for it"] * 2


def test_so_many_run_at_once_and_no_more(house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "AT_ONCE_MAX", 1)
    released = threading.Event()

    def hang(event: Mapping[str, Any]) -> None:
        released.wait(30)

    actions = house.actions(PythonAction("hangs", Trigger.POST_LOGIN, hang, timeout_ms=50))
    state = house.state()
    first = actions.run_actions(state, Trigger.POST_LOGIN, EVENT)
    second = actions.run_actions(state, Trigger.POST_LOGIN, EVENT)
    released.set()

    assert first.failures[0].problem == "did not answer within 0.05 seconds"
    assert second.failures[0].problem == "there was no time left for it"


def test_functions_run_before_webhooks_each_with_an_event_of_its_own(house: House, receiver: Receiver) -> None:
    seen: list[Any] = []

    def first(event: Mapping[str, Any]) -> list[Command]:
        seen.append(event["user"]["email"])
        event["user"]["email"] = "somebody@example.com"
        return [RequireMfa(), SetAccessTokenClaim("https://shop.example/a", 1), SetAppMetadata("b", 2)]

    def second(event: Mapping[str, Any]) -> None:
        seen.append(event["user"]["email"])

    actions = house.actions(
        PythonAction("first", Trigger.POST_LOGIN, first),
        PythonAction("second", Trigger.POST_LOGIN, second),
        PythonAction("other", Trigger.PRE_USER_REGISTRATION, lambda _: [Deny("never")]),
    )

    verdict = actions.run_actions(house.state(), Trigger.POST_LOGIN, EVENT)

    assert seen == ["ann@example.com"] * 2
    assert verdict == Verdict(
        requires_mfa=True, access_token_claims={"https://shop.example/a": 1}, app_metadata={"b": 2}
    )
    assert actions.has_any(house.state(), Trigger.POST_LOGIN)
    assert not actions.has_any(house.state(), Trigger.POST_USER_REGISTRATION)


@pytest.mark.parametrize("policy", OnFailure)
def test_a_function_that_raises_or_answers_wrongly_is_a_failure(house: House, policy: OnFailure) -> None:
    def broken(event: Mapping[str, Any]) -> list[Command]:
        raise KeyError("plan")

    def wrong(event: Mapping[str, Any]) -> list[Command]:
        return [SetIdTokenClaim("sub", "auth0|2")]

    def unspeakable(event: Mapping[str, Any]) -> list[Command]:
        return [SetUserMetadata("a", object())]

    for function in (broken, wrong, unspeakable):
        actions = house.actions(PythonAction("f", Trigger.POST_LOGIN, function, on_failure=policy))
        verdict = actions.run_actions(house.state(), Trigger.POST_LOGIN, EVENT)

        assert len(verdict.failures) == 1
        assert (verdict.denial is not None) is (policy is OnFailure.DENY)


def test_disabled_actions_and_those_of_other_triggers_don_t_run(house: House, receiver: Receiver) -> None:
    state = house.state(
        asking(receiver, 1, is_enabled=False), asking(receiver, 2, trigger=Trigger.PRE_USER_REGISTRATION)
    )
    actions = house.actions()

    assert not actions.has_any(state, Trigger.POST_LOGIN)
    assert actions.run_actions(state, Trigger.POST_LOGIN, EVENT) == Verdict()
    assert receiver.taken == []


@pytest.mark.parametrize("name", ["https://shop.example/plan", "http://localhost:3000/roles", "https://a.b/"])
def test_a_claim_is_named_by_an_address(name: str) -> None:
    assert CLAIM.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["sub", "https://", "https:///plan", "ftp://a.b/c", "https://a.b/c d", "https://é.b/c"]
)
def test_other_names_of_claims_are_refused(name: str) -> None:
    assert not CLAIM.fullmatch(name)
