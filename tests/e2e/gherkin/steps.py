"""What the sentences of the features mean."""

import asyncio
import json
import re
from collections.abc import Callable, MutableMapping, Sequence
from copy import deepcopy
from typing import Any

from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagEvaluationDetails, FlagEvaluationOptions
from openfeature.hook import HookContext, HookHints

from tests.e2e.gherkin.scenarios import Row, Step
from tests.e2e.gherkin.world import Question, Recorder, State, World

Act = Callable[..., None]
_steps: list[tuple[re.Pattern[str], Act]] = []

QUOTED = r'"(.*)"'
KIND = r"an? (\w+)[- ]flag"


def take(world: World, step: Step) -> None:
    """Do what a step says.

    Raises:
        AssertionError: it is not as the step says, or there is no such step.
    """
    for sentence, act in _steps:
        if found := sentence.fullmatch(step.text):
            act(world, *found.groups(), **({"rows": step.rows} if step.rows else {}))
            return
    raise AssertionError(f"no such step: {step.text}")


def _step(sentence: str) -> Callable[[Act], Act]:
    def keep(act: Act) -> Act:
        _steps.append((re.compile(sentence), act))
        return act

    return keep


def read(kind: str, text: str) -> Any:
    """Return a value as its kind is written in the features."""
    text = text.replace('\\"', '"')
    match kind.lower():
        case "boolean":
            return json.loads(text)
        case "integer":
            return int(text)
        case "float":
            return float(text)
        case "object":
            return json.loads(text)
    return text


# Providers


@_step(f"an? ({'|'.join(State)}) provider")
def have_a_provider(world: World, state: str) -> None:
    world.register(State(state))


@_step("a stable provider with retrievable context is registered")
def have_a_provider_that_remembers_its_context(world: World) -> None:
    provider = world.register(State.STABLE)
    resolve = provider.resolve_boolean_details

    def remember(flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None) -> Any:
        world.context = evaluation_context or EvaluationContext()
        return resolve(flag_key, default_value, evaluation_context)

    vars(provider)["resolve_boolean_details"] = remember


@_step(f"the provider status should be {QUOTED}")
def the_status_is(world: World, status: str) -> None:
    assert world.sdk.get_provider_status().value == status


# Questions


@_step(rf"{KIND} with key {QUOTED} is evaluated (?:with details and|with) (?:a )?(?:null )?default value ?(.*)")
def evaluate_with_default(world: World, kind: str, key: str, default: str) -> None:
    world.question = Question(kind, key, read(kind, default.strip('"')) if default else None)
    world.ask()


@_step(rf"a flag with key {QUOTED} is evaluated with default value {QUOTED}")
def evaluate_text(world: World, key: str, default: str) -> None:
    evaluate_with_default(world, "string", key, default)


@_step(rf"a non-existent string flag with key {QUOTED} is evaluated with details and a fallback value {QUOTED}")
def evaluate_missing(world: World, key: str, default: str) -> None:
    evaluate_with_default(world, "string", key, default)


@_step(rf"a string flag with key {QUOTED} is evaluated as an integer, with details and a fallback value (\d+)")
def evaluate_as_integer(world: World, key: str, default: str) -> None:
    evaluate_with_default(world, "integer", key, default)


@_step(rf"{KIND} with key {QUOTED} and a fallback value {QUOTED}")
def have_a_question(world: World, kind: str, key: str, default: str) -> None:
    world.question = Question(kind.lower(), key, read(kind, default))


@_step(
    "the flag was evaluated with details|Some flag was evaluated|the flag was evaluated .* using the evaluation options"
)
def ask(world: World) -> None:
    world.ask()


@_step("the flag was evaluated with details asynchronously")
def ask_asynchronously(world: World) -> None:
    kind, key, default = world.question
    world.details = asyncio.run(getattr(world.sdk, f"get_{kind}_details_async")(key, default, world.context))


# Contexts


@_step(r'context contains keys "fn", "ln", "age", "customer" with values "(.*)", "(.*)", (\d+), "(.*)"')
def have_a_person(world: World, first: str, last: str, age: str, customer: str) -> None:
    world.context = EvaluationContext(attributes={"fn": first, "ln": last, "age": int(age), "customer": customer})


@_step(rf'a context containing a key {QUOTED}, with type "(\w+)" and with value {QUOTED}')
def add_to_context(world: World, key: str, kind: str, text: str) -> None:
    world.context = world.context.merge(EvaluationContext(attributes={key: read(kind, text)}))


@_step(rf"a context containing a key {QUOTED} with null value")
def add_null_to_context(world: World, key: str) -> None:
    world.context = world.context.merge(EvaluationContext(attributes={key: None}))  # type: ignore[dict-item]


@_step("an evaluation context with modifiable data")
def have_a_list_in_context(world: World) -> None:
    world.context = EvaluationContext(attributes={"list": ["a"], "deep": {"b": ["c"]}})
    world.original = deepcopy(world.context)


@_step("the original evaluation context should remain unmodified")
def the_context_is_as_it_was(world: World) -> None:
    assert world.context == world.original


@_step(r'[Aa] context entry with key "(\w[\w ]*)" and value "(.*)" is added to the "(.*)" level')
def add_to_level(world: World, key: str, value: str, level: str) -> None:
    added = EvaluationContext(attributes={key: value})
    match level:
        case "API":
            api.set_evaluation_context(api.get_evaluation_context().merge(added))
        case "Transaction":
            api.set_transaction_context(added)
        case "Client":
            world.sdk.context = added
        case "Invocation":
            world.context = added
        case "Before Hooks":
            world.sdk.add_hooks([Recorder(added)])


@_step("A table with levels of increasing precedence")
def have_levels(world: World, rows: Sequence[Row]) -> None:
    head = next(iter(rows[0]))
    world.levels = [head, *(row[head] for row in rows)]


@_step(r'Context entries for each level from API level down to the "(.*)" level, with key "(.*)" and value "(.*)"')
def add_down_to_level(world: World, last: str, key: str, value: str) -> None:
    for level in world.levels[: world.levels.index(last) + 1]:
        add_to_level(world, key, value if level == last else f"of {level}", level)


@_step(rf'The merged context contains an entry with key "(\w[\w ]*)" and value {QUOTED}')
def the_context_has(world: World, key: str, value: str) -> None:
    assert world.context.attributes.get(key) == value


# Hooks


@_step("a client with added hook")
def have_a_hook(world: World) -> None:
    world.sdk.add_hooks([world.hook])


@_step(rf"the {QUOTED} hook should have been executed")
def the_hook_was_called(world: World, stage: str) -> None:
    assert stage in world.hook.called


@_step(rf"the {QUOTED} hooks should be called with evaluation details")
def the_hooks_were_told(world: World, stages: str, rows: Sequence[Row]) -> None:
    for stage in stages.split(", "):
        assert stage in world.hook.called
        told = world.hook.called[stage]
        for row in rows:
            wanted = None if row["value"] == "null" else read(row["data_type"], row["value"])
            assert getattr(told, row["key"]) == wanted, row["key"]


@_step("evaluation options containing specific hooks")
def have_hooks_in_options(world: World) -> None:
    world.options = FlagEvaluationOptions(hooks=[Named("first", world.heard), Named("second", world.heard)])


@_step("the specified hooks should execute during evaluation")
def both_hooks_ran(world: World) -> None:
    assert {name for name, _ in map(str.split, world.heard)} == {"first", "second"}


@_step("the hook order should be maintained")
def the_hooks_ran_in_order(world: World) -> None:
    assert world.heard == ["first before", "second before", "second after", "first after"]


class Named(Recorder):
    """Tells by its name when it is called."""

    def __init__(self, name: str, heard: list[str]) -> None:
        super().__init__()
        self._name, self._heard = name, heard

    def before(self, hook_context: HookContext, hints: HookHints) -> None:
        self._heard.append(f"{self._name} before")

    def after(self, hook_context: HookContext, details: FlagEvaluationDetails[Any], hints: HookHints) -> None:
        self._heard.append(f"{self._name} after")


# Answers


@_step(
    r'the resolved (boolean|string|integer|float) (?:details )?value should be "?([^"]*)"?'
    r'(?:, the variant should be "(.*)", and the reason should be "(.*)")?'
)
def the_value_is_with_details(world: World, kind: str, text: str, variant: str | None, reason: str | None) -> None:
    assert is_same(world.details.value, read(kind, text))
    if variant is not None:
        assert (world.details.variant, world.details.reason) == (variant, reason)


@_step(
    r'the resolved object (?:details )?value should be contain fields "(.*)", "(.*)", and "(.*)", '
    r'with values "(.*)", "(.*)" and (\d+), respectively'
)
def the_object_has(world: World, *said: str) -> None:
    kinds = ("boolean", "string", "integer")
    wanted = {name: read(kind, text) for name, kind, text in zip(said[:3], kinds, said[3:], strict=True)}
    assert world.details.value == wanted


@_step(rf"the resolved details value should be {QUOTED}")
def the_value_is(world: World, text: str) -> None:
    assert is_same(world.details.value, read(world.question.kind, text))


@_step(rf"the resolved string response should be {QUOTED}")
def the_response_is(world: World, text: str) -> None:
    assert world.details.value == text


@_step(rf"the resolved flag value is {QUOTED} when the context is empty")
def the_value_without_context_is(world: World, text: str) -> None:
    world.context = EvaluationContext()
    world.ask()
    assert world.details.value == text


@_step("the default (?:string|integer) value should be returned")
def the_default_is_returned(world: World) -> None:
    assert is_same(world.details.value, world.question.default)


@_step(rf"the variant should be {QUOTED}, and the reason should be {QUOTED}")
def the_variant_and_reason_are(world: World, variant: str, reason: str) -> None:
    assert (world.details.variant, world.details.reason) == (variant, reason)


@_step(rf"the (flag key|variant|reason|error-code) should be {QUOTED}")
def the_detail_is(world: World, name: str, text: str) -> None:
    assert getattr(world.details, name.replace("-", "_").replace(" ", "_")) == text


@_step(rf"the reason should indicate an error and the error code should indicate an? .* with {QUOTED}")
def the_error_is(world: World, code: str) -> None:
    assert (world.details.reason, world.details.error_code) == ("ERROR", ErrorCode(code))


@_step("the resolved metadata should contain")
def the_metadata_has(world: World, rows: Sequence[Row]) -> None:
    for row in rows:
        assert is_same(world.details.flag_metadata.get(row["key"]), read(row["metadata_type"], row["value"]))


@_step("the resolved metadata is empty")
def there_is_no_metadata(world: World) -> None:
    assert not world.details.flag_metadata


@_step("the evaluation details should be immutable")
def the_metadata_cannot_be_changed(world: World) -> None:
    """Requirement 1.4.15.1, which the scenario names, says that of the metadata."""
    assert not isinstance(world.details.flag_metadata, MutableMapping)


@_step("the evaluation should complete without blocking")
def the_evaluation_is_done(world: World) -> None:
    assert isinstance(world.details, FlagEvaluationDetails)


def is_same(left: Any, right: Any) -> bool:
    """Return whether two values are equal and of one type."""
    return type(left) is type(right) and left == right
