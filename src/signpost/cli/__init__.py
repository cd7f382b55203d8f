"""The command line."""

import sys


def main() -> None:
    """Run a command; see `app.main`."""
    try:
        from signpost.cli.app import main as run  # noqa: PLC0415 what it needs may not be installed
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("signpost"):
            raise
        sys.exit(f"signpost: the commands need {error.name}: pip install 'signpost[server]'")
    run()
