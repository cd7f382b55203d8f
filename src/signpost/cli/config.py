"""`signpost config` and `signpost version`."""

from importlib.metadata import version as version_of

import typer

from signpost.cli.options import AsJson, ConfigFile, Data, Database, print_json, print_table, read_settings
from signpost.config import Settings


def config(data: Data = None, database: Database = None, config: ConfigFile = None, *, as_json: AsJson = False) -> None:
    """Print the settings that hold, where each comes from, and no secret.

    A setting is taken from the command line, else from the environment (SIGNPOST_DATA and so on), else from signpost.toml.
    """
    shown = read_settings(config, data=data, database=database).shown()
    if as_json:
        print_json(shown)
        return
    rows = [
        (name, str(entry["value"]), entry["source"], Settings.model_fields[name].description or "")
        for name, entry in shown.items()
    ]
    print_table("Settings", ("setting", "value", "from", "what it is"), rows)


def version(*, as_json: AsJson = False) -> None:
    """Print the version."""
    number = version_of("signpost")
    if as_json:
        print_json({"version": number})
    else:
        typer.echo(number)
