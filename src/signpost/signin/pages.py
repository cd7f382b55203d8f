"""Pages: a screen as a response, with everything that a browser has to be told about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import HTMLResponse, Response

from signpost.edge.notices import Notice, Notices
from signpost.signin.screens.policy import content_security_policy
from signpost.signin.screens.screen import Screen
from signpost.signin.screens.templates import RenderedPage, render_with_template
from signpost.signin.visits import Visit


@dataclass(frozen=True, slots=True)
class Pages:
    """Makes pages."""

    notices: Notices

    def render(self, screen: Screen, visit: Visit) -> RenderedPage:
        """Return the page in the tenant's own template if it has one; a template that fails gives way to the built-in page."""
        page = render_with_template(screen, visit.state.tenant.pages.template)
        if page.fault is not None:
            self.notices.tell(Notice.TEMPLATE_FAILED, f"{visit.state.tenant.id}: {page.fault.code}")
        return page

    def message(self, visit: Visit, message: str, status: int, *, text: str = "", continue_url: str = "") -> Response:
        """Return a page that says something, and is part of no sign-in. `message` is a key of the words' `messages`."""
        facts = {
            "tenant_name": visit.state.tenant.name,
            "message": message,
            "text": text,
            "continue_url": continue_url,
        }
        screen = Screen("message", journey="", csrf="", locale=visit.locale_of(None), facts=facts)
        return respond(self.render(screen, visit).html, status)


def respond(
    html: str, status: int = 200, redirect_uris: Sequence[str] = (), cookies: Sequence[str] = (), **headers: str
) -> Response:
    """Return a page as a response: nobody keeps it, frames it, or learns from it where the browser was."""
    response = HTMLResponse(html, status, {**PRIVATE, **headers})
    response.headers["Content-Security-Policy"] = content_security_policy(html, redirect_uris)
    return with_cookies(response, cookies)


def redirect(location: str, cookies: Sequence[str] = ()) -> Response:
    """Return a redirect within the server, to be followed with GET."""
    return with_cookies(Response(status_code=303, headers={**PRIVATE, "Location": location}), cookies)


def with_cookies(response: Response, cookies: Sequence[str]) -> Response:
    """Return the response with these cookies set."""
    for cookie in cookies:
        response.headers.append("Set-Cookie", cookie)
    return response


PRIVATE: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
