"""Deciding in the process that asks: the configuration comes from a server or a file, decisions from memory."""

from signpost.client.client import Client
from signpost.client.connections import Credentials
from signpost.client.decisions import Decision, Evaluation
from signpost.client.stats import Stats

__all__ = ["Client", "Credentials", "Decision", "Evaluation", "Stats"]
