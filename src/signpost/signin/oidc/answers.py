"""Answers to clients: what a browser carries back to the redirect URI."""

from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import escape
from starlette.responses import Response

from signpost.model.accounts import AuthorizeRequest, ResponseMode
from signpost.model.tenants import Tenant
from signpost.signin.screens.assets import asset_path
from signpost.signin.screens.policy import content_security_policy
from signpost.signin.screens.words import DEFAULT_LOCALE, LOCALES, read_words

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client is told, and where. The redirect URI is one of the client's own, letter by letter."""

    redirect_uri: str
    response_mode: ResponseMode
    fields: tuple[tuple[str, str], ...]

    @property
    def location(self) -> str:
        """The redirect URI with the fields in its query, after what is there already."""
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
    policy = content_security_policy(redirect_uris=[answer.redirect_uri])
    headers = {**HEADERS, "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
    return Response(_write_form(answer, locale), headers=headers, media_type="text/html")


def _write_form(answer: Answer, locale: str) -> str:
    """Return a page that posts the answer; without JavaScript its button does."""
    language = locale if locale in LOCALES else DEFAULT_LOCALE
    button = escape(read_words(language)["message"]["continue"])
    inputs = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in answer.fields
    )
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{button}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="stylesheet" href="{asset_path("page.css")}">
<link rel="icon" href="data:,">
<script src="{asset_path("answer.js")}" defer></script>
</head>
<body>
<main>
<div class="card">
<form method="post" action="{escape(answer.redirect_uri)}">
{inputs}
<div class="buttons"><button class="primary" type="submit">{button}</button></div>
</form>
</div>
</main>
</body>
</html>
"""
