"""One assignment across the sign-in, from decisions over HTTP to results, on a server with two workers."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.e2e.conftest import Server, StartServer

BASE = "/api/v2/experimentation"
FLOW = "authentication"
OTHER_FLOW = "reauthentication"
DEVICES = [f"device-{number}" for number in range(60)]


def start_experiment(client: httpx2.Client, name: str, subject: str, flow: str) -> str:
    flag = client.post(
        f"{BASE}/feature-flags", json={"name": name, "parameters": {"title": {"type": "string", "value": "Sign in"}}}
    ).json()
    one, two = (
        client.post(
            f"{BASE}/feature-flags/{flag['id']}/variations", json={"name": title, "overrides": overrides}
        ).json()
        for title, overrides in (("Baseline", {}), ("Bold", {"title": "Go"}))
    )
    client.post(f"{BASE}/feature-flags/{flag['id']}/status", json={"status": "active"}).raise_for_status()
    body = {
        "name": name,
        "feature_flag_id": flag["id"],
        "authentication_flow": flow,
        "assignment_config": {"subject": subject},
        "allocations": [
            {"variation_id": one["id"], "weight": 50, "is_control": True},
            {"variation_id": two["id"], "weight": 50, "is_control": False},
        ],
    }
    made = client.post(f"{BASE}/experiments", json=body).raise_for_status().json()
    client.post(f"{BASE}/experiments/{made['id']}/status", json={"status": "active"}).raise_for_status()
    return str(made["id"])


class Place:
    """A server with an experiment on the first touch, and one on accounts."""

    def __init__(self, server: Server) -> None:
        self.client = server.client()
        self.first_touch = start_experiment(self.client, "First touch", "first_touch", FLOW)
        self.account = start_experiment(self.client, "Account", "account", OTHER_FLOW)
        seen = 0
        token = {"Authorization": self.client.headers["Authorization"]}
        while seen < 50:  # connections are spread over the workers
            with httpx2.Client(base_url=server.url, headers=token, timeout=30) as asking:
                body = {"flow": OTHER_FLOW, "unit": "x", "account_id": "x", "record": False}
                seen = seen + 1 if asking.post("/runtime/v1/decisions", json=body).json()["experiment"] else 0

    def send(self, path: str, body: Any) -> Any:
        return self.client.post(f"/runtime/v1/{path}", json=body).raise_for_status().json()

    def see(self, device: str, account: str | None = None, flow: str = FLOW, *, record: bool = True) -> str | None:
        said = {"flow": flow, "unit": device, "record": record} | ({"account_id": account} if account else {})
        experiment = self.send("decisions", said)["experiment"]
        return None if experiment is None else str(experiment["variation_id"])

    def arms(self, experiment_id: str) -> dict[str, tuple[int, int, int | None]]:
        """Return of each variation its units, those that have drifted, and how many of its units signed in."""
        found = self.client.get(f"{BASE}/experiments/{experiment_id}/results").raise_for_status().json()
        totals = {arm["variation_id"]: arm.get("total") for arm in found["metrics"][0]["variations"]}
        return {
            arm["variation_id"]: (arm["units"], arm["drifted_units"], totals[arm["variation_id"]])
            for arm in found["variations"]
        }


@pytest.fixture(scope="module")
def place(start_server: StartServer) -> Iterator[Place]:
    found = Place(start_server("--workers", "2"))
    yield found
    found.client.close()


def test_an_account_keeps_what_it_saw_first_and_its_outcomes_are_its_unit_s(place: Place) -> None:
    seen = {device: place.see(device, record=False) for device in DEVICES}
    first, second = (
        [device for device in DEVICES if seen[device] == variation] for variation in sorted({*seen.values()}, key=str)
    )
    pairs = [*zip(first[:20], second[:20], strict=False)]
    count = len(pairs)
    assert count >= 10

    for number, (phone, laptop) in enumerate(pairs):
        account = f"account-{number}"
        before = place.see(phone)
        place.send("links", {"device_id": phone, "account_id": account})
        assert place.see(phone, account) == before
        if number == 0:
            assert place.see(laptop) != before  # unknown there until it signs in
        assert place.send("links", {"device_id": laptop, "account_id": account}) == {"unit": phone}
        assert [place.see(laptop, account), place.see(laptop)] == [before] * 2
        place.send("events", {"type": "s", "unit": laptop} if number % 2 else {"type": "s", "user_id": account})

    arms = place.arms(place.first_touch)
    assert sorted(arms.values()) == [(0, 0, 0), (count - 1, 1, count - 1)]
    query: dict[str, str] = {"per_page": "100", "q": "type:experiment_device_linked"}
    logged = place.client.get("/api/v2/logs", params=query).raise_for_status().json()
    assert len(logged) == 2 * count


def test_an_experiment_on_accounts_counts_accounts_on_whatever_device(place: Place) -> None:
    assert place.see("tablet", flow=OTHER_FLOW) is None
    for number in range(40):
        seen = {place.see(f"{kind}-{number}", f"member-{number}", OTHER_FLOW) for kind in ("phone", "laptop")}
        assert len(seen) == 1
        place.send("events", {"type": "s", "unit": f"tv-{number}", "user_id": f"member-{number}"})

    arms = place.arms(place.account)

    assert sum(units for units, _, _ in arms.values()) == 40
    assert all((drifted, total) == (0, units) for units, drifted, total in arms.values())
