"""What pages look like, without anybody signing in: as they are, and in each variation of an experiment."""

from dataclasses import dataclass

from signpost.model.experiments import Experiment
from signpost.model.flags import Origin
from signpost.signin.assignments import find_flag
from signpost.signin.screens.screen import FORMS, Screen
from signpost.signin.screens.templates import PreviewVariation, preview_template
from signpost.usecases.catalog import TenantState

AS_IT_IS = "as-it-is"


@dataclass(frozen=True, slots=True)
class Preview:
    """A page, under the name of its variation, and what is wrong with the template if something is."""

    file_name: str
    html: str
    fault: str | None


def preview_pages(state: TenantState, template: str | None, screen: str, locale: str) -> Preview:
    """Return a screen as it is for who is in no experiment.

    Raises:
        KeyError: there is no such screen.
    """
    variation = PreviewVariation(dict(state.tenant.pages.parameters), None)
    return _render(state, template, screen, locale, {AS_IT_IS: variation})[0]


def preview_experiment(
    state: TenantState, experiment: Experiment, template: str | None, screen: str, locale: str
) -> list[Preview]:
    """Return a screen in each variation that an experiment allocates.

    Raises:
        KeyError: there is no such screen.
    """
    flag = find_flag(state, experiment.id)
    allocated = {allocation.variation_id: allocation.is_control for allocation in experiment.allocations}
    variations = {}
    for variation in state.configuration.variations:
        if flag is None or variation.id not in allocated:
            continue
        config = {name: parameter.value for name, parameter in flag.parameters.items()} | dict(variation.overrides)
        context = {
            "experiment_id": experiment.id,
            "variation_id": variation.id,
            "variation_name": variation.name,
            "is_control": allocated[variation.id],
            "config": config,
        }
        own = dict(state.tenant.pages.parameters)
        shown = own | dict(variation.overrides) if flag.type is Origin.AUTH0 else own
        variations[variation.name] = PreviewVariation(shown, context)
    return _render(state, template, screen, locale, variations)


def _render(
    state: TenantState, template: str | None, screen: str, locale: str, variations: dict[str, PreviewVariation]
) -> list[Preview]:
    if screen not in FORMS:
        raise KeyError(screen)
    facts = {"tenant_name": state.tenant.name, "client_name": "Your application"}
    shown = Screen(screen, journey="preview", csrf="preview", locale=locale, facts=facts)
    pages = preview_template(template, shown, variations)
    return [
        Preview(_name_file(name), page.html, page.fault.message if page.fault is not None else None)
        for name, page in pages.items()
    ]


def _name_file(name: str) -> str:
    plain = "".join(character if character.isalnum() else "-" for character in name.lower())
    return plain.strip("-")[:80] or AS_IT_IS
