"""Whether a request is in a segment, and which of several comes first.

A missing attribute satisfies only `exists: false`; an empty one is there for the text operators and is not there for
`exists`. Ids and session metadata compare exactly, everything else without regard to case (see `folding`).

The segments of an experiment become one Python function, compiled once, because calls are what costs most when somebody
asks: nested closures take three times as long. Its source consists of this module's own words and names (`get`, `fold`,
`C1`, …); what customers write is bound to those names as constants and never read as code.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from xxhash import xxh3_64_intdigest

from signpost.assignment.decisions import Outcome
from signpost.assignment.evaluation import Context, Evaluate
from signpost.assignment.folding import fold, spell_out
from signpost.model.segments import EXACT_ATTRIBUTES, METADATA_PREFIX, Condition, Operator, Rule, Segment

Target = tuple[Segment, Outcome]

SPELLINGS_MAX = 4096
"""Texts that one experiment may spell out: all words of a usual one, and less than a megabyte at most."""

WORDS = {
    "__builtins__": {},
    "KeyError": KeyError,
    "digest": xxh3_64_intdigest,
    "fold": fold,
    "isinstance": isinstance,
    "str": str,
}
SOURCE = """
def evaluate(unit, context):
    try:
        return {choice_where_nothing_is_missing}, digest((salt + unit).encode())
    except KeyError:
        get = context.get
        return {choice}, digest((salt + unit).encode())
"""


def compile_targets(salt: str, targets: Sequence[Target], fallback: Outcome) -> Evaluate:
    """Segment: the first target whose segment matches decides, else the fallback. The hash is there for the record only.

    The segments must have passed `check_segment`.
    """
    names = _Names({**WORDS, "salt": salt})
    choices = [f"{names.bind(outcome)} if {_render_segment(segment, names)} else " for segment, outcome in targets]
    choice = "".join(choices) + names.bind(fallback)
    quick = re.sub(
        r"get\((C\d+)\)", r"context[\1]", choice
    )  # half the time, for a context that has all that is asked for
    exec(SOURCE.format(choice_where_nothing_is_missing=quick, choice=choice), names.values)  # noqa: S102  all of it is ours
    evaluate: Evaluate = names.values["evaluate"]
    return evaluate


def check_segment(segment: Segment) -> None:
    """Check that the segment can be compiled and says something.

    Raises:
        ValueError: a rule is missing, a rule's conditions are, or a condition's values are, or are no texts.
    """
    if not segment.rules:
        raise ValueError(f"the segment {segment.id} has no rule")
    for rule in segment.rules:
        if not rule.match + rule.not_match:
            raise ValueError(f"the segment {segment.id} has a rule without a condition")
        for condition in rule.match + rule.not_match:
            needs_values = Operator(condition.operator) is not Operator.EXISTS
            texts = (condition.attribute, *condition.values)
            if (needs_values and not condition.values) or not all(isinstance(text, str) for text in texts):
                raise ValueError(f"the segment {segment.id} has a condition without values")


def attributes_of(segments: Iterable[Segment]) -> frozenset[str]:
    """Return the names of the attributes that the segments' rules ask for."""
    return frozenset(c.attribute for s in segments for rule in s.rules for c in rule.match + rule.not_match)


def keep_texts(context: object) -> Context:
    """Return the context without what is no text."""
    if not isinstance(context, Mapping):
        return {}
    return {name: value for name, value in context.items() if isinstance(name, str) and isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that a source uses, and what they stand for."""

    values: dict[str, Any]
    spelled: set[str] = field(default_factory=set)
    """The texts that were spelled out already, counted to keep a plan small."""

    def bind(self, value: object) -> str:
        name = f"C{len(self.values)}"
        self.values[name] = value
        return name

    def spell_out(self, values: Sequence[str]) -> frozenset[str] | None:
        spellings = spell_out(values, at_most=SPELLINGS_MAX - len(self.spelled))
        self.spelled.update(spellings or ())
        return spellings


def _render_segment(segment: Segment, names: _Names) -> str:
    return "(" + " or ".join(_render_rule(rule, names) for rule in segment.rules) + ")"


def _render_rule(rule: Rule, names: _Names) -> str:
    wanted = [_render_condition(condition, names) for condition in rule.match]
    unwanted = [f"not {_render_condition(condition, names)}" for condition in rule.not_match]
    return " and ".join(wanted + unwanted)


def _render_condition(condition: Condition, names: _Names) -> str:
    value = f"get({names.bind(condition.attribute)})"
    is_text = f"isinstance(v := {value}, str)"
    if condition.operator is Operator.EXISTS:
        return f"({is_text} and v != '')" if condition.exists else f"(not {is_text} or v == '')"
    is_exact = condition.attribute in EXACT_ATTRIBUTES or condition.attribute.startswith(METADATA_PREFIX)
    values = condition.values if is_exact else tuple(map(fold, condition.values))
    if condition.operator is Operator.EQUALS:
        spellings = frozenset(values) if is_exact else names.spell_out(values)
        if spellings is not None:  # what is missing or no text is in no set of texts
            return f"({value} in {names.bind(spellings)})"
    return f"({is_text} and ({_render_comparison(condition.operator, 'v' if is_exact else 'fold(v)', values, names)}))"


def _render_comparison(operator: Operator, text: str, values: tuple[str, ...], names: _Names) -> str:
    match operator:
        case Operator.STARTS_WITH:
            return f"{text}.startswith({names.bind(values)})"
        case Operator.ENDS_WITH:
            return f"{text}.endswith({names.bind(values)})"
        case Operator.CONTAINS:
            first, *rest = map(names.bind, values)
            return " or ".join([f"{first} in (v := {text})", *(f"{part} in v" for part in rest)])
        case _:
            return f"{text} in {names.bind(frozenset(values))}"
