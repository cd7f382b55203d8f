"""Before the first half of the text, where units are not just devices: whose each exposure and each event is, by the links.

A link is an event: that an account, its user, signed in on a device, its unit, and what the account stands for since. Joined
texts are compared with the empty one, because ClickHouse has that where others have null.
"""

from collections.abc import Iterator

from signpost.cells.fields import USER, fields_of
from signpost.cells.literals import text
from signpost.model.experiments import Subject
from signpost.ports.events import LINK_TYPE, LINK_UNIT
from signpost.ports.measurements import Question

LINKS, OWNERS, ORIGINS = "links", "owners", "origins"
UNIT_EXPOSURES, UNIT_EVENTS = "unit_exposures", "unit_events"


def exposures_of(question: Question) -> str:
    """Return the relation of exposures by their units."""
    return UNIT_EXPOSURES if question.subject is Subject.FIRST_TOUCH else "exposures"


def events_of(question: Question) -> str:
    """Return the relation of events by their units."""
    return "events" if question.subject is Subject.DEVICE else UNIT_EVENTS


def resolve_units(question: Question) -> Iterator[tuple[str, str]]:
    """Give the tables that these relations are made of and they themselves, each with its query, in order; none for devices."""
    if question.subject is Subject.DEVICE:
        return
    yield LINKS, _links(question)
    if question.subject is Subject.ACCOUNT:
        yield OWNERS, _only_accounts()
    else:
        yield ORIGINS, f"SELECT account, MIN(origin) AS unit_id FROM {LINKS} GROUP BY account"
        yield OWNERS, _first_touches()
        yield UNIT_EXPOSURES, _exposures(question)
    yield UNIT_EVENTS, _events(question)


def _links(question: Question) -> str:
    user, unit = _column(question, USER), _column(question, LINK_UNIT)
    return (
        f"SELECT e.{user} AS account, e.unit AS device, e.{unit} AS origin, MIN(e.occurred_ms) AS linked_ms FROM events AS e"
        f" WHERE e.type = {text(LINK_TYPE)} AND e.occurred_ms <= {question.as_of_ms} AND e.unit <> '' AND e.{user} <> ''"
        f" AND e.{unit} <> '' GROUP BY e.{user}, e.unit, e.{unit}"
    )


def _only_accounts() -> str:
    """What happens without a user on a device of several accounts is nobody's."""
    return (
        "SELECT s.device AS device, s.first_account AS owner_id FROM (SELECT device, MIN(account) AS first_account,"
        f" MAX(account) AS last_account FROM {LINKS} GROUP BY device) AS s WHERE s.first_account = s.last_account"
    )


def _first_touches() -> str:
    """A device stands for what its first link says, unless it is itself what an account stands for."""
    return (
        f"SELECT l.device AS device, MIN(l.origin) AS owner_id FROM {LINKS} AS l"
        f" JOIN (SELECT device, MIN(linked_ms) AS first_ms FROM {LINKS} GROUP BY device) AS f"
        " ON f.device = l.device AND f.first_ms = l.linked_ms"
        f" LEFT JOIN (SELECT origin AS itself, 1 AS is_origin FROM {LINKS} GROUP BY origin) AS o ON o.itself = l.device"
        " WHERE COALESCE(o.is_origin, 0) = 0 GROUP BY l.device"
    )


def _exposures(question: Question) -> str:
    cluster = [] if question.cluster is None else ["cluster"]
    kept = ["variation_id", "is_forced", "occurred_ms", *cluster]
    kept += [f"dimension_{i}" for i in range(len(question.dimensions))]
    columns = ", ".join(f"e.{column} AS {column}" for column in kept)
    return (
        f"SELECT CASE WHEN o.owner_id <> '' THEN o.owner_id ELSE e.unit END AS unit, {columns}"
        f" FROM exposures AS e LEFT JOIN {OWNERS} AS o ON o.device = e.unit"
    )


def _events(question: Question) -> str:
    fields = fields_of(question)
    kept = ["type", "occurred_ms", *(f"text_{i}" for i in range(len(fields.texts)))]
    kept += [f"number_{i}" for i in range(len(fields.numbers))]
    columns = ", ".join(f"e.{column} AS {column}" for column in kept)
    user = f"e.{_column(question, USER)}"
    of_user, join = f"WHEN {user} <> '' THEN {user}", ""
    if question.subject is Subject.FIRST_TOUCH:
        of_user, join = "WHEN a.unit_id <> '' THEN a.unit_id", f" LEFT JOIN {ORIGINS} AS a ON a.account = {user}"
    return (
        f"SELECT CASE {of_user} WHEN o.owner_id <> '' THEN o.owner_id ELSE e.unit END AS unit, {columns}"
        f" FROM events AS e LEFT JOIN {OWNERS} AS o ON o.device = e.unit{join}"
    )


def _column(question: Question, path: str) -> str:
    return f"text_{fields_of(question).texts.index(path)}"
