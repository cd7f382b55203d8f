"""`signpost outbox`."""

from typing import Annotated

import typer

from signpost.cli.options import (
    AsJson,
    CommandError,
    ConfigFile,
    Data,
    Database,
    TenantName,
    opened_tenant,
    print_json,
)
from signpost.signin.app import outbox_key
from signpost.signin.mail.outbox import KEPT_MAX


def outbox(
    last: Annotated[int, typer.Option("--last", min=1, max=KEPT_MAX, help="How many, the newest first.")] = 10,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the mails that hosted sign-in has written and nobody has sent, because there is no mail server."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        kept = parts.outbox()
        if kept is None:
            raise CommandError("Mail is sent by the mail server; there is no outbox.")
        mails = kept.newest(found.id, last)
        key = outbox_key(parts.keys.device_secret(found.id))
    if as_json:
        print_json(
            [
                {
                    "to": mail.to,
                    "subject": mail.subject,
                    "sent_at": mail.sent_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                    "text": mail.text,
                    "links": list(mail.links),
                }
                for mail in mails
            ]
        )
        return
    if not mails:
        typer.echo("There is no mail.")
    for mail in mails:
        typer.echo(f"{mail.sent_at:%Y-%m-%d %H:%M:%S} UTC  to {mail.to}\n{mail.subject}\n{mail.text}")
    typer.echo(f"In a browser: /u/outbox?key={key} of the server. Who has this address can open every account.")
