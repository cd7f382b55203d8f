"""`signpost explain`."""

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated

import typer
from rich.console import Console

from signpost.bootstrap import Parts
from signpost.cli.explanation_view import ExplanationView, document_explanation
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
from signpost.model.limits import UNIT_MAX
from signpost.model.segments import ATTRIBUTES, METADATA_PREFIX, is_attribute
from signpost.model.tenants import Tenant
from signpost.ports.events import EXPOSURE_TYPE
from signpost.ports.store import RevisionUnknownError
from signpost.runtime.wire import ATTRIBUTES_MAX, VALUE_MAX
from signpost.usecases.explanation import (
    AttributesKeptError,
    ExperimentUnknownError,
    Explanation,
    Given,
    Verdict,
    explain_exposure,
    explain_unit,
)
from signpost.usecases.explanation_log import ExposureUnreadableError, LogEntryNotFoundError, NoExposureError

PROVED = {Verdict.AGREES, Verdict.NOT_LOGGED}


def explain(
    log_id: Annotated[str | None, typer.Argument(metavar="LOG_ID", help="The exposure's id in the log.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Without a log id: the unit.")] = None,
    experiment: Annotated[str | None, typer.Option("--experiment", help="… the experiment's id …")] = None,
    revision: Annotated[
        int | None, typer.Option("--revision", help="… and the revision.", show_default="the newest")
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            metavar="NAME=VALUE",
            help="An attribute of the request, once for each; NAME alone: it was not there.",
        ),
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Recompute a past decision from its revision, step by step. Exit code 0: the log agrees, 1: it does not."""
    if (log_id is None) == (unit is None) or (unit is None) != (experiment is None):
        raise typer.BadParameter("Give a log id, or both --unit and --experiment.")
    if unit is None and revision is not None:
        raise typer.BadParameter("The log entry says its revision; --revision goes with --unit.")
    given = _read_context(context or [])
    with opened_tenant(data, database, config, tenant) as (parts, found):
        try:
            explanation = _explain(parts, found, log_id, unit, experiment, revision, given)
        except FACTS as error:
            raise CommandError(_say(error)) from error
    if as_json:
        print_json(document_explanation(explanation))
    else:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without Unicode gets ? for what it can't show
        Console().print(ExplanationView(explanation))
    if explanation.verdict not in PROVED:
        raise typer.Exit(1)


def _explain(
    parts: Parts,
    tenant: Tenant,
    log_id: str | None,
    unit: str | None,
    experiment_id: str | None,
    revision: int | None,
    given: Given,
) -> Explanation:
    call = parts.call(tenant, ACTOR)
    if log_id is not None:
        return explain_exposure(call, parts.events, log_id, given)
    return explain_unit(call, experiment_id or "", _check_unit(unit or ""), revision, given)


def _check_unit(unit: str) -> str:
    if not 1 <= len(unit) <= UNIT_MAX:
        raise CommandError(f"A unit has 1 to {UNIT_MAX} characters.")
    try:
        unit.encode()
    except UnicodeEncodeError as error:
        raise CommandError("The unit is no UTF-8, so no experiment can have it.") from error
    return unit


def _read_context(words: Sequence[str]) -> Given:
    given: dict[str, str | None] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not is_attribute(name):
            raise CommandError(f"{name!r} is no attribute; there are {', '.join(ATTRIBUTES)} and {METADATA_PREFIX}….")
        if name in given:
            raise CommandError(f"{name} is given twice.")
        if len(value) > VALUE_MAX:
            raise CommandError(f"{name} is over {VALUE_MAX} characters.")
        given[name] = value if equals else None
    if len(given) > ATTRIBUTES_MAX:
        raise CommandError(f"{len(given)} attributes are given; {ATTRIBUTES_MAX} is the most that a request may have.")
    return given


FACTS = (
    AttributesKeptError,
    ExperimentUnknownError,
    ExposureUnreadableError,
    LogEntryNotFoundError,
    NoExposureError,
    RevisionUnknownError,
)


def _say(error: Exception) -> str:
    sentence = str(error)
    match error:
        case AttributesKeptError(log_id=log_id):
            sentence = f"Log entry {log_id} has kept what segments asked for; --context is for entries that have not."
        case ExperimentUnknownError(experiment_id=experiment_id, revision=revision):
            sentence = f"There was no experiment {experiment_id} at revision {revision}."
        case ExposureUnreadableError(log_id=log_id, field=field):
            sentence = f"Log entry {log_id} can't be explained: its {field} is missing, or is not of the type that it has to be."
        case LogEntryNotFoundError(log_id=log_id):
            sentence = f"There is no log entry {log_id} in this tenant."
        case NoExposureError(log_id=log_id, type=type):
            sentence = f"Log entry {log_id} is of type {type}; a decision is only behind those of type {EXPOSURE_TYPE}."
        case RevisionUnknownError(revision=revision, newest=newest):
            sentence = f"There is no revision {revision}; those of this tenant go from 1 to {newest}."
    return sentence
