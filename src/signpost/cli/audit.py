"""`signpost audit`."""

from typing import Annotated

import typer

from signpost.cli.options import AsJson, ConfigFile, Data, Database, TenantName, opened_tenant, print_json, print_table
from signpost.ports.paging import PageRequest
from signpost.ports.store import AuditEntry


def audit(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many changes at most.")] = 50,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List what was changed: who, when, what, and with --json before and after; newest first."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        with parts.store.reading(found.id) as workspace:
            entries = workspace.audit.list(PageRequest(limit)).items
        if as_json:
            print_json([_document(entry) for entry in entries])
            return
        rows = [
            (
                _time(entry),
                str(entry.revision),
                entry.actor,
                entry.action,
                entry.kind,
                entry.entity_id,
                _summarise(entry),
            )
            for entry in entries
        ]
        print_table("Changes", ("at", "revision", "who", "what", "kind", "id", "fields"), rows)


def _document(entry: AuditEntry) -> dict[str, object]:
    return {
        "at": _time(entry),
        "revision": entry.revision,
        "actor": entry.actor,
        "action": entry.action,
        "kind": entry.kind,
        "id": entry.entity_id,
        "before": entry.before,
        "after": entry.after,
    }


def _time(entry: AuditEntry) -> str:
    return entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _summarise(entry: AuditEntry) -> str:
    before, after = entry.before or {}, entry.after or {}
    if entry.action != "update":
        there = after or before
        return str(there.get("name") or there.get("reason") or there.get("metric", {}).get("name", ""))
    return ", ".join(name for name in after if before.get(name) != after[name] and name != "updated_at")
