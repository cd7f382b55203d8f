"""Columns of ids in, columns of variations out: the same answers as `assignment`, for millions of units at once."""

from signpost.batch.assignment import NOBODY, Assigned, ContextNeededError, Divider, assign, prepare_divider
from signpost.batch.columns import Units
from signpost.batch.hashing import hash_units

__all__ = ["NOBODY", "Assigned", "ContextNeededError", "Divider", "Units", "assign", "hash_units", "prepare_divider"]
