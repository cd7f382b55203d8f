"""Random sequences of management calls, held against a model of the contract that shares no code with the server."""

import json
import time
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.e2e.conftest import Server, StartServer
from tests.e2e.contract_model import Body, Contract, Problems

BASE = "/api/v2/experimentation"
BETA_HOST = "first-form.example"
TIMES = {"created_at", "updated_at", "started_at", "ended_at"}
PATHS = {"flags": "feature-flags", "segments": "segments", "experiments": "experiments"}
LISTED = {"flags": "feature_flags", "segments": "segments", "experiments": "experiments"}
PREFIXES = {"flags": "flg", "variations": "var", "segments": "seg", "experiments": "exp"}

PARAMETERS: list[Body] = [
    {"title": {"type": "string", "value": "Sign in"}, "steps": {"type": "number", "value": 1}},
    {"title": {"type": "string", "value": "Hello"}, "layout": {"type": "object", "value": {"columns": 1}}},
]
OVERRIDES: list[Body] = [
    {},
    {"title": "Go"},
    {"title": {"value": "Go on"}},
    {"title": "Hello"},
    {"title": 1},
    {"steps": 2},
    {"steps": {"value": True}},
    {"layout": {"value": {"columns": 2}}},
    {"layout": {"value": 2}},
]
RULES: list[list[Body]] = [[{"match": {"device_type": ["mobile"]}}], [{"not_match": {"browser": {"exists": True}}}]]

which = st.integers(0, 8)
names = st.sampled_from(["One", "Two", "Three", "Four"]).map(lambda name: f"{name} of them")
descriptions = st.sampled_from(["What it is", "Why it is", None])
statuses = st.sampled_from(["active", "paused", "completed", "archived"])
flows = st.sampled_from(["authentication", "password_reset", "our own", "all"])
all_levels = st.sampled_from([[], [10, 50], [0, 1, 100]])
parameter_sets = st.sampled_from(PARAMETERS)
override_sets = st.sampled_from(OVERRIDES)
mostly_not = st.sampled_from([False, False, False, True])
allocation_plans = st.one_of(
    st.just([(0, 50, None, None), (1, 50, None, None)]),
    st.just([(0, None, None, None), (1, None, 1, 0)]),
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from([None, 0, 33.3333, 50, 66.6667, 100]),
            st.sampled_from([None, 1, 2]),
            st.sampled_from([None, 0, 1, 8]),
        ),
        max_size=3,
    ),
)
"""For each allocation: which variation (the first one is the control), its weight, priority, and which segment."""


def has_flags(calls: Any) -> bool:
    """Return whether there is a flag to speak of."""
    return bool(calls.contract.flags)


def has_experiments(calls: Any) -> bool:
    """Return whether there is an experiment to speak of."""
    return bool(calls.contract.experiments)


class ManagementCalls(RuleBasedStateMachine):
    """Calls, one after another; after each, the reply is what the model says."""

    client: httpx2.Client
    generation: str

    def __init__(self) -> None:
        super().__init__()
        self.contract = Contract(self.generation)

    @initialize(levels=all_levels)
    def begin(self, levels: list[int]) -> None:
        """Make enough to begin with: a flag that is active, one that is not, a segment, and an experiment that is ready."""
        for name in ("One of them", "Two of them"):
            self.create_flag(name=name, description=None, parameters=PARAMETERS[0])
        for n, overrides in ((0, {}), (0, {"title": "Go"}), (1, {})):
            self.create_variation(n=n, name=f"Number {len(overrides)}", overrides=overrides)
        self.post_flag_status(n=0, status="active")
        self.create_segment(name="One of them", rules=RULES[0])
        plan = [(0, 50, None, None), (1, 50, None, None)]
        self.create_experiment(
            n=0, name="One of them", flow="authentication", plan=plan, levels=levels, by_segment=False
        )

    @rule(name=names, description=descriptions, parameters=parameter_sets)
    def create_flag(self, name: str, description: str | None, parameters: Body) -> None:
        body = {"name": name, "parameters": parameters} | ({"description": description} if description else {})
        made = self._send("POST", "/feature-flags", body, self.contract.flag_creation(body), 201)
        if made:
            self._learn("flags", {"type": "self", "status": "draft"} | body, made)

    @precondition(has_flags)
    @rule(n=which, name=names, description=descriptions)
    def rename_flag(self, n: int, name: str, description: str | None) -> None:
        self._change_flag(n, {"name": name, "description": description})

    @precondition(has_flags)
    @rule(n=which, parameters=parameter_sets)
    def change_parameters(self, n: int, parameters: Body) -> None:
        self._change_flag(n, {"parameters": parameters})

    @precondition(has_flags)
    @rule(n=which, status=st.sampled_from(["draft", "active", "active", "archived"]))
    def patch_flag_status(self, n: int, status: str) -> None:
        self._change_flag(n, {"status": status})

    @precondition(has_flags)
    @rule(n=which, status=st.sampled_from(["active", "active", "archived"]))
    def post_flag_status(self, n: int, status: str) -> None:
        flag_id = self._pick("flags", n)
        problems = self.contract.flag_move(flag_id, status)
        moved = self._send("POST", f"/feature-flags/{flag_id}/status", {"status": status}, problems)
        if moved:
            self._update("flags", self.contract.flags[flag_id], {"status": status}, moved)

    @rule(n=which, is_meant=mostly_not)
    def delete_flag(self, n: int, is_meant: bool) -> None:
        flag_id = self._pick("flags", n if is_meant else 8)
        problems = self.contract.flag_deletion(flag_id)
        self._send("DELETE", f"/feature-flags/{flag_id}", None, problems, 204)
        if not problems:
            self.contract.flags.pop(flag_id, None)
            for variation in self.contract.variations_of(flag_id):
                del self.contract.variations[variation["id"]]

    @precondition(has_flags)
    @rule(n=which, name=names, overrides=override_sets)
    def create_variation(self, n: int, name: str, overrides: Body) -> None:
        flag_id, body = self._pick("flags", n), {"name": name, "overrides": overrides}
        problems = self.contract.variation_write(flag_id, None, body)
        made = self._send("POST", f"/feature-flags/{flag_id}/variations", body, problems, 201)
        if made:
            known = body | {"feature_flag_id": flag_id, "overrides": self.contract.bare(flag_id, overrides)}
            self._learn("variations", known, made)

    @precondition(has_flags)
    @rule(n=which, v=which, name=names, overrides=st.one_of(st.none(), override_sets))
    def change_variation(self, n: int, v: int, name: str, overrides: Body | None) -> None:
        flag_id, variation_id = self._pick("flags", n), self._pick("variations", v)
        body: Body = {"name": name} | ({"overrides": overrides} if overrides is not None else {})
        problems = self.contract.variation_write(flag_id, variation_id, body)
        path = f"/feature-flags/{flag_id}/variations/{variation_id}"
        changed = self._send("PATCH", path, body, problems)
        if changed:
            if "overrides" in body:
                body["overrides"] = self.contract.bare(flag_id, body["overrides"])
            self._update("variations", self.contract.variations[variation_id], body, changed)
        if not problems or "not_found" in str(problems):
            self._send("GET", path, None, problems)

    @precondition(has_flags)
    @rule(n=which, v=which)
    def delete_variation(self, n: int, v: int) -> None:
        flag_id, variation_id = self._pick("flags", n), self._pick("variations", v)
        is_its_own = self.contract.variations.get(variation_id, {}).get("feature_flag_id") == flag_id
        problems = self.contract.variation_deletion(flag_id, variation_id)
        self._send("DELETE", f"/feature-flags/{flag_id}/variations/{variation_id}", None, problems, 204)
        if not problems and is_its_own:
            del self.contract.variations[variation_id]

    @rule(name=names, rules=st.sampled_from(RULES))
    def create_segment(self, name: str, rules: list[Body]) -> None:
        body = {"name": name, "rules": rules}
        made = self._send("POST", "/segments", body, self.contract.segment_creation(body), 201)
        if made:
            self._learn("segments", body | {"type": "self", "status": "active"}, made)

    @rule(
        n=which,
        change=st.fixed_dictionaries(
            {}, optional={"name": names, "description": descriptions, "rules": st.sampled_from(RULES)}
        ),
        status=st.sampled_from([None, None, "active", "archived"]),
    )
    def change_segment(self, n: int, change: Body, status: str | None) -> None:
        segment_id = self._pick("segments", n)
        body = change | ({"status": status} if status else {})
        if not body:
            body = {"name": "Zero of them"}
        problems = self.contract.segment_change(segment_id, body)
        changed = self._send("PATCH", f"/segments/{segment_id}", body, problems)
        if changed:
            self._update("segments", self.contract.segments[segment_id], body, changed)

    @rule(n=which)
    def delete_segment(self, n: int) -> None:
        segment_id = self._pick("segments", n)
        problems = self.contract.segment_deletion(segment_id)
        self._send("DELETE", f"/segments/{segment_id}", None, problems, 204)
        if not problems:
            self.contract.segments.pop(segment_id, None)

    @precondition(has_flags)
    @rule(n=which, name=names, flow=flows, plan=allocation_plans, levels=all_levels, by_segment=st.booleans())
    def create_experiment(
        self, *, n: int, name: str, flow: str, plan: Any, levels: list[int], by_segment: bool
    ) -> None:
        flag_id = self._pick("flags", n)
        body: Body = {
            "name": name,
            "feature_flag_id": flag_id,
            "authentication_flow": flow,
            "allocation_strategy": "segment" if by_segment else "percentage",
            "allocations": self._allocate(flag_id, plan, by_segment=by_segment),
            "levels": levels,
        }
        made = self._send("POST", "/experiments", body, self.contract.experiment_creation(body), 201)
        if made:
            fresh = {"status": "draft", "feature_flag_snapshot": None, "current_level": None}
            experiment = body | fresh | {"allocations": self.contract.frozen(body["allocations"], [])}
            experiment["is_valid"] = not self.contract.blockers(experiment)
            self._learn("experiments", experiment, made)

    @precondition(has_experiments)
    @rule(n=which, change=st.fixed_dictionaries({}, optional={"name": names, "description": descriptions}))
    def rename_experiment(self, n: int, change: Body) -> None:
        self._change_experiment(n, change or {"assignment_config": {"subject": "device"}})

    @precondition(has_experiments)
    @rule(
        n=which,
        change=st.fixed_dictionaries({}, optional={"authentication_flow": flows, "levels": all_levels}),
        plan=st.one_of(st.none(), allocation_plans),
        status=st.sampled_from([None, None, "draft", "active", "paused", "completed", "archived"]),
    )
    def change_experiment(self, n: int, change: Body, plan: Any, status: str | None) -> None:
        experiment = self.contract.experiments.get(self._pick("experiments", n))
        body = change | ({"status": status} if status else {})
        if plan is not None and experiment is not None:
            by_segment = experiment["allocation_strategy"] == "segment"
            body["allocations"] = self._allocate(experiment["feature_flag_id"], plan, by_segment=by_segment)
        self._change_experiment(n, body or {"description": "What it asks"})

    @precondition(has_experiments)
    @rule(n=which, status=st.one_of(st.just("active"), statuses))
    def post_experiment_status(self, n: int, status: str) -> None:
        experiment_id = self._pick("experiments", n)
        problems = self.contract.experiment_move(experiment_id, status)
        moved = self._send("POST", f"/experiments/{experiment_id}/status", {"status": status}, problems)
        if moved:
            experiment = self.contract.experiments[experiment_id]
            self.contract.enter(experiment, status, moved["updated_at"])
            self._update("experiments", experiment, {}, moved)

    @precondition(has_experiments)
    @rule(n=which)
    def validate(self, n: int) -> None:
        experiment_id = self._pick("experiments", n)
        experiment = self.contract.experiments.get(experiment_id)
        problems: Problems = set() if experiment else {(404, "experiment_not_found")}
        found = self._send("POST", f"/experiments/{experiment_id}/validate", None, problems)
        if experiment:
            codes = self.contract.blockers(experiment)
            assert sorted(error["code"] for error in found["errors"]) == codes
            assert found["is_valid"] is not bool(codes)

    @precondition(has_experiments)
    @rule(n=which, level=st.sampled_from([0, 1, 10, 50, 100]))
    def advance_ramp(self, n: int, level: int) -> None:
        experiment_id = self._pick("experiments", n)
        problems = self.contract.advance(experiment_id, level)
        step = self._send("POST", f"/experiments/{experiment_id}/advance-ramp", {"target_level": level}, problems)
        if step:
            experiment = self.contract.experiments[experiment_id]
            before = experiment["current_level"]
            levels = {"from_level": before, "to_level": level, "current_level": level}
            assert step == {"experiment_id": experiment_id, **levels}
            experiment["current_level"] = level
            shown = self._send("GET", f"/experiments/{experiment_id}", None, set())
            if before == level:
                assert shown["updated_at"] == experiment["updated_at"]
            else:
                experiment["is_valid"] = not self.contract.blockers(experiment)
            self._update("experiments", experiment, {}, shown)

    @precondition(has_experiments)
    @rule(n=which, is_meant=mostly_not)
    def delete_experiment(self, n: int, is_meant: bool) -> None:
        experiment_id = self._pick("experiments", n if is_meant else 8)
        problems = self.contract.experiment_deletion(experiment_id)
        self._send("DELETE", f"/experiments/{experiment_id}", None, problems, 204)
        if not problems:
            self.contract.experiments.pop(experiment_id, None)

    @rule(kind=st.sampled_from(["flags", "segments", "experiments"]), take=st.integers(1, 4))
    def walk(self, kind: str, take: int) -> None:
        known = [
            thing for thing in self._things(kind).values() if kind != "experiments" or thing["status"] != "archived"
        ]
        assert self._walk(kind, take) == [self.contract.show(kind, thing) for thing in known]

    @rule(status=st.one_of(statuses, st.just("draft")), flow=flows, n=which)
    def filter_experiments(self, status: str, flow: str, n: int) -> None:
        flag_id = self._pick("flags", n)
        wanted = {"status": status, "authentication_flow": flow, "feature_flag_id": flag_id}
        found = self._walk("experiments", 50, **wanted)
        things = self.contract.experiments.values()
        same = [thing for thing in things if all(thing[name] == value for name, value in wanted.items())]
        assert found == [self.contract.show("experiments", thing) for thing in same]

    @invariant()
    def nothing_else_has_changed(self) -> None:
        """Everything is as the model has it, names of what is referred to included."""
        archived = self._walk("experiments", 50, status="archived")
        shown = {thing["id"]: thing for thing in (*self._walk("experiments", 50), *archived)}
        known = {id: self.contract.show("experiments", thing) for id, thing in self.contract.experiments.items()}
        assert shown == known

    def teardown(self) -> None:
        """Delete everything, through the same calls."""
        for kind in ("segments", "flags"):
            known = [self.contract.show(kind, thing) for thing in self._things(kind).values()]
            assert self._walk(kind, 50) == known
        for flag_id in self.contract.flags:
            listed = self._send("GET", f"/feature-flags/{flag_id}/variations", None, set())["variations"]
            variations = self.contract.variations_of(flag_id)
            assert listed == [self.contract.show("variations", variation) for variation in variations]
        for experiment in self.contract.experiments.values():
            if experiment["status"] == "active":
                self._send("POST", f"/experiments/{experiment['id']}/status", {"status": "completed"}, set())
            self._send("DELETE", f"/experiments/{experiment['id']}", None, set(), 204)
        for kind in ("segments", "flags"):
            for id in self._things(kind):
                self._send("DELETE", f"/{PATHS[kind]}/{id}", None, set(), 204)

    def _change_flag(self, n: int, change: Body) -> None:
        flag_id = self._pick("flags", n)
        problems = self.contract.flag_change(flag_id, change)
        changed = self._send("PATCH", f"/feature-flags/{flag_id}", change, problems)
        if changed:
            self._update("flags", self.contract.flags[flag_id], change, changed)

    def _change_experiment(self, n: int, change: Body) -> None:
        experiment_id = self._pick("experiments", n)
        problems = self.contract.experiment_change(experiment_id, change)
        changed = self._send("PATCH", f"/experiments/{experiment_id}", change, problems)
        if not changed:
            return
        experiment = self.contract.experiments[experiment_id]
        given = {name: value for name, value in change.items() if name not in {"status", "assignment_config"}}
        if "allocations" in given:
            given["allocations"] = self.contract.frozen(given["allocations"], experiment["allocations"])
        target = str(change.get("status", experiment["status"]))
        if not given and target == experiment["status"]:
            assert changed["updated_at"] == experiment["updated_at"]
            return
        is_written = target != experiment["status"] or any(experiment.get(k) != v for k, v in given.items())
        experiment |= given
        if target != experiment["status"]:
            self.contract.enter(experiment, target, changed["updated_at"])
        self._update("experiments", experiment, {}, changed, is_written=is_written)

    def _update(self, kind: str, thing: Body, change: Body, reply: Body, *, is_written: bool = True) -> None:
        """Change a thing in the model, and hold the reply against it."""
        assert reply["updated_at"] >= thing["updated_at"]
        thing |= change | {"updated_at": reply["updated_at"]}
        if thing.get("description", "") is None:
            del thing["description"]
        if kind == "experiments" and is_written:
            thing["is_valid"] = not self.contract.blockers(thing)
        shown = self.contract.show(kind, thing)
        assert reply == shown
        assert list(reply) == list(shown)

    def _learn(self, kind: str, thing: Body, reply: Body) -> None:
        """Take a new thing into the model, with the id and the times that only the server knows."""
        known = {"id": reply["id"], "created_at": reply["created_at"], "updated_at": reply["updated_at"]}
        assert reply["id"].startswith(f"{PREFIXES[kind]}_")
        assert reply["created_at"] == reply["updated_at"]
        self._things(kind)[reply["id"]] = thing | known
        shown = self.contract.show(kind, thing | known)
        assert reply == shown
        assert list(reply) == list(shown)

    def _allocate(self, flag_id: str, plan: Any, *, by_segment: bool) -> list[Body]:
        """Return allocations: of the flag's own variations, or of another's where it has no such one."""
        mine = [v["id"] for v in self.contract.variations_of(flag_id)] or [self._pick("variations", 0)]
        allocations = []
        for place, (n, weight, priority, segment) in enumerate(plan):
            variation_id = mine[n % len(mine)] if n < 3 else self._pick("variations", n)
            optional = {
                "weight": weight,
                "priority": priority,
                "segment_id": self._pick("segments", segment) if segment is not None else None,
                "is_fallback": True if by_segment and place == 0 else None,
            }
            given = {name: value for name, value in optional.items() if value is not None}
            allocations.append({"variation_id": variation_id, "is_control": place == 0, **given})
        return allocations

    def _pick(self, kind: str, n: int) -> str:
        """Return the id of one of the things that are there, now and then of one that is not."""
        ids = list(self._things(kind))
        return ids[n % len(ids)] if ids and n < 8 else f"{PREFIXES[kind]}_{'1' * 22}"

    def _things(self, kind: str) -> dict[str, Body]:
        things: dict[str, Body] = getattr(self.contract, kind)
        return things

    def _walk(self, kind: str, take: int, **wanted: str) -> list[Body]:
        found: list[Body] = []
        query: dict[str, Any] = {"take": take, **wanted}
        while True:
            body = self.client.get(f"{BASE}/{PATHS[kind]}", params=query).raise_for_status().json()
            found += body[LISTED[kind]]
            if "next" not in body:
                return found
            query["from"] = body["next"]

    def _send(self, method: str, path: str, body: Body | None, problems: Problems, ok: int = 200) -> Any:
        """Send a request; return the reply's body when it is to succeed and does, None when it is to fail and does."""
        reply = self.client.request(method, f"{BASE}{path}", json=body)
        told = f"{method} {path} {json.dumps(body)}: {reply.status_code} {reply.text}"
        if problems:
            assert (reply.status_code, reply.json().get("errorCode")) in problems, f"{told}\nbut: {problems}"
            return None
        assert reply.status_code == ok, told
        return reply.json() if reply.content else None


@pytest.fixture(scope="module")
def two_tenants(start_server: StartServer) -> Server:
    """A server with a tenant of each generation."""
    server = start_server()
    server.run("tenants", "create", "first-form", "--domain", BETA_HOST, "--api-generation", "beta")
    deadline = time.monotonic() + 10
    with server.client("--tenant", "first-form", host=BETA_HOST) as client:
        while client.get(f"{BASE}/segments").status_code != 200:
            assert time.monotonic() < deadline, "the new tenant is not served"
            time.sleep(0.1)
    return server


@pytest.mark.timeout(300)
@pytest.mark.parametrize("generation", ["ea", "beta"])
def test_the_server_does_what_the_model_of_the_contract_says(two_tenants: Server, generation: str) -> None:
    words, host = ((), None) if generation == "ea" else (("--tenant", "first-form"), BETA_HOST)
    with two_tenants.client(*words, host=host) as client:
        machine = type("Calls", (ManagementCalls,), {"client": client, "generation": generation})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=30, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
