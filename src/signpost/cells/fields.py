"""What of each event a question needs beside its type and time."""

from typing import NamedTuple

from signpost.model.metrics import AUTOMATION_TYPES, Aggregation, Metric, Selection
from signpost.ports.measurements import Question


class Fields(NamedTuple):
    """Paths into an event's body, in the order in which the columns `text_0` … and `number_0` … hold them."""

    texts: tuple[str, ...]
    numbers: tuple[str, ...]


def fields_of(question: Question) -> Fields:
    """Return the fields that the question's metrics read."""
    conditions = (condition for selection in _selections(question.metrics) for condition in selection.where)
    numbers = (metric.field for metric in question.metrics if metric.aggregation is Aggregation.SUM and metric.field)
    return Fields(tuple(dict.fromkeys(c.field for c in conditions)), tuple(dict.fromkeys(numbers)))


def types_of(question: Question) -> tuple[str, ...]:
    """Return the types of the events that the question needs, each once."""
    types = (type for selection in _selections(question.metrics) for type in selection.types)
    return tuple(dict.fromkeys([*types, *AUTOMATION_TYPES]))


def _selections(metrics: tuple[Metric, ...]) -> list[Selection]:
    return [selection for metric in metrics for selection in metric.selections]
