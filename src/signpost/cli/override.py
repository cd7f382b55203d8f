"""`signpost override`."""

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import typer

from signpost.cli.options import (
    ACTOR,
    AsJson,
    CommandError,
    ConfigFile,
    Data,
    Database,
    TenantName,
    opened_tenant,
    print_json,
)
from signpost.exchange import seal_override
from signpost.exchange.overrides import PARAMETER
from signpost.model import limits
from signpost.usecases.overrides import make_override

LIFETIME = re.compile(r"(\d{1,7})([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}


def override(
    experiment: Annotated[str, typer.Argument(help="The experiment's id or name.")],
    reason: Annotated[str, typer.Option("--reason", help="What it is for; it goes into the log.")],
    variation: Annotated[
        str | None,
        typer.Option("--variation", help="The variation's id or name.", show_default="as the experiment decides"),
    ] = None,
    segment: Annotated[
        str | None, typer.Option("--segment", help="A segment, id or name, that is to count as matched.")
    ] = None,
    expires: Annotated[str, typer.Option("--expires", help="For how long: 90s, 30m, 2h, 7d; at most 30d.")] = "2h",
    url: Annotated[str | None, typer.Option("--url", help="A page to make a link of, instead of the token.")] = None,
    made_by: Annotated[str, typer.Option("--by", help="Who answers for it.")] = ACTOR,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print a signed token, or a link, that shows one variation to who has it; such decisions are logged, never counted."""
    _check_text("--reason", reason, limits.OVERRIDE_REASON_MAX)
    _check_text("--by", made_by, limits.OVERRIDE_MAKER_MAX)
    lifetime = _parse_lifetime(expires)
    page = None if url is None else _check_url(url)
    with opened_tenant(data, database, config, tenant) as (parts, found):
        signed = make_override(
            parts.call(found, ACTOR),
            experiment=experiment,
            variation=variation,
            segment=segment,
            lifetime=lifetime,
            reason=reason,
            made_by=made_by,
        )
        token = seal_override(signed, parts.keys.override_secret(found.id))
    link = None if page is None else _make_link(page, token)
    if not as_json:
        typer.echo(link or token)
        return
    forced = signed.override
    document = {
        "id": signed.id,
        "experiment_id": forced.experiment_id,
        "variation_id": forced.variation_id,
        "segment_id": forced.segment_id,
        "reason": signed.reason,
        "made_by": signed.made_by,
        "expires_at": signed.expires_at.isoformat(timespec="seconds"),
        "token": token,
        "url": link,
    }
    print_json({name: value for name, value in document.items() if value is not None})


def _check_text(option: str, text: str, longest: int) -> None:
    if not text.strip() or len(text) > longest or not text.isprintable():
        raise CommandError(f"{option} needs 1 to {longest} characters on one line.")


def _parse_lifetime(text: str) -> timedelta:
    found = LIFETIME.fullmatch(text)
    seconds = int(found[1]) * SECONDS[found[2]] if found else 0
    if not limits.OVERRIDE_SECONDS_MIN <= seconds <= limits.OVERRIDE_SECONDS_MAX:
        raise CommandError(f"--expires takes 60s to 30d, such as 90s, 30m, 2h or 7d, not {text}.")
    return timedelta(seconds=seconds)


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise CommandError("--url must be an http or https address, such as https://login.example.com/.")
    return url


def _make_link(page: str, token: str) -> str:
    """Return the address with the token in its query, instead of one that is there already."""
    parts = urlsplit(page)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if k != PARAMETER]
    return urlunsplit(parts._replace(query=urlencode([*query, (PARAMETER, token)])))
