"""Answers to clients: what a browser carries back to the redirect URI."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from signpost.model.accounts import AuthorizeRequest, ResponseMode
from signpost.model.tenants import Tenant
from signpost.signin.oidc.pages import HEADERS, FormPage, render_form
from signpost.signin.screens.words import DEFAULT_LOCALE, read_words


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told, and where. The redirect URI is one of the client's own, letter by letter."""

    redirect_uri: str
    response_mode: ResponseMode
    fields: tuple[tuple[str, str], ...]

    @property
    def location(self) -> str:
        """The redirect URI with the fields in its query, after what is there already."""
        if not self.fields:
            return self.redirect_uri
        joint = "?" if "?" not in self.redirect_uri else "" if self.redirect_uri.endswith(("?", "&")) else "&"
        return f"{self.redirect_uri}{joint}{urlencode(self.fields)}"


def answer_to(tenant: Tenant, request: AuthorizeRequest, **fields: str) -> Answer:
    """Return an answer with the request's own `state` (RFC 6749) and the issuer, against mix-ups (RFC 9207)."""
    more = {} if request.state is None else {"state": request.state}
    return Answer(request.redirect_uri, request.response_mode, tuple({**fields, **more, "iss": tenant.issuer}.items()))


def render_answer(answer: Answer, locale: str = DEFAULT_LOCALE) -> Response:
    """Return the response that sends the browser back: a redirect that is a GET whatever it answers, or a form that posts itself."""
    if answer.response_mode is ResponseMode.QUERY:
        return Response(status_code=303, headers={**HEADERS, "Location": answer.location})
    button = read_words(locale)["message"]["continue"]
    return render_form(
        FormPage(
            locale=locale,
            title=button,
            button=button,
            action=answer.redirect_uri,
            fields=answer.fields,
            leads_to=answer.redirect_uri,
            is_sent_at_once=True,
        )
    )
