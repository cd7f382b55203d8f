"""Cells from events: one portable SQL text that turns exposures and events into integer sums, wherever they lie.

The text means the same in every engine: times are integer milliseconds; only COUNT, SUM, MIN, MAX, CASE, JOIN and CTEs, over
integers and texts that are compared for equality; values are cast before they are multiplied; nothing is divided. So every
engine gives the same integers, to the bit.
"""

from signpost.cells.dialects import DIALECTS, translate
from signpost.cells.engines import Engine
from signpost.cells.fields import Fields, fields_of, types_of
from signpost.cells.measuring import list_units, measure, measure_units
from signpost.cells.scripts import describe_query, write_query
from signpost.cells.statements import Statements

__all__ = [
    "DIALECTS",
    "Engine",
    "Fields",
    "Statements",
    "describe_query",
    "fields_of",
    "list_units",
    "measure",
    "measure_units",
    "translate",
    "types_of",
    "write_query",
]
