"""`signpost import …`."""

import typer

from signpost.cli import auth0_logs

app = typer.Typer(help="Take in what others have recorded: auth0-logs.", no_args_is_help=True)
app.command("auth0-logs")(auth0_logs.auth0_logs)


@app.callback()
def _each() -> None:
    """Let there be room for other kinds of logs."""
