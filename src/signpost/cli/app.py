"""All commands, and what becomes of their errors."""

import logging
import sys

import typer

from signpost.cli import (
    aa,
    actions,
    analyze,
    audit,
    clients,
    config,
    events,
    explain,
    export,
    gateway,
    imports,
    metrics,
    outbox,
    override,
    pages,
    plan,
    plans,
    report,
    results,
    serve,
    simulate,
    sql,
    tenants,
    token,
    watch,
)
from signpost.cli.options import CommandError
from signpost.config import SettingsError
from signpost.model.errors import (
    ActionLimitError,
    DomainError,
    FieldNotEditableError,
    Kind,
    MetricInvalidError,
    MetricLimitError,
    NameTakenError,
    NotFoundError,
    NotModifiableError,
    PlanInvalidError,
)
from signpost.ports.events import EventsDamagedError, EventsRejectedError
from signpost.ports.measurements import MeasurementUnavailableError
from signpost.ports.store import StoreUnavailableError, StoreVersionError

app = typer.Typer(
    name="signpost",
    help="Experiments for sign-in: decide, record why, and say honestly which version is better.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.command("gateway")(gateway.gateway)
app.add_typer(tenants.app, name="tenants")
app.add_typer(clients.app, name="clients")
app.add_typer(actions.app, name="actions")
app.add_typer(pages.app, name="pages")
app.command("outbox")(outbox.outbox)
app.command("token")(token.token)
app.command("override")(override.override)
app.add_typer(metrics.app, name="metrics")
app.add_typer(plans.app, name="plans")
app.command("results")(results.results)
app.command("report")(report.report)
app.command("watch")(watch.watch)
app.command("analyze")(analyze.analyze)
app.command("sql")(sql.sql)
app.command("plan")(plan.plan)
app.command("aa")(aa.aa)
app.command("explain")(explain.explain)
app.command("simulate")(simulate.simulate)
app.command("export")(export.export)
app.add_typer(imports.app, name="import")
app.add_typer(events.app, name="events")
app.command("audit")(audit.audit)
app.command("config")(config.config)
app.command("version")(config.version)


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 refused or failed with one sentence on stderr, 2 wrong usage."""
    try:
        app(prog_name="signpost")
    except (CommandError, EventsDamagedError, EventsRejectedError, SettingsError, StoreVersionError) as error:
        _fail(str(error))
    except StoreUnavailableError as error:
        _fail(f"The database does not answer: {error}")
    except MeasurementUnavailableError as error:
        _fail(f"The events can't be measured: {error}")
    except DomainError as error:
        _fail(_say(error))
    except OSError as error:
        _fail(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the outermost edge: a person is not to read a traceback
        logging.getLogger(__name__).debug("unexpected", exc_info=True)
        _fail(f"Something unexpected happened, which should be reported: {type(error).__name__}: {error}")


def _say(error: DomainError) -> str:
    match error:
        case NotFoundError(kind):
            sentence = f"There is no such {kind.replace('_', ' ')}."
        case NameTakenError(kind):
            sentence = f"Another {kind.replace('_', ' ')} has this name or domain already."
        case NotModifiableError(Kind.METRIC):
            sentence = "A metric that comes built in stays as it is; give your own another name."
        case ActionLimitError(limit):
            sentence = f"A tenant may have at most {limit} actions."
        case MetricLimitError(limit):
            sentence = f"A tenant may have at most {limit} metrics of its own."
        case MetricInvalidError(faults) | PlanInvalidError(faults):
            sentence = " ".join(faults)
        case FieldNotEditableError(field, status):
            sentence = f"{field} can't be changed while the experiment is {status}."
        case _:
            sentence = str(error)
    return sentence


def _fail(sentence: str) -> None:
    typer.echo(f"signpost: {' '.join(sentence.split())}", err=True)  # drivers say more than one line
    sys.exit(1)
