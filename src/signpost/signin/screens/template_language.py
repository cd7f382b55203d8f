"""The little of Jinja2 that a tenant's template may use: reading, choosing, and going once through a list.

What is not named here is refused before anything runs. There are no calls, no sums, no macros and no nested loops, so a
template's work is bounded by its length; the sandbox below is what stands behind that.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from jinja2 import ChainableUndefined, Template, TemplateSyntaxError, nodes
from jinja2.filters import FILTERS
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from signpost.model.limits import PAGE_TEMPLATE_MAX
from signpost.signin.screens.template_faults import TemplateFault, TemplateRefusedError

SOURCE_MAX = PAGE_TEMPLATE_MAX
ITEMS_MAX = 50
DEPTH_MAX = 20
BOUND = "first_items"
ALLOWED_FILTERS = ("capitalize", "d", "default", "e", "escape", "first", "last", "length", "lower", "trim", "upper")
ALLOWED_TESTS = ("defined", "undefined", "none", "true", "false", "eq", "equalto", "in", "string", "number")
LOOP_NAMES = frozenset({"index", "index0", "first", "last", "length"})
ALLOWED_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.For,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.List,
    nodes.Tuple,
)


@lru_cache(maxsize=256)
def compile_template(source: str) -> Template | TemplateFault:
    """Return the template, or why there is none."""
    if len(source) > SOURCE_MAX:
        return TemplateFault(
            "too_large", f"The template has {len(source)} characters; at most {SOURCE_MAX} are allowed."
        )
    sandbox = _Sandbox()
    try:
        tree = sandbox.parse(source)
        _check(tree, 0, is_in_loop=False)
        for loop in tree.find_all(nodes.For):
            loop.iter = nodes.Filter(loop.iter, BOUND, [], [], None, None, lineno=loop.lineno)
        return sandbox.from_string(tree)
    except TemplateRefusedError as refused:
        return refused.fault
    except TemplateSyntaxError as error:
        return TemplateFault("syntax", f"The template can't be read: {error.message}", error.lineno)
    except (RecursionError, MemoryError, SyntaxError, ValueError):
        return TemplateFault("too_deep", "The template is nested too deeply, or has a number that is too long.")


def _check(node: nodes.Node, depth: int, *, is_in_loop: bool) -> None:
    _refuse_unless(isinstance(node, ALLOWED_NODES), node, f"{type(node).__name__.lower()} is not allowed in a template")
    _refuse_unless(depth <= DEPTH_MAX, node, f"nothing may be nested more than {DEPTH_MAX} deep")
    if isinstance(node, nodes.For):
        _refuse_unless(not is_in_loop, node, "a loop can't stand in another")
        _refuse_unless(not node.recursive, node, "a loop can't be recursive")
        _refuse_unless(
            isinstance(node.iter, nodes.Name | nodes.Getattr | nodes.Getitem), node, "a loop goes through a value"
        )
        _refuse_unless(isinstance(node.target, nodes.Name), node, "a loop has one name for its item")
        is_in_loop = True
    if isinstance(node, nodes.Filter):
        _refuse_unless(
            node.name in ALLOWED_FILTERS and node.node is not None, node, f"the filter {node.name!r} is not allowed"
        )
    if isinstance(node, nodes.Test):
        _refuse_unless(node.name in ALLOWED_TESTS, node, f"the test {node.name!r} is not allowed")
    if isinstance(node, nodes.Getattr):
        _refuse_unless(not node.attr.startswith("_"), node, f"{node.attr!r} can't be read")
    if isinstance(node, nodes.Getitem):
        _refuse_unless(isinstance(node.arg, nodes.Const), node, "what stands in brackets is a text or a number")
        _refuse_unless(not str(node.arg.as_const()).startswith("_"), node, f"{node.arg.as_const()!r} can't be read")
    for child in node.iter_child_nodes():
        _check(child, depth + 1, is_in_loop=is_in_loop)


def _refuse_unless(is_right: bool, node: nodes.Node, why: str) -> None:  # noqa: FBT001 reads as a sentence
    if not is_right:
        raise TemplateRefusedError(TemplateFault("not_allowed", f"Line {node.lineno}: {why}.", node.lineno))


def _take_first(values: Any) -> list[Any]:
    return list(islice(values, ITEMS_MAX)) if isinstance(values, Iterable) else []


class _Sandbox(ImmutableSandboxedEnvironment):
    """Reads items of mappings and lists, and nothing else of any object; calls nothing."""

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=ChainableUndefined, cache_size=0)
        self.globals.clear()
        self.filters = {name: FILTERS[name] for name in ALLOWED_FILTERS}
        self.filters[BOUND] = _take_first
        self.tests = {name: TESTS[name] for name in ALLOWED_TESTS}

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ARG002
        return False

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext) and attribute in LOOP_NAMES:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping) and argument in obj:
            return obj[argument]
        if isinstance(obj, Sequence) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=argument)
