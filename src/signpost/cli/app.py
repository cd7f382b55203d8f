"""All commands, and what becomes of their errors."""

import logging
import sys

import typer

from signpost.cli import (
    audit,
    clients,
    config,
    explain,
    export,
    imports,
    override,
    results,
    serve,
    simulate,
    tenants,
    token,
)
from signpost.cli.options import CommandError
from signpost.config import SettingsError
from signpost.model.errors import DomainError, NameTakenError, NotFoundError
from signpost.ports.store import StoreUnavailableError, StoreVersionError

app = typer.Typer(
    name="signpost",
    help="Experiments for sign-in: decide, record why, and say honestly which version is better.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("serve")(serve.serve)
app.add_typer(tenants.app, name="tenants")
app.add_typer(clients.app, name="clients")
app.command("token")(token.token)
app.command("override")(override.override)
app.command("results")(results.results)
app.command("explain")(explain.explain)
app.command("simulate")(simulate.simulate)
app.command("export")(export.export)
app.add_typer(imports.app, name="import")
app.command("audit")(audit.audit)
app.command("config")(config.config)
app.command("version")(config.version)


def main() -> None:
    """Run a command. Exit codes: 0 done, 1 refused or failed with one sentence on stderr, 2 wrong usage."""
    try:
        app(prog_name="signpost")
    except (CommandError, SettingsError, StoreVersionError) as error:
        _fail(str(error))
    except StoreUnavailableError as error:
        _fail(f"The database does not answer: {error}")
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
            return f"There is no such {kind.replace('_', ' ')}."
        case NameTakenError(kind):
            return f"Another {kind.replace('_', ' ')} has this name or domain already."
        case _:
            return str(error)


def _fail(sentence: str) -> None:
    typer.echo(f"signpost: {' '.join(sentence.split())}", err=True)  # drivers say more than one line
    sys.exit(1)
