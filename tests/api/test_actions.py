"""Actions over HTTP."""

from typing import Any

import pytest

from signpost.model.limits import ACTIONS_MAX
from signpost.ports.paging import PageRequest
from tests.api.house import House, Json, absent, problem

ACTIONS = "/api/v2/actions/actions"
WEBHOOK = {"url": "https://risk.example/decide", "timeout_ms": 1_500, "on_failure": "deny"}
ACTION: Json = {"name": "Risk", "supported_triggers": [{"id": "post-login", "version": "v3"}], "webhook": WEBHOOK}


def test_an_action_is_made_and_its_secret_shown_once(house: House) -> None:
    made = house.owner.made(ACTIONS, ACTION)
    secret = made.pop("signing_secret")

    assert made == {
        "id": made["id"],
        **ACTION,
        "enabled": True,
        "status": "built",
        "all_changes_deployed": True,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    assert made["id"].startswith("act_")
    assert secret.startswith("whsec_")
    assert house.owner.shown(f"{ACTIONS}/{made['id']}") == made
    listed = house.owner.shown(ACTIONS)
    assert listed == {"total": 1, "page": 0, "per_page": 50, "actions": [made]}


def test_the_secret_is_kept_nowhere(house: House) -> None:
    secret = house.owner.made(ACTIONS, ACTION)["signing_secret"]

    with house.store.reading(house.tenant.id) as tenant:
        kept = repr((tenant.actions.all(), tenant.audit.list(PageRequest(10)).items))

    assert secret.removeprefix("whsec_") not in kept


def test_what_is_left_out_has_a_default(house: House) -> None:
    body = ACTION | {"supported_triggers": [{"id": "pre-user-registration"}], "webhook": {"url": WEBHOOK["url"]}}

    made = house.owner.made(ACTIONS, body)

    assert made["webhook"] == {"url": WEBHOOK["url"], "timeout_ms": 3_000, "on_failure": "allow"}
    assert made["supported_triggers"] == [{"id": "pre-user-registration", "version": "v2"}]


def test_only_what_is_given_is_changed(house: House) -> None:
    made = house.owner.made(ACTIONS, ACTION)
    made.pop("signing_secret")
    path = f"{ACTIONS}/{made['id']}"

    changed = house.owner.patch(path, {"enabled": False, "webhook": {"timeout_ms": 800}}).json()
    renamed = house.owner.patch(
        path, {"name": "Other", "supported_triggers": [{"id": "post-user-registration", "version": "v2"}]}
    ).json()

    assert changed == made | {
        "enabled": False,
        "webhook": WEBHOOK | {"timeout_ms": 800},
        "updated_at": changed["updated_at"],
    }
    assert (renamed["name"], renamed["supported_triggers"][0]["id"]) == ("Other", "post-user-registration")
    assert house.owner.patch(path, {"name": "Other"}).json() == renamed


def test_a_secret_is_rotated(house: House) -> None:
    made = house.owner.made(ACTIONS, ACTION)

    rotated = house.owner.post(f"{ACTIONS}/{made['id']}/rotate-secret")

    assert rotated.status_code == 200
    assert rotated.json()["signing_secret"] != made["signing_secret"]
    assert "signing_secret" not in house.owner.shown(f"{ACTIONS}/{made['id']}")
    assert house.owner.shown(f"{ACTIONS}/{made['id']}")["secret_rotated_at"]


def test_actions_are_listed_in_pages_by_trigger_and_by_name(house: House) -> None:
    for number in range(3):
        house.owner.made(ACTIONS, ACTION | {"name": f"Risk {number}"})
    house.owner.made(ACTIONS, ACTION | {"name": "Sign-up", "supported_triggers": [{"id": "pre-user-registration"}]})

    def listed(**query: Any) -> tuple[int, list[str]]:
        body = house.owner.get(ACTIONS, **query).json()
        return body["total"], [action["name"] for action in body["actions"]]

    assert listed() == (4, ["Risk 0", "Risk 1", "Risk 2", "Sign-up"])
    assert listed(triggerId="post-login", page=1, per_page=2) == (3, ["Risk 2"])
    assert listed(actionName="Sign-up") == (1, ["Sign-up"])
    assert listed(page=9) == (4, [])


def test_an_action_is_deleted(house: House) -> None:
    path = f"{ACTIONS}/{house.owner.made(ACTIONS, ACTION)['id']}"

    assert [house.owner.delete(f"{path}?force=true").status_code, house.owner.delete(path).status_code] == [204, 204]
    for reply in (
        house.owner.get(path),
        house.owner.patch(path, {"name": "x"}),
        house.owner.post(f"{path}/rotate-secret"),
    ):
        assert problem(reply) == (404, "action_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        ACTION | {"supported_triggers": []},
        ACTION | {"supported_triggers": [{"id": "post-login"}, {"id": "pre-user-registration"}]},
        ACTION | {"supported_triggers": [{"id": "credentials-exchange"}]},
        ACTION | {"code": "exports.onExecutePostLogin = async () => {}"},
        ACTION | {"webhook": {}},
        ACTION | {"webhook": WEBHOOK | {"url": "http://risk.example/"}},
        ACTION | {"webhook": WEBHOOK | {"url": "https://me:secret@risk.example/"}},
        ACTION | {"webhook": WEBHOOK | {"timeout_ms": 10}},
        ACTION | {"webhook": WEBHOOK | {"timeout_ms": 60_000}},
        ACTION | {"webhook": WEBHOOK | {"on_failure": "maybe"}},
        ACTION | {"name": ""},
    ],
)
def test_a_body_that_makes_no_sense_is_refused(house: House, body: Json) -> None:
    assert problem(house.owner.post(ACTIONS, body)) == (400, "invalid_body")


def test_there_are_limits(house: House) -> None:
    for number in range(ACTIONS_MAX):
        house.owner.made(ACTIONS, ACTION | {"name": f"Risk {number}"})

    assert problem(house.owner.post(ACTIONS, ACTION)) == (400, "action_limit_exceeded")


def test_a_name_is_taken_once(house: House) -> None:
    house.owner.made(ACTIONS, ACTION)

    assert problem(house.owner.post(ACTIONS, ACTION)) == (409, "action_exists")


def test_another_tenant_s_actions_are_out_of_reach(house: House) -> None:
    made = house.owner.made(ACTIONS, ACTION)
    other = house.caller(house.other_tenant)

    assert other.shown(ACTIONS)["actions"] == []
    theirs, nobodys = other.get(f"{ACTIONS}/{made['id']}"), other.get(f"{ACTIONS}/{absent('act')}")
    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
    assert other.delete(f"{ACTIONS}/{made['id']}").status_code == 204
    assert house.owner.get(f"{ACTIONS}/{made['id']}").status_code == 200
