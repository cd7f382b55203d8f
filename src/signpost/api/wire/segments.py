"""Segments on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from signpost.api.wire.common import (
    Description,
    Name,
    PatchBody,
    ReplyBody,
    RequestBody,
    leave_out_none,
    render_time,
    said,
)
from signpost.model import limits
from signpost.model.json import measure_json
from signpost.model.patches import UNSET
from signpost.model.segments import (
    ATTRIBUTES,
    METADATA_PREFIX,
    Condition,
    Operator,
    Rule,
    Segment,
    SegmentStatus,
    is_attribute,
)
from signpost.model.tenants import Generation
from signpost.usecases.segments import NewSegment, SegmentChange

Status = Literal["active", "archived"]
Type = Literal["self", "auth0"]
TEXT_OPERATORS = (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH)

_TEXTS = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "string", "maxLength": limits.CONDITION_VALUE_MAX},
}
_EXPRESSION = {
    "oneOf": [
        _TEXTS,
        *(
            {
                "type": "object",
                "required": [operator.value],
                "properties": {operator.value: _TEXTS},
                "additionalProperties": False,
            }
            for operator in TEXT_OPERATORS
        ),
        {
            "type": "object",
            "required": ["exists"],
            "properties": {"exists": {"type": "boolean"}},
            "additionalProperties": False,
        },
    ]
}
_CONDITIONS = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": limits.CONDITIONS_MAX,
    "propertyNames": {
        "anyOf": [{"enum": list(ATTRIBUTES)}, {"pattern": "^" + METADATA_PREFIX.replace(".", r"\.") + "."}]
    },
    "additionalProperties": _EXPRESSION,
}


def _check_conditions(value: Any) -> dict[str, Any]:
    """Check the conditions of a rule; parsing is left until the whole body is known to be right."""
    if not isinstance(value, dict):
        raise said("Expected type object")
    if not 1 <= len(value) <= limits.CONDITIONS_MAX:
        raise said(f"A rule has 1 to {limits.CONDITIONS_MAX} attributes, this one {len(value)}")
    for attribute, expression in value.items():
        if not is_attribute(attribute):
            raise said(f"{attribute[:100]} is no attribute")
        _check_expression(attribute, expression)
    return value


def _check_expression(attribute: str, expression: Any) -> None:
    texts = expression
    if isinstance(expression, dict):
        if len(expression) != 1 or next(iter(expression)) not in {"exists", *TEXT_OPERATORS}:
            raise said(f"{attribute}: exactly one of contains, starts_with, ends_with, exists")
        operator, texts = next(iter(expression.items()))
        if operator == "exists":
            if not isinstance(texts, bool):
                raise said(f"{attribute}.exists: Expected type boolean")
            return
    if not isinstance(texts, list) or not texts:
        raise said(f"{attribute}: a list of one or more strings")
    for text in texts:
        if not isinstance(text, str) or len(text) > limits.CONDITION_VALUE_MAX:
            raise said(f"{attribute}: strings of at most {limits.CONDITION_VALUE_MAX} characters")


Conditions = Annotated[dict[str, Any], PlainValidator(_check_conditions), WithJsonSchema(_CONDITIONS)]


class RuleBody(RequestBody):
    """A rule: every condition of `match` holds, and none of `not_match`. It has at least one of them."""

    match: Conditions = Field({}, validate_default=False)
    not_match: Conditions = Field({}, validate_default=False)

    def model_post_init(self, _: Any) -> None:
        """Refuse a rule that says nothing."""
        if not self.model_fields_set:
            raise said("A rule has match, or not_match, or both")


def _check_size(rules: list[RuleBody]) -> list[RuleBody]:
    documents = [rule.model_dump(exclude_unset=True) for rule in rules]
    for number, document in enumerate(documents, 1):
        if measure_json(document) > limits.RULE_BYTES_MAX:
            raise _too_large(f"Rule {number} is over {limits.RULE_BYTES_MAX // 1024} KB")
    if measure_json(documents) > limits.SEGMENT_BYTES_MAX:
        raise _too_large(f"The rules together are over {limits.SEGMENT_BYTES_MAX // 1024} KB")
    return rules


def _too_large(what: str) -> PydanticCustomError:
    return PydanticCustomError("segment_too_large", "{what}", {"what": what})


Rules = Annotated[list[RuleBody], Field(min_length=1), AfterValidator(_check_size)]


class SegmentCreation(RequestBody):
    """A new segment."""

    name: Name
    description: Description = ""
    rules: Rules

    def parse(self) -> NewSegment:
        """Return what the use case takes."""
        return NewSegment(self.name, self.description or None, _parse_rules(self.rules))


class SegmentPatch(PatchBody):
    """Changes to a segment."""

    name: Name = ""
    description: Description | None = None
    rules: Rules = Field([], validate_default=False)
    status: Status = "active"

    def parse(self) -> SegmentChange:
        """Return what the use case takes."""
        return SegmentChange(
            name=self.name if self.has("name") else UNSET,
            description=self.description if self.has("description") else UNSET,
            rules=_parse_rules(self.rules) if self.has("rules") else UNSET,
            status=SegmentStatus(self.status) if self.has("status") else UNSET,
        )


class SegmentReply(ReplyBody):
    """A segment."""

    id: str
    name: str
    description: str = ""
    type: Type
    status: Status = Field("active", description="Left out in the beta generation.")
    rules: list[RuleBody]
    created_at: datetime
    updated_at: datetime


class SegmentList(ReplyBody):
    """A page of segments."""

    segments: list[SegmentReply]
    next: str = Field("", description="The checkpoint of the next page; left out on the last one.")


def render_segment(segment: Segment, generation: Generation) -> dict[str, Any]:
    """Return the body of a segment."""
    return leave_out_none(
        {
            "id": segment.id,
            "name": segment.name,
            "description": segment.description,
            "type": segment.type.value,
            "status": segment.status.value if generation is Generation.EA else None,
            "rules": [_render_rule(rule) for rule in segment.rules],
            "created_at": render_time(segment.created_at),
            "updated_at": render_time(segment.updated_at),
        }
    )


def _parse_rules(rules: list[RuleBody]) -> tuple[Rule, ...]:
    return tuple(Rule(_parse_conditions(rule.match), _parse_conditions(rule.not_match)) for rule in rules)


def _parse_conditions(conditions: dict[str, Any]) -> tuple[Condition, ...]:
    return tuple(_parse_condition(attribute, expression) for attribute, expression in conditions.items())


def _parse_condition(attribute: str, expression: Any) -> Condition:
    if isinstance(expression, list):
        return Condition(attribute, Operator.EQUALS, tuple(expression))
    ((operator, operand),) = expression.items()
    if operator == "exists":
        return Condition(attribute, Operator.EXISTS, exists=operand)
    return Condition(attribute, Operator(operator), tuple(operand))


def _render_rule(rule: Rule) -> dict[str, Any]:
    body = {"match": rule.match, "not_match": rule.not_match}
    return {
        name: {condition.attribute: _render_condition(condition) for condition in conditions}
        for name, conditions in body.items()
        if conditions
    }


def _render_condition(condition: Condition) -> Any:
    match condition.operator:
        case Operator.EQUALS:
            return list(condition.values)
        case Operator.EXISTS:
            return {"exists": condition.exists}
        case operator:
            return {operator.value: list(condition.values)}
