"""A tenant's own page around the form. One that is not right never keeps anybody from signing in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from jinja2 import TemplateError
from markupsafe import Markup

from signpost.model.json import JsonValue
from signpost.signin.screens.rendering import render, render_part, view
from signpost.signin.screens.screen import FORMS, Screen
from signpost.signin.screens.template_faults import TemplateFault, TemplateRefusedError
from signpost.signin.screens.template_language import compile_template
from signpost.signin.screens.template_markup import FORM, HEAD, MARKS, check_markup

OUTPUT_MAX = 256 * 1024
"""Characters that a template may make, the form not counted."""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A page, and why it is not the tenant's own if it is not."""

    html: str
    fault: TemplateFault | None = None


@dataclass(frozen=True, slots=True)
class PreviewVariation:
    """What a variation makes of a page: its merged configuration, and what the template may read of its experiment."""

    parameters: Mapping[str, JsonValue]
    experiment: Mapping[str, Any] | None


def render_with_template(screen: Screen, source: str | None) -> RenderedPage:
    """Return the page in the tenant's template; the built-in page when there is none, or when it is not right.

    A template reads `experiment` (None when there is none), `screen` (`name`, `locale`, `tenant_name`, `client_name`,
    `errors`, `parameters`), `texts`, `head` and `form`. It never sees what was typed, nor codes, keys or tokens.
    """
    if source is None:
        return RenderedPage(render(screen))
    try:
        return RenderedPage(_render_own(screen, source))
    except TemplateRefusedError as refused:
        return RenderedPage(render(screen), refused.fault)


def check_template(source: str) -> TemplateFault | None:
    """Return what is wrong with a template, None if every screen can be shown in it, with an experiment and without."""
    sample = {"id": "exp_1", "name": "Sample", "variation_id": "var_1", "config": {}}
    for name in FORMS:
        for experiment in (None, sample):
            screen = Screen(
                name, journey="sample", csrf="sample", experiment=experiment, facts={"tenant_name": "Sample"}
            )
            fault = render_with_template(screen, source).fault
            if fault:
                return fault
    return None


def say_fault(source: str) -> str | None:
    """Return what is wrong with a template in a sentence, None if nothing is."""
    fault = check_template(source)
    if fault is None:
        return None
    return f"line {fault.line}: {fault.message}" if fault.line is not None else fault.message


def preview_template(
    source: str | None, screen: Screen, variations: Mapping[str, PreviewVariation]
) -> Mapping[str, RenderedPage]:
    """Return the page of each variation, by its name, and what is wrong with the template where something is."""
    return {
        name: render_with_template(
            replace(screen, parameters=variation.parameters, experiment=variation.experiment), source
        )
        for name, variation in variations.items()
    }


def _render_own(screen: Screen, source: str) -> str:
    template = compile_template(source)
    if isinstance(template, TemplateFault):
        raise TemplateRefusedError(template)
    context = view(screen)
    readable = {
        "experiment": screen.experiment,
        "screen": {
            "name": screen.name,
            "locale": context["locale"],
            "tenant_name": context["facts"]["tenant_name"],
            "client_name": context["facts"]["client_name"],
            "errors": [error["text"] for error in context["errors"]],
            "parameters": asdict(context["parameters"]),
        },
        "texts": context["texts"],
        "head": Markup(MARKS[HEAD]),  # noqa: S704 constants
        "form": Markup(MARKS[FORM]),  # noqa: S704 constants
    }
    parts, size = [], 0
    try:
        for part in template.generate(readable):
            size += len(part)
            if size > OUTPUT_MAX:
                raise TemplateRefusedError(
                    TemplateFault("too_much_output", f"The page has more than {OUTPUT_MAX} characters.")
                )
            parts.append(part)
    except (TemplateError, TypeError, ValueError, RecursionError) as error:
        raise TemplateRefusedError(TemplateFault("failed", f"The template failed: {type(error).__name__}.")) from error
    html = "".join(parts)
    check_markup(html)
    before, rest = html.split(MARKS[HEAD])
    between, after = rest.split(MARKS[FORM])
    return "".join([before, render_part("head.html", context), between, render_part("form.html", context), after])
