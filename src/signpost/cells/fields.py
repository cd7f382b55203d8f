"""What of each event a question needs beside its type and time."""

from typing import NamedTuple

from signpost.model.experiments import Subject
from signpost.model.metrics import AUTOMATION_TYPES, Aggregation, Metric, Selection
from signpost.ports.events import LINK_TYPE, LINK_UNIT
from signpost.ports.measurements import Question


class Fields(NamedTuple):
    """Paths into an event's body, in the order in which the columns `text_0` … and `number_0` … hold them."""

    texts: tuple[str, ...]
    numbers: tuple[str, ...]


USER = "user_id"
"""Whose account an event is of."""


def fields_of(question: Question) -> Fields:
    """Return the fields that the question's metrics read, and those that say whose an event is where it is not the device's."""
    conditions = (condition for selection in _selections(question.metrics) for condition in selection.where)
    numbers = (metric.field for metric in question.metrics if metric.aggregation is Aggregation.SUM and metric.field)
    of_links = () if question.subject is Subject.DEVICE else (USER, LINK_UNIT)
    texts = (*(condition.field for condition in conditions), *of_links)
    return Fields(tuple(dict.fromkeys(texts)), tuple(dict.fromkeys(numbers)))


def types_of(question: Question) -> tuple[str, ...]:
    """Return the types of the events that the question needs, each once."""
    of_links = () if question.subject is Subject.DEVICE else (LINK_TYPE,)
    return tuple(dict.fromkeys([*outcome_types_of(question), *of_links]))


def outcome_types_of(question: Question) -> tuple[str, ...]:
    """Return those of them that say what became of a unit."""
    types = (type for selection in _selections(question.metrics) for type in selection.types)
    return tuple(dict.fromkeys([*types, *AUTOMATION_TYPES]))


def _selections(metrics: tuple[Metric, ...]) -> list[Selection]:
    return [selection for metric in metrics for selection in metric.selections]
