"""The screen that a sign-in is at, as a page, or as JSON for pages of one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, Response

from signpost.signin.journeys.screens import TOLD
from signpost.signin.journeys.steps import FLOWS
from signpost.signin.journeys.turns import Turn
from signpost.signin.pages import PRIVATE, Pages, respond, with_cookies
from signpost.signin.records import Step
from signpost.signin.screens.parameters import read_parameters
from signpost.signin.screens.screen import FORMS, Screen
from signpost.signin.visits import csrf_of


def screen_of(turn: Turn, errors: Sequence[str] = (), values: Mapping[str, str] | None = None) -> Screen:
    """Return the screen that a sign-in is at."""
    journey, visit = turn.journey, turn.visit
    found = turn.assignment
    email = turn.fact("email") or journey.request.login_hint or ""
    typed = {"identifier": email, "email": turn.fact("reset_email") or email} | dict(values or {})
    common = {"tenant_name": visit.state.tenant.name, "client_name": turn.client.name}
    return Screen(
        name=journey.step,
        journey=journey.id,
        csrf=csrf_of(turn.desk.secrets.device_secret(visit.state.tenant.id), journey.id, journey.device_id),
        locale=visit.locale_of(journey),
        values=typed,
        errors=errors,
        facts=common | TOLD[journey.step](turn),
        parameters=turn.configuration,
        experiment=found.context() if found is not None else None,
    )


def show(
    turn: Turn,
    pages: Pages,
    cookies: Sequence[str],
    errors: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
) -> Response:
    """Return the page, and log that it was shown: once for each screen, with what became of the variation."""
    screen = screen_of(turn, errors, values)
    page = pages.render(screen, turn.visit)
    _note_shown(turn, page.fault.code if page.fault is not None else None)
    turn.keep()
    return respond(page.html, 400 if errors else 200, [turn.journey.request.redirect_uri], cookies)


def tell(turn: Turn, cookies: Sequence[str]) -> Response:
    """Return what a page of one's own has to know to show the screen and to post its form to `/u/<screen>`."""
    screen = screen_of(turn)
    _note_shown(turn, None)
    turn.keep()
    parameters, _ = read_parameters(screen.parameters)
    body: dict[str, Any] = {
        "screen": screen.name,
        "state": screen.journey,
        "csrf": screen.csrf,
        "fields": list(FORMS[screen.name]),
        "locale": screen.locale,
        "client": {"client_id": turn.client.id, "name": turn.client.name},
        "parameters": asdict(parameters),
        "experiment": screen.experiment,
        "facts": {**screen.facts, "qr": None} if "qr" in screen.facts else dict(screen.facts),
    }
    return with_cookies(JSONResponse(body, headers=dict(PRIVATE)), cookies)


def _note_shown(turn: Turn, fault: str | None) -> None:
    step, flow = turn.journey.step, FLOWS[turn.journey.step]
    elapsed = turn.desk.clock.now() - turn.journey.started_at
    turn.note(Step.SCREEN, once=step, screen=step, flow=flow, after_ms=int(elapsed.total_seconds() * 1000))
    found = turn.assignments.get(flow)
    if found is None:
        return
    # A wrong value, or a template that fails, shows the usual page.
    wrong = read_parameters(found.config)[1] if found.is_of_pages else ()
    if fault is None and not wrong:
        turn.note(Step.DELIVERED, once=f"{flow} shown", flow=flow)
    else:
        turn.note(Step.NOT_DELIVERED, once=f"{flow} shown", flow=flow, template=fault, parameters=list(wrong) or None)
