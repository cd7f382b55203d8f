"""Hosted sign-in as it is served, over real parts in memory: only the clock, the price of passwords and the mail are the tests' own."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pyotp
from httpx2 import Response
from starlette.testclient import TestClient

from signpost.authlogs.moments import Moments
from signpost.edge.asgi import Envelope, Receive, Scope, Send
from signpost.edge.catalog import Catalog
from signpost.edge.foreign import ForeignKeys
from signpost.edge.gate import Gate
from signpost.edge.keys import KeyRing
from signpost.edge.limits import RateLimiter
from signpost.edge.notices import Notices
from signpost.edge.outbound import Outbound
from signpost.edge.tokens import Tokens
from signpost.events.memory import MemoryEvents
from signpost.model.accounts import Account, Journey, TotpFactor
from signpost.model.clients import AppType
from signpost.model.experiments import Experiment, ExperimentStatus, SlotRange
from signpost.model.hosted_pages import FLAG_NAME, HostedPages
from signpost.model.tenants import Client
from signpost.ports.accounts import AccountsOfTenant, AccountStore
from signpost.ports.events import EventSink
from signpost.requests.attributes import Attributes, RequestAttributes
from signpost.requests.places import NoPlaces
from signpost.requests.useragents import UserAgents
from signpost.runtime.replies import Forms
from signpost.signin.abandonment import Abandonments
from signpost.signin.actions import Actions, PythonAction
from signpost.signin.app import SignIn, SignInApp
from signpost.signin.credentials.passwords import PasswordCheck, PasswordCost, Passwords
from signpost.signin.credentials.throttle import Throttle
from signpost.signin.desk import Desk
from signpost.signin.experiments import Experiments
from signpost.signin.mail.mails import Mail, Mailer
from signpost.signin.mail.outbox import Outbox
from signpost.signin.mail.sending import Sending
from signpost.signin.oidc.provider import Provider
from signpost.signin.recording import Recording
from signpost.storage.memory import MemoryStore
from signpost.storage.memory_accounts import MemoryAccountStore
from signpost.testing.builders import a_tenant, an_account, an_experiment
from signpost.testing.repeatable import SequentialIds, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.clients import ClientDraft, add_client

CALLBACK = "https://app.example/callback"
EMAIL, PASSWORD = "ann@example.com", "correct horse battery"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
CHEAP = PasswordCost(memory_kib=8, passes=1)
FIELD = re.compile(r'name="(state|csrf|ticket)" value="([^"]*)"')
HOPS_MAX = 10


class CountedPasswords(Passwords):
    """Counts how often a password is hashed."""

    def __init__(self) -> None:
        super().__init__(CHEAP)
        self.count = 0

    def hash(self, password: str) -> str:
        self.count += 1
        return super().hash(password)

    def verify(self, password: str, password_hash: str | None) -> PasswordCheck:
        self.count += 1
        return super().verify(password, password_hash)


class Letterbox:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, _: str, mail: Mail) -> None:
        self.mails.append(mail)


class House:
    """Two tenants, each with a client; the first one's has an account with a password."""

    def __init__(
        self,
        folder: Path,
        *,
        accounts: AccountStore | None = None,
        events: EventSink | None = None,
        attributes: Attributes | None = None,
        mailer: Mailer | None = None,
        actions: Sequence[PythonAction] = (),
    ) -> None:
        self.folder = folder
        self.clock = SteppingClock()
        self.ids = SequentialIds()
        self.store = MemoryStore(self.clock)
        self.accounts = accounts or MemoryAccountStore(self.clock)
        self.keys = KeyRing(folder / "keys", self.clock)
        self.catalog = Catalog(self.store)
        self.kept = MemoryEvents(self.clock)
        self.letterbox = Letterbox()
        self.passwords = CountedPasswords()
        self.monotonic = 1_000.0
        self.confirmed_at: float | None = 1_000.0
        self.tenant, self.other_tenant = a_tenant(1), a_tenant(2)
        for tenant in (self.tenant, self.other_tenant):
            self.store.add_tenant(tenant, "tests")
        self.client, self.other_client = (
            self.add_client(),
            self.add_client(self.other_tenant.id, "https://b.example/callback"),
        )
        self.account = self.add_account()
        self.notices = Notices(self.monotonically)
        self.recording = Recording(events or self.kept, self.notices, self.monotonically)
        self.desk = self._desk(folder, attributes, mailer or self.letterbox, actions)
        self.sign_in = SignIn(self.desk, self.catalog.find)
        self.app = Envelope(SignInApp(self.sign_in.routes(), _nothing_else), self._gate())
        self.catalog.refresh()

    @property
    def people(self) -> AccountsOfTenant:
        return self.accounts.of(self.tenant.id)

    def monotonically(self) -> float:
        return self.monotonic

    def add_client(self, tenant_id: str | None = None, callback: str = CALLBACK, **changes: Any) -> Client:
        call = Call(self.store, self.clock, self.ids, tenant_id or self.tenant.id, "tests")
        draft = ClientDraft(**{"name": "Shop", "app_type": AppType.SPA, "callbacks": (callback,)} | changes)
        client = add_client(call, draft).client
        self.catalog.refresh()
        return client

    def change_client(self, **changes: Any) -> None:
        with self.store.writing(self.tenant.id, "tests") as workspace:
            self.client = replace(self.client, **changes)
            workspace.clients.replace(self.client)
        self.catalog.refresh()

    def change_tenant(self, **changes: Any) -> None:
        self.tenant = replace(self.tenant, **changes)
        self.store.replace_tenant(self.tenant, "tests")
        self.catalog.refresh()

    def show(self, **parameters: Any) -> None:
        """Let the tenant's pages have these parameters."""
        self.change_tenant(pages=HostedPages(parameters))

    def add_account(self, number: int = 1, tenant_id: str | None = None, **changes: Any) -> Account:
        values = {"email": EMAIL, "password_hash": self.passwords.hash(PASSWORD)} | changes
        account = an_account(number, **values)
        self.accounts.of(tenant_id or self.tenant.id).accounts.add(account)
        return account

    def change_account(self, **changes: Any) -> None:
        self.people.accounts.change(self.account.id, lambda found: replace(found, **changes))

    def add_totp(self) -> TotpFactor:
        factor = TotpFactor(self.account.id, pyotp.random_base32(), self.clock.now())
        self.people.totp_factors.put(factor)
        return factor

    def code_of(self, secret: str) -> str:
        return pyotp.TOTP(secret.replace(" ", "")).at(self.clock.now())

    def run_experiment(
        self, flow: str = "authentication", overrides: Mapping[str, Any] | None = None, **changes: Any
    ) -> Experiment:
        """Split the hosted pages in halves; the second half sees what `overrides` says."""
        with self.store.writing(self.tenant.id, "tests") as workspace:
            flag = next(each for each in workspace.flags.all() if each.name == FLAG_NAME)
            control, treatment = [each for each in workspace.variations.all() if each.flag_id == flag.id][:2]
            workspace.variations.replace(replace(treatment, overrides=overrides or {"primary_button": "Come in"}))
            made = an_experiment(
                flag_id=flag.id,
                flow=flow,
                status=ExperimentStatus.ACTIVE,
                allocations=tuple(
                    replace(allocation, variation_id=variation.id)
                    for allocation, variation in zip(an_experiment().allocations, (control, treatment), strict=True)
                ),
                slot_ranges=(SlotRange(0, 500_000, control.id), SlotRange(500_000, 1_000_000, treatment.id)),
            )
            experiment = replace(made, **changes)
            workspace.experiments.add(experiment)
        self.catalog.refresh()
        return experiment

    def journey(self, state: str) -> Journey | None:
        return self.people.journeys.find(state)

    def code_under_way(self, state: str) -> str:
        """Return the code of an app that is being set up."""
        journey = self.journey(state)
        assert journey is not None
        kept: Any = journey.facts["totp_secret"]
        return self.code_of(kept["secret"])

    def log(self, tenant_id: str | None = None) -> list[dict[str, Any]]:
        return [json.loads(entry.body) for entry in self.kept.after(tenant_id or self.tenant.id, None, 10_000)]

    def types(self) -> list[str]:
        return [entry["type"] for entry in self.log()]

    def end_abandoned(self) -> int:
        return Abandonments(self.accounts, self.catalog.states, self.recording, self.clock).look()

    def send_mail(self) -> list[Mail]:
        """Send what waits, and return what was sent."""
        sending = self.desk.mail
        sending.start()
        sending.close()
        return self.letterbox.mails

    def browser(self, host: str | None = None, *, is_secure: bool = False, address: str = "192.0.2.1") -> "Browser":
        scheme = "https" if is_secure else "http"
        return Browser(self, f"{scheme}://{host or self.tenant.domain}", address)

    def _desk(
        self, folder: Path, attributes: Attributes | None, mailer: Mailer, actions: Sequence[PythonAction]
    ) -> Desk:
        experiments = Experiments(
            accounts=self.accounts,
            recording=self.recording,
            attributes=attributes or _attributes(),
            secrets=self.keys,
            clock=self.clock,
            notices=self.notices,
            confirmed_at=lambda: self.confirmed_at,
            monotonic=self.monotonically,
            moments=Moments(self.clock),
            forms=Forms(),
        )
        seconds = lambda: self.clock.now().timestamp()  # noqa: E731 one line
        return Desk(
            accounts=self.accounts,
            provider=Provider(self.accounts, self.keys, self.clock, self.ids, RateLimiter(20, seconds)),
            passwords=self.passwords,
            throttle=Throttle(seconds),
            mail=Sending(mailer),
            outbox=Outbox(folder / "outbox", self.clock),
            actions=Actions(Outbound(frozenset()), self.keys, self.clock, self.ids, actions),
            experiments=experiments,
            recording=self.recording,
            secrets=self.keys,
            notices=self.notices,
            clock=self.clock,
            ids=self.ids,
        )

    def _gate(self) -> Gate:
        seconds = lambda: self.clock.now().timestamp()  # noqa: E731 one line
        tokens = Tokens(self.keys, ForeignKeys(self.monotonically), self.clock, 60)
        return Gate(self.catalog, tokens, RateLimiter(0, seconds), seconds)


class Browser:
    """A browser: it keeps cookies, follows redirects within the server, and fills in the form that it sees."""

    def __init__(self, house: House, base: str, address: str) -> None:
        self.house = house
        self.http = TestClient(
            house.app, base, client=(address, 4_711), follow_redirects=False, raise_server_exceptions=False
        )
        self.page: Response | None = None
        self.hidden: dict[str, str] = {}

    @property
    def at(self) -> str:
        """The screen that is shown."""
        found = re.search(r'<body class="screen-([a-z-]+)"', self.html)
        assert found is not None, self.html[:500]
        return found[1]

    @property
    def html(self) -> str:
        assert self.page is not None
        return self.page.text

    @property
    def text(self) -> str:
        """What the page says, without its markup."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.html)).split())

    @property
    def state(self) -> str:
        return self.hidden["state"]

    @property
    def answer(self) -> dict[str, str]:
        """What the client is told, after the browser was sent back to it."""
        assert self.page is not None
        location = self.page.headers["location"]
        assert location.startswith(f"{self.house.client.callbacks[0]}?"), location
        return dict(parse_qsl(urlsplit(location).query, strict_parsing=True))

    def parameters(self, client: Client | None = None, /, **changes: str | None) -> dict[str, str]:
        client = client or self.house.client
        values: dict[str, str | None] = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": client.callbacks[0],
            "scope": "openid profile email",
            "state": "client's state",
            "nonce": "n",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (values | changes).items() if value is not None}

    def open(self, client: Client | None = None, /, **changes: str | None) -> Response:
        """Go to `/authorize`, and on to what it shows."""
        return self.get(f"/authorize?{urlencode(self.parameters(client, **changes))}")

    def get(self, path: str) -> Response:
        return self._follow(self.http.get(path))

    def post(self, screen: str | None = None, **fields: Any) -> Response:
        """Send the form that is shown, or another one, with these fields; None leaves one out."""
        sent = {**self.hidden, **fields}
        data = {name: value for name, value in sent.items() if value is not None}
        return self._follow(self.http.post(f"/u/{screen or self.at}", data=data))

    def send(self, screen: str, fields: Mapping[str, str]) -> Response:
        """Send a form as it is, and follow nothing."""
        return self.http.post(f"/u/{screen}", data=dict(fields))

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> Response:
        """Name somebody, and say a password."""
        self.post("identifier", identifier=email)
        return self.post("password", password=password)

    def skip_all(self) -> Response:
        """Put off whatever may be put off."""
        for _ in range(HOPS_MAX):
            assert self.page is not None
            if self.page.status_code != 200 or self.at not in {"passkey-enroll", "mfa-enroll"}:
                break
            self.post(action="skip")
        assert self.page is not None
        return self.page

    def _follow(self, response: Response) -> Response:
        for _ in range(HOPS_MAX):
            location = response.headers.get("location", "")
            if response.status_code != 303 or not location.startswith("/"):
                break
            response = self.http.get(location)
        self.page = response
        self.hidden = self.read() or self.hidden
        return response

    def read(self) -> dict[str, str]:
        """Return the hidden fields of the page."""
        return {name: unescape(value) for name, value in FIELD.findall(self.html)}


@cache
def _attributes() -> RequestAttributes:
    """Reading what is known of user agents takes its time."""
    return RequestAttributes(UserAgents(), NoPlaces())


async def _nothing_else(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"elsewhere"})
