"""`signpost tenants …`."""

import re
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer

from signpost.bootstrap import FIRST_CLIENT
from signpost.cli.options import (
    ACTOR,
    AsJson,
    CommandError,
    ConfigFile,
    Data,
    Database,
    opened,
    opened_tenant,
    print_json,
    print_table,
    read_settings,
)
from signpost.edge.foreign import is_acceptable_uri
from signpost.exchange import format_override_key
from signpost.model.limits import SLOTS
from signpost.model.patches import UNSET
from signpost.model.tenants import ForeignIssuer, Generation, Tenant
from signpost.usecases.clients import create_first_client
from signpost.usecases.tenants import TenantChange, create_tenant, resize_holdout, update_tenant

app = typer.Typer(
    help="Tenants: list, create, show, update, rotate-key, override-key, log-stream-key.", no_args_is_help=True
)

DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?")

PERCENT = re.compile(r"\d{1,3}(\.\d{1,4})?")


class Switch(StrEnum):
    """On or off."""

    ON = "on"
    OFF = "off"


Name = Annotated[str, typer.Argument(help="The tenant's name, domain or id.")]
Domain = Annotated[str | None, typer.Option("--domain", help="The host name under which clients reach it.")]
ApiGeneration = Annotated[Generation | None, typer.Option("--api-generation", help="Whose bodies its replies have.")]
Issuer = Annotated[str | None, typer.Option("--issuer", help="An OpenID provider whose tokens are accepted too.")]
JwksUri = Annotated[str | None, typer.Option("--jwks-uri", help="Where that provider publishes its keys.")]
PlainOverrides = Annotated[
    Switch | None, typer.Option("--plain-overrides", help="Whether overrides that nobody has signed are obeyed.")
]
HoldoutShare = Annotated[
    str | None,
    typer.Option("--holdout", metavar="PERCENT", help="The share of all units that gets no experiment; 0 for none."),
]


@app.command("list")
def list_all(
    data: Data = None, database: Database = None, config: ConfigFile = None, *, as_json: AsJson = False
) -> None:
    """List all tenants."""
    with opened(read_settings(config, data=data, database=database).settings) as parts:
        tenants = parts.store.tenants()
        if as_json:
            print_json([_document(tenant) for tenant in tenants])
            return
        rows = [(t.name, t.domain, t.api_generation, "yes" if t.is_default else "", t.id) for t in tenants]
        print_table("Tenants", ("name", "domain", "api_generation", "default", "id"), rows)


@app.command()
def show(
    tenant: Name, data: Data = None, database: Database = None, config: ConfigFile = None, *, as_json: AsJson = False
) -> None:
    """Show a tenant."""
    with opened_tenant(data, database, config, tenant) as (_, found):
        _show(found, as_json=as_json)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="A name to know it by.")],
    domain: Annotated[str, typer.Option("--domain", help="The host name under which clients reach it.")],
    api_generation: ApiGeneration = None,
    issuer: Issuer = None,
    jwks_uri: JwksUri = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Create a tenant with a key and a first client, whose secret is printed once."""
    if not name.strip() or len(name) > 255:
        raise CommandError("A tenant's name has 1 to 255 characters.")
    with opened(read_settings(config, data=data, database=database).settings) as parts:
        tenant = create_tenant(
            parts.store,
            parts.clock,
            parts.ids,
            ACTOR,
            name=name,
            domain=_check_domain(domain),
            api_generation=api_generation or Generation.EA,
            foreign_issuer=_foreign(issuer, jwks_uri),
        )
        parts.keys.signing_key(tenant.id)
        credentials = create_first_client(parts.call(tenant, ACTOR), FIRST_CLIENT)
        document = _document(tenant)
        if credentials is not None:
            document |= {"client_id": credentials.client.id, "client_secret": credentials.secret}
        if as_json:
            print_json(document)
        else:
            _print(document)


@app.command()
def update(
    tenant: Name,
    domain: Domain = None,
    api_generation: ApiGeneration = None,
    issuer: Issuer = None,
    jwks_uri: JwksUri = None,
    plain_overrides: PlainOverrides = None,
    holdout: HoldoutShare = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    no_issuer: Annotated[bool, typer.Option("--no-issuer", help="Accept no foreign tokens any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Change a tenant; running servers know within a second."""
    foreign = _foreign(issuer, jwks_uri)
    change = TenantChange(
        domain=_check_domain(domain) if domain is not None else UNSET,
        api_generation=api_generation or UNSET,
        foreign_issuer=None if no_issuer else foreign or UNSET,
        plain_overrides=UNSET if plain_overrides is None else plain_overrides is Switch.ON,
    )
    slots = None if holdout is None else _parse_holdout(holdout)
    with opened_tenant(data, database, config, tenant) as (parts, found):
        if slots is not None:
            change = replace(change, holdout=resize_holdout(found, slots, parts.clock, parts.ids))
        _show(update_tenant(parts.store, parts.clock, ACTOR, found, change), as_json=as_json)


@app.command("rotate-key")
def rotate_key(
    tenant: Name, data: Data = None, database: Database = None, config: ConfigFile = None, *, as_json: AsJson = False
) -> None:
    """Make a new key, which signs tokens from now on; tokens of the older keys stay good until they expire."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        key = parts.keys.rotate(found.id)
        if as_json:
            print_json({"kid": key.id})
        else:
            typer.echo(key.id)


@app.command("override-key")
def override_key(
    tenant: Name, data: Data = None, database: Database = None, config: ConfigFile = None, *, as_json: AsJson = False
) -> None:
    """Print the key with which signed overrides are checked, and could be made: for programs that decide in-process."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        key = format_override_key(parts.keys.override_secret(found.id))
        if as_json:
            print_json({"override_key": key})
        else:
            typer.echo(key)


@app.command("log-stream-key")
def log_stream_key(
    tenant: Name,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    revoke_older: Annotated[
        bool, typer.Option("--revoke-older", help="Make none, but let only the newest in any more; within a second.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key with which Auth0 may send its logs, and print it once: the Authorization token of a log stream.

    Earlier keys stay good, so that a stream can change over, until --revoke-older.
    """
    with opened_tenant(data, database, config, tenant) as (parts, found):
        if revoke_older:
            revoked = parts.keys.revoke_older_log_stream_keys(found.id)
            if as_json:
                print_json({"revoked": revoked})
            else:
                typer.echo(f"{revoked} revoked")
            return
        value = f"Bearer {parts.keys.make_log_stream_key(found.id)}"
        if as_json:
            print_json({"authorization": value})
        else:
            typer.echo(value)


def _check_domain(domain: str) -> str:
    lowered = domain.lower()
    if not DOMAIN.fullmatch(lowered):
        raise CommandError(f"{domain} is no host name; write it without https:// and without a path.")
    return lowered


def _parse_holdout(percent: str) -> int:
    slots = Decimal(percent) * (SLOTS // 100) if PERCENT.fullmatch(percent) else Decimal(-1)
    if not 0 <= slots <= SLOTS:
        raise CommandError("--holdout takes a percentage, 0 to 100, with at most 4 decimals.")
    return int(slots)


def _foreign(issuer: str | None, jwks_uri: str | None) -> ForeignIssuer | None:
    if issuer is None and jwks_uri is None:
        return None
    if issuer is None or jwks_uri is None:
        raise CommandError("--issuer and --jwks-uri go together.")
    if not is_acceptable_uri(jwks_uri):
        raise CommandError("--jwks-uri must be an https address, or one on this machine.")
    return ForeignIssuer(issuer, jwks_uri)


def _show(tenant: Tenant, *, as_json: bool) -> None:
    if as_json:
        print_json(_document(tenant))
    else:
        _print(_document(tenant))


def _print(document: dict[str, object]) -> None:
    for name, value in document.items():
        typer.echo(f"{name:16} {value}")


def _document(tenant: Tenant) -> dict[str, object]:
    document: dict[str, object] = {
        "id": tenant.id,
        "name": tenant.name,
        "domain": tenant.domain,
        "audience": tenant.audience,
        "api_generation": tenant.api_generation,
        "is_default": tenant.is_default,
        "plain_overrides": tenant.plain_overrides,
        "holdout": 0 if tenant.holdout is None else tenant.holdout.slots * 100 / SLOTS,
    }
    if tenant.foreign_issuer is not None:
        document |= {"issuer": tenant.foreign_issuer.issuer, "jwks_uri": tenant.foreign_issuer.jwks_uri}
    return document
