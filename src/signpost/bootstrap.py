"""The one module that names concrete adapters: it puts a Signpost together."""

import logging
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from random import random  # noqa: TID251 spreads attempts, decides nothing
from time import monotonic

from signpost.api.app import create_api
from signpost.api.health import create_health_router
from signpost.api.oauth import create_oauth_router
from signpost.api.route import Services
from signpost.authlogs.moments import Moments
from signpost.client.backoff import Backoff
from signpost.config import Settings
from signpost.edge.asgi import App, Envelope, Lifespan
from signpost.edge.catalog import Catalog
from signpost.edge.foreign import ForeignKeys
from signpost.edge.gate import Gate
from signpost.edge.grants import WRONG_SECRETS_MAX
from signpost.edge.keys import KeyRing
from signpost.edge.limits import RateLimiter
from signpost.edge.log_streams.courier import Courier
from signpost.edge.log_streams.delivery import Delivery
from signpost.edge.log_streams.sinks import Sinks
from signpost.edge.logs import JsonLines
from signpost.edge.notices import Notices
from signpost.edge.outbound import Outbound
from signpost.edge.system import RandomIds, SystemClock
from signpost.edge.tokens import Tokens
from signpost.edge.watch import Watch
from signpost.edge.watcher import Watcher
from signpost.edge.webhooks import post_json
from signpost.events.files import FileEvents
from signpost.events.files.housekeeping import Housekeeper, Upkeep
from signpost.events.progress import ProgressFiles
from signpost.events.remembered import RememberedMeasures
from signpost.gateway.abandonment import Abandonments as CallbackAbandonments
from signpost.gateway.app import Gateway
from signpost.gateway.assigning import Assigning
from signpost.gateway.assigning import Desk as GatewayDesk
from signpost.gateway.opening import Opening, Station
from signpost.gateway.outcomes import Outcomes
from signpost.gateway.provider import Provider as ForeignProvider
from signpost.gateway.settings import GatewaySettings
from signpost.middleware.cookies import DeviceCookie
from signpost.middleware.testers import OverrideCookie
from signpost.model.errors import NameTakenError
from signpost.model.log_streams import LogStream
from signpost.model.tenants import Tenant
from signpost.ports.accounts import AccountStore
from signpost.ports.measurements import Measures
from signpost.ports.store import Store
from signpost.requests.attributes import Attributes, RequestAttributes
from signpost.requests.places import NoPlaces, PlacesFile
from signpost.requests.useragents import UserAgents
from signpost.runtime.app import RuntimeApp
from signpost.runtime.linked import LinkedUnits
from signpost.runtime.ofrep.evaluations import Recorded
from signpost.runtime.openapi import describe_runtime
from signpost.runtime.recorder import Recorder
from signpost.runtime.replies import Forms
from signpost.signin.abandonment import Abandonments
from signpost.signin.actions import Actions, PythonAction
from signpost.signin.app import SignIn, SignInApp
from signpost.signin.credentials.passwords import Passwords
from signpost.signin.credentials.throttle import Throttle
from signpost.signin.desk import Desk
from signpost.signin.experiments import Experiments
from signpost.signin.mail.outbox import Outbox
from signpost.signin.mail.sending import Sending
from signpost.signin.mail.smtp import Smtp, read_server
from signpost.signin.oidc.origins import Origins
from signpost.signin.oidc.provider import Provider
from signpost.signin.oidc.routes import oidc_routes
from signpost.signin.recording import Recording
from signpost.signin.screens.templates import say_fault
from signpost.storage.sql import SqlStore
from signpost.storage.sql.accounts import SqlAccountStore
from signpost.usecases.call import Call
from signpost.usecases.clients import Credentials, create_first_client
from signpost.usecases.log_streams import suspend_log_stream
from signpost.usecases.tenants import DEFAULT_DOMAIN, DEFAULT_NAME, create_tenant, find_tenant

FIRST_CLIENT = "first client"
GATEWAY_SECONDS_MAX = 0.25
"""How long a sign-in that passes the gateway waits for its exposure to be durable; at most twice that."""
STREAMS = "log-streams"
"""The folder of streams that are files, of how far each stream is, and the actor that suspends them."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What commands and the server are made of."""

    settings: Settings
    clock: SystemClock
    ids: RandomIds
    store: Store
    accounts: AccountStore
    keys: KeyRing
    tokens: Tokens
    events: FileEvents

    def watch(self, measures: Measures | None = None) -> Watch:
        """Return what watches experiments; without measures of the caller's, with those that read what is kept each time."""
        url = self.settings.watch_webhook
        tell = None if url is None else partial(post_json, url)
        return Watch(self.store, self.clock, self.ids, measures or self.events, self.events, tell)

    def call(self, tenant: Tenant, actor: str) -> Call:
        """Return a call in the tenant."""
        return Call(self.store, self.clock, self.ids, tenant.id, actor)

    def outbound(self) -> Outbound:
        """Return what calls addresses that tenants have named."""
        return Outbound(frozenset(host.lower() for host in self.settings.outbound_hosts))

    def actions(self, python_actions: Sequence[PythonAction] = ()) -> Actions:
        """Return what runs actions: tenants' own, and these of whoever embeds the sign-in."""
        return Actions(self.outbound(), self.keys, self.clock, self.ids, python_actions)

    def outbox(self) -> Outbox | None:
        """Return where mail lies that is not sent; None where it is."""
        return None if self.settings.mail_server else Outbox(self.settings.data / "outbox", self.clock)

    def close(self) -> None:
        """Finish what was begun, and give everything back."""
        self.events.close()
        self.store.close()


def open_parts(settings: Settings) -> Parts:
    """Open the data folder and the database, made or brought up to date where they need it.

    Raises:
        OSError: the data folder can't be made or written.
        StoreUnavailableError: the database does not answer.
        StoreVersionError: the database was written by a newer version.
    """
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    clock = SystemClock()
    store = SqlStore(settings.database_url, clock)
    if not store.is_ready():
        store.migrate()
    keys = KeyRing(settings.data / "keys", clock)
    return Parts(
        settings=settings,
        clock=clock,
        ids=RandomIds(),
        store=store,
        accounts=SqlAccountStore(store.engine, clock),
        keys=keys,
        tokens=Tokens(keys, ForeignKeys(monotonic), clock, settings.token_lifetime),
        events=FileEvents(settings.data / "events", clock),
    )


def set_up(parts: Parts) -> Credentials | None:
    """Make what a first run needs: a default tenant, its keys, and a client with all scopes.

    Returns the client's credentials if it was made now; they are to be shown, and can't be shown again.
    """
    if not parts.store.tenants():
        with suppress(NameTakenError):  # another process was first
            create_tenant(parts.store, parts.clock, parts.ids, "setup", name=DEFAULT_NAME, domain=DEFAULT_DOMAIN)
    tenant = find_tenant(parts.store, None)
    parts.keys.signing_key(tenant.id)
    parts.keys.assignment_secret(tenant.id)
    return create_first_client(parts.call(tenant, "setup"), FIRST_CLIENT)


def create_app(settings: Settings, python_actions: Sequence[PythonAction] = ()) -> App:
    """Return the server of one process, as an ASGI application; with actions of whoever embeds it, if there are any."""
    set_up_logging(settings.log_level)
    parts = open_parts(settings)
    catalog = Catalog(parts.store)
    gate = _gate(parts, catalog, settings.rate_limit)
    measures = RememberedMeasures(parts.events, monotonic)
    progress = ProgressFiles(settings.data / STREAMS / "progress")
    services = Services(
        store=parts.store,
        clock=parts.clock,
        ids=parts.ids,
        gate=gate,
        catalog=catalog,
        log=parts.events,
        measures=measures,
        progress=progress,
        action_secrets=parts.keys,
        check_template=say_fault,
    )
    health = {
        "database": parts.store.is_ready,
        "tenants": lambda: bool(catalog.states()),
        "events": lambda: not parts.events.is_failing,
    }
    guesses = RateLimiter(WRONG_SECRETS_MAX, parts.clock.now_seconds)
    attributes = _attributes(settings)
    desk = _desk(parts, catalog, attributes, guesses, python_actions)
    routers = (
        create_oauth_router(catalog, gate, parts.keys, parts.tokens, guesses, people=desk.provider),
        create_health_router(health),
    )
    api = create_api(services, routers, describe_runtime())

    housekeeper = Housekeeper(parts.events, parts.clock, upkeep_of(settings))
    watcher = Watcher(parts.watch(measures), settings.data / "watch.lock", settings.watch_minutes * 60)

    courier = _courier(parts, catalog, progress)

    sign_in = SignIn(desk, catalog.find)
    abandonments = Abandonments(parts.accounts, catalog.states, desk.recording, parts.clock)

    def start() -> None:
        catalog.refresh()
        catalog.watch()
        housekeeper.start()
        desk.mail.start()
        abandonments.start()
        if settings.watch_minutes:
            watcher.start()
        courier.start()

    def stop() -> None:
        abandonments.close()
        desk.mail.close()
        courier.stop()
        watcher.stop()
        housekeeper.stop()
        catalog.close()
        parts.close()

    runtime_gate = _gate(parts, catalog, settings.runtime_rate_limit)
    more = oidc_routes(desk.provider, gate, sign_in.find_session, sign_in.end_session)
    pages = SignInApp([*sign_in.routes(), *more], api)
    management = Lifespan(Envelope(Origins(pages, catalog), gate), start, stop)
    return RuntimeApp(
        runtime_gate,
        parts.events,
        parts.keys,
        attributes,
        parts.clock,
        accounts=parts.accounts,
        otherwise=management,
        ofrep_exposures=Recorded(settings.ofrep_exposures),
        origins=frozenset(settings.origins),
    )


@dataclass(frozen=True, slots=True)
class Post:
    """Where a gateway stands: before whom, at which address of its own, for which tenant (None: the default one)."""

    issuer: str
    url: str
    tenant: str | None


def create_gateway(settings: Settings, said: GatewaySettings, post: Post) -> App:
    """Return the gateway of one process, as an ASGI application that opens what it needs when it starts."""
    set_up_logging(settings.log_level)
    notices = Notices(monotonic)
    provider = ForeignProvider(post.issuer, post.url, Backoff(random))
    opening = Opening(lambda: _open_station(settings, said, post, notices), Backoff(random))
    return Gateway(said, provider, opening, notices).create_app()


def _open_station(settings: Settings, said: GatewaySettings, post: Post, notices: Notices) -> Station:
    parts = open_parts(settings)
    catalog = Catalog(parts.store)

    def close() -> None:
        catalog.close()
        parts.close()

    try:
        tenant_id = find_tenant(parts.store, post.tenant).id
        secret = parts.keys.device_secret(tenant_id)
        is_secure = post.url.startswith("https:")
        cookie, testers = DeviceCookie([secret.hex()], is_secure=is_secure), OverrideCookie(is_secure=is_secure)
        catalog.refresh()
        catalog.watch()
    except BaseException:
        close()
        raise
    recorder = Recorder(parts.events, GATEWAY_SECONDS_MAX)
    desk = GatewayDesk(
        tenant_id=tenant_id,
        url=post.url,
        settings=said,
        catalog=catalog,
        cookie=cookie,
        testers=testers,
        attributes=_attributes(settings),
        recorder=recorder,
        linked=LinkedUnits(parts.accounts, GATEWAY_SECONDS_MAX),
        secrets=parts.keys,
        clock=parts.clock,
        monotonic=monotonic,
    )
    outcomes = Outcomes(parts.events, parts.clock, tenant_id)
    abandonments = CallbackAbandonments(parts.events, outcomes, parts.clock, tenant_id, said.abandoned_seconds)
    follower = abandonments if said.callbacks else None
    return Station(Assigning(desk, notices), outcomes, follower, cookie, testers, parts.clock, recorder, close)


def _attributes(settings: Settings) -> RequestAttributes:
    places = NoPlaces() if settings.geoip is None else PlacesFile(settings.geoip)
    return RequestAttributes(UserAgents(), places)


def upkeep_of(settings: Settings) -> Upkeep:
    """Return when events are sealed and removed."""
    return Upkeep(settings.events_seal_hours, settings.events_open_rows, settings.events_retention_days or None)


def _desk(
    parts: Parts,
    catalog: Catalog,
    attributes: Attributes,
    guesses: RateLimiter,
    python_actions: Sequence[PythonAction],
) -> Desk:
    """Return what hosted sign-in is served with."""
    settings, notices = parts.settings, Notices(monotonic)
    recording = Recording(parts.events, notices, monotonic)
    experiments = Experiments(
        accounts=parts.accounts,
        recording=recording,
        attributes=attributes,
        secrets=parts.keys,
        clock=parts.clock,
        notices=notices,
        confirmed_at=lambda: catalog.confirmed_at,
        monotonic=monotonic,
        moments=Moments(parts.clock),
        forms=Forms(),
    )
    outbox = parts.outbox()
    mailer = outbox or Smtp(read_server(settings.mail_server or ""), settings.mail_from)
    return Desk(
        accounts=parts.accounts,
        provider=Provider(parts.accounts, parts.keys, parts.clock, parts.ids, guesses),
        passwords=Passwords(),
        throttle=Throttle(parts.clock.now_seconds),
        mail=Sending(mailer),
        outbox=outbox,
        actions=parts.actions(python_actions),
        experiments=experiments,
        recording=recording,
        secrets=parts.keys,
        notices=notices,
        clock=parts.clock,
        ids=parts.ids,
    )


def _courier(parts: Parts, catalog: Catalog, progress: ProgressFiles) -> Courier:
    """Return what delivers log streams, in the one process that holds the lock."""
    folder = parts.settings.data / STREAMS

    def suspend(tenant_id: str, stream: LogStream, because: str) -> None:
        call = Call(parts.store, parts.clock, parts.ids, tenant_id, STREAMS)
        suspend_log_stream(call, stream.id, because)

    delivery = Delivery(parts.events, progress, Sinks(parts.outbound(), folder), parts.clock)
    return Courier(delivery, catalog.states, suspend, parts.settings.data / f"{STREAMS}.lock")


def _gate(parts: Parts, catalog: Catalog, per_minute: int) -> Gate:
    """Return a gate whose limit is this process's share: callers are spread over all workers."""
    share = -(-per_minute // parts.settings.workers)
    limiter = RateLimiter(share, parts.clock.now_seconds)
    return Gate(catalog, parts.tokens, limiter, parts.clock.now_seconds)


def set_up_logging(level: str) -> None:
    """Send the program's log to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)
