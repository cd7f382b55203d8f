"""A whole management API in this process, with callers that have tokens, and short words for what tests do often."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from signpost.api.app import create_api
from signpost.api.route import Services
from signpost.edge.asgi import Envelope
from signpost.edge.catalog import Catalog
from signpost.edge.foreign import ForeignKeys
from signpost.edge.gate import Gate
from signpost.edge.keys import KeyRing
from signpost.edge.limits import RateLimiter
from signpost.edge.system import SystemClock
from signpost.edge.tokens import Tokens
from signpost.events.memory import MemoryEvents
from signpost.events.progress import MemoryProgress
from signpost.model.flags import FlagStatus, Origin
from signpost.model.tenants import SCOPES, Generation, Tenant
from signpost.ports.store import Store
from signpost.signin.screens.templates import say_fault
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_flag, a_segment, a_tenant, a_variation
from signpost.testing.repeatable import SequentialIds, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.clients import create_client

BASE = "/api/v2/experimentation"
NOBODY = {"exp": "exp_", "flg": "flg_", "var": "var_", "seg": "seg_"}
Json = dict[str, Any]


def absent(prefix: str) -> str:
    """Return an id that can be one, of a thing that is not there."""
    return f"{prefix}_{'1' * 22}"


class Caller:
    """A client of one tenant. Every method returns the reply as it is."""

    def __init__(self, client: TestClient, token: str | None, host: str) -> None:
        self._client = client
        self.token = f"Bearer {token}"
        self._headers = {"host": host} | ({"authorization": self.token} if token else {})

    def send(self, method: str, path: str, **options: Any) -> Any:
        headers = self._headers | options.pop("headers", {})
        full = path if path.startswith("/api") else f"{BASE}{path}"
        return self._client.request(method, full, headers=headers, **options)

    def get(self, path: str, **query: Any) -> Any:
        return self.send("GET", path, **({"params": query} if query else {}))

    def post(self, path: str, body: Any = None) -> Any:
        return self.send("POST", path, json=body)

    def patch(self, path: str, body: Any) -> Any:
        return self.send("PATCH", path, json=body)

    def put(self, path: str, body: Any) -> Any:
        return self.send("PUT", path, json=body)

    def delete(self, path: str) -> Any:
        return self.send("DELETE", path)

    def made(self, path: str, body: Any) -> Json:
        """Create something, and return it."""
        reply = self.post(path, body)
        assert reply.status_code == 201, reply.text
        shown: Json = reply.json()
        return shown

    def shown(self, path: str) -> Any:
        """Return something that is there."""
        reply = self.get(path)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def flag(self, name: str = "A flag", *, is_active: bool = True, **fields: Any) -> "FlagThere":
        """Make a flag with two variations, active unless told otherwise."""
        parameters = {
            "title": {"type": "string", "value": "Sign in"},
            "steps": {"type": "number", "value": 1},
            "layout": {"type": "object", "value": {"columns": 1}},
            "hints": {"type": "array", "value": []},
            "is_dark": {"type": "boolean", "value": False},
        }
        flag = self.made("/feature-flags", {"name": name, "parameters": parameters} | fields)
        base = self.made(f"/feature-flags/{flag['id']}/variations", {"name": "Baseline", "overrides": {}})
        bold = self.made(f"/feature-flags/{flag['id']}/variations", {"name": "Bold", "overrides": {"title": "Go"}})
        if is_active:
            assert self.post(f"/feature-flags/{flag['id']}/status", {"status": "active"}).status_code == 200
        return FlagThere(flag["id"], base["id"], bold["id"])

    def segment(self, name: str = "A segment", **fields: Any) -> str:
        """Make a segment, and return its id."""
        rules = [{"match": {"device_type": ["mobile"]}}]
        made = self.made("/segments", {"name": name, "rules": rules} | fields)
        return str(made["id"])

    def experiment(self, flag: "FlagThere", name: str = "An experiment", **fields: Any) -> Json:
        """Make a draft experiment that is ready."""
        body = {
            "name": name,
            "feature_flag_id": flag.id,
            "authentication_flow": "authentication",
            "allocations": flag.halves(),
        }
        return self.made("/experiments", body | fields)

    def move(self, experiment_id: str, *statuses: str) -> Json:
        """Move an experiment from status to status."""
        shown: Json = {}
        for status in statuses:
            reply = self.post(f"/experiments/{experiment_id}/status", {"status": status})
            assert reply.status_code == 200, reply.text
            shown = reply.json()
        return shown


class FlagThere:
    """A flag that is there, with its two variations."""

    def __init__(self, id: str, base: str, bold: str) -> None:
        self.id = id
        self.base = base
        self.bold = bold

    @property
    def path(self) -> str:
        return f"/feature-flags/{self.id}"

    def halves(self) -> list[Json]:
        return [
            {"variation_id": self.base, "is_control": True, "weight": 50},
            {"variation_id": self.bold, "is_control": False, "weight": 50},
        ]


class House:
    """Two tenants, a client with all scopes in each, and the application in front of them."""

    def __init__(
        self,
        keys_folder: Path,
        *,
        generation: Generation = Generation.EA,
        per_minute: int = 0,
        store: Store | None = None,
        events: type[MemoryEvents] = MemoryEvents,
    ) -> None:
        self.clock = SteppingClock()
        self.ids = SequentialIds()
        self.store = store or MemoryStore(self.clock)
        self.events = events(self.clock)
        self.tenant = a_tenant(1, api_generation=generation)
        self.other_tenant = a_tenant(2, api_generation=generation)
        self.store.add_tenant(self.tenant, "tests")
        self.store.add_tenant(self.other_tenant, "tests")
        now = SystemClock()  # tokens are checked against the machine's clock
        self.tokens = Tokens(KeyRing(keys_folder, now), ForeignKeys(lambda: 0.0), now, 86_400)
        self.catalog = Catalog(self.store)
        self.gate = Gate(self.catalog, self.tokens, RateLimiter(per_minute, now.now_seconds), now.now_seconds)
        self.progress = MemoryProgress()
        services = Services(
            self.store,
            self.clock,
            self.ids,
            self.gate,
            self.catalog,
            self.events,
            self.events,
            self.progress,
            KeyRing(keys_folder, now),
            say_fault,
        )
        self.app = Envelope(create_api(services), self.gate)
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.client.__enter__()
        self.owner = self.caller(self.tenant)

    def close(self) -> None:
        self.client.__exit__()

    def caller(self, tenant: Tenant, *scopes: str) -> Caller:
        """Return a caller with a token for these scopes; for all when none is named."""
        call = Call(self.store, self.clock, self.ids, tenant.id, "tests")
        credentials = create_client(call, "client", SCOPES)
        self.catalog.refresh()
        return Caller(self.client, self.tokens.issue(tenant, credentials.client, scopes or SCOPES), tenant.domain)

    def stranger(self) -> Caller:
        """Return a caller without a token."""
        return Caller(self.client, None, self.tenant.domain)

    def add_server_things(self) -> FlagThere:
        """Add a flag of the server's own with two variations, and a segment."""
        with self.store.writing(self.tenant.id, "tests") as tenant:
            flag = a_flag(900, name="Of the server", type=Origin.AUTH0, status=FlagStatus.ACTIVE)
            tenant.flags.add(flag)
            base = a_variation(901, flag_id=flag.id)
            bold = a_variation(902, flag_id=flag.id, overrides={"title": "Go"})
            tenant.variations.add(base)
            tenant.variations.add(bold)
            tenant.segments.add(a_segment(903, name="Of the server", type=Origin.AUTH0))
        return FlagThere(flag.id, base.id, bold.id)


def problem(reply: Any) -> tuple[int, str]:
    """Return the status and the code of an error, and check its form."""
    body = reply.json()
    assert list(body) == ["statusCode", "error", "message", "errorCode"], reply.text
    assert body["statusCode"] == reply.status_code
    return reply.status_code, body["errorCode"]
