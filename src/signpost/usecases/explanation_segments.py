"""Which segment a request was in, condition by condition, even where not all of its attributes are known."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from signpost.assignment import Candidate, Reason
from signpost.assignment.folding import fold
from signpost.model.experiments import Allocation
from signpost.model.segments import EXACT_ATTRIBUTES, METADATA_PREFIX, Condition, Operator, Rule, Segment
from signpost.usecases.explanation_steps import Answer, Step

Truth = bool | None
"""None: it can't be told, because an attribute is not known."""

WORDS = {
    Operator.EQUALS: "is",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a request: its attributes, None for one that was not there.

    Complete: what is not among them was not there, either; else it may have been.
    """

    attributes: Mapping[str, str | None]
    is_complete: bool

    def lacks(self, attribute: str) -> bool:
        """Return whether nothing can be said of the attribute."""
        return not self.is_complete and attribute not in self.attributes


def attributes_asked(candidate: Candidate) -> tuple[str, ...]:
    """Return the attributes that the experiment's segments ask for, in alphabetical order."""
    segments = (candidate.segments[a.segment_id or ""] for a in candidate.experiment.allocations if not a.is_fallback)
    return tuple(sorted({c.attribute for s in segments for r in s.rules for c in r.match + r.not_match}))


def walk_segments(candidate: Candidate, known: Known) -> tuple[list[Step], Answer]:
    """Tell how a segment experiment decides. The first segment that matches decides, the others are told all the same."""
    allocations = candidate.experiment.allocations
    targeted = sorted((a for a in allocations if not a.is_fallback), key=lambda a: a.priority or 0)
    fallback = next(a for a in allocations if a.is_fallback)
    steps: list[Step] = []
    answer: Answer | None = None
    for allocation in targeted:
        segment = candidate.segments[allocation.segment_id or ""]
        matches = _any(_holds(rule, known) for rule in segment.rules)
        is_hit = answer is None and matches is True
        steps.append(_tell(candidate, allocation, segment, matches, is_hit=is_hit))
        steps += _walk_rules(segment, known)
        if answer is None and matches is not False:
            answer = Answer(Reason.SEGMENT, allocation.variation_id, segment.id) if matches else Answer(None)
    is_needed = answer is None
    name = candidate.variations[fallback.variation_id].name
    note = "no segment matches" if is_needed else ""
    steps.append(Step("fallback", name, note, is_hit=is_needed))
    return steps, answer or Answer(Reason.FALLBACK, fallback.variation_id)


def _tell(candidate: Candidate, allocation: Allocation, segment: Segment, matches: Truth, *, is_hit: bool) -> Step:
    name = candidate.variations[allocation.variation_id].name
    return Step(
        f"segment {segment.name}", _say(matches, "matches"), f"priority {allocation.priority}: {name}", 0, is_hit
    )


def _walk_rules(segment: Segment, known: Known) -> Iterable[Step]:
    for number, rule in enumerate(segment.rules, 1):
        yield Step(f"rule {number}", _say(_holds(rule, known), "holds"), depth=1)
        for words, conditions in (("match", rule.match), ("not_match", rule.not_match)):
            for condition in conditions:
                title = f"{words}: {_say_condition(condition)}"
                yield Step(title, _say(_satisfies(condition, known), "holds"), _say_value(condition, known), depth=2)


def _holds(rule: Rule, known: Known) -> Truth:
    wanted = [_satisfies(condition, known) for condition in rule.match]
    unwanted = [_negate(_satisfies(condition, known)) for condition in rule.not_match]
    return _negate(_any(_negate(truth) for truth in wanted + unwanted))


def _satisfies(condition: Condition, known: Known) -> Truth:
    if known.lacks(condition.attribute):
        return None
    value = known.attributes.get(condition.attribute)
    if condition.operator is Operator.EXISTS:
        return bool(value) is condition.exists
    if value is None:
        return False
    is_exact = condition.attribute in EXACT_ATTRIBUTES or condition.attribute.startswith(METADATA_PREFIX)
    text, *values = (value, *condition.values) if is_exact else map(fold, (value, *condition.values))
    return any(_compares(condition.operator, text, part) for part in values)


def _compares(operator: Operator, text: str, part: str) -> bool:
    match operator:
        case Operator.CONTAINS:
            return part in text
        case Operator.STARTS_WITH:
            return text[: len(part)] == part
        case Operator.ENDS_WITH:
            return text[max(0, len(text) - len(part)) :] == part
        case _:
            return text == part


def _any(truths: Iterable[Truth]) -> Truth:
    """Whether one is true at least; it may be told although some can't."""
    told = set(truths)
    return True if True in told else None if None in told else False


def _negate(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _say(truth: Truth, verb: str) -> str:
    if truth is None:
        return "can't be told"
    return verb if truth else {"matches": "does not match", "holds": "does not hold"}[verb]


def _say_condition(condition: Condition) -> str:
    if condition.operator is Operator.EXISTS:
        return f"{condition.attribute} {'is there' if condition.exists else 'is not there'}"
    values = " or ".join(json.dumps(value, ensure_ascii=False) for value in condition.values)
    return f"{condition.attribute} {WORDS[condition.operator]} {values}"


def _say_value(condition: Condition, known: Known) -> str:
    if known.lacks(condition.attribute):
        return f"{condition.attribute} is not known"
    value = known.attributes.get(condition.attribute)
    return "it was not there" if value is None else f"it was {json.dumps(value, ensure_ascii=False)}"
