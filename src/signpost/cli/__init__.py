"""The command line."""

from signpost.cli.app import main

__all__ = ["main"]
