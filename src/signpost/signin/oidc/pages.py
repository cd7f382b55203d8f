"""Pages of the provider's own: a form with one button, and messages."""

from dataclasses import dataclass

from markupsafe import escape
from starlette.responses import Response

from signpost.signin.screens.assets import asset_path
from signpost.signin.screens.policy import content_security_policy
from signpost.signin.screens.rendering import render
from signpost.signin.screens.screen import Screen
from signpost.signin.screens.words import DEFAULT_LOCALE, LOCALES

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True)
class FormPage:
    """A form of hidden fields. `leads_to` is where it ends, which its policy has to allow; None: on this server."""

    locale: str
    title: str
    button: str
    action: str
    fields: tuple[tuple[str, str], ...]
    leads_to: str | None = None
    text: str = ""
    is_sent_at_once: bool = False


def render_form(page: FormPage) -> Response:
    """Return the page. One that is sent at once is sent by a script; without JavaScript its button does."""
    inputs = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in page.fields
    )
    script = f'<script src="{asset_path("answer.js")}" defer></script>' if page.is_sent_at_once else ""
    heading = "" if page.is_sent_at_once else f"<h1>{escape(page.title)}</h1>"
    html = f"""<!doctype html>
<html lang="{page.locale if page.locale in LOCALES else DEFAULT_LOCALE}">
<head>
<meta charset="utf-8">
<title>{escape(page.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="stylesheet" href="{asset_path("page.css")}">
<link rel="icon" href="data:,">
{script}
</head>
<body>
<main>
<div class="card">
{heading}
<p class="lead">{escape(page.text)}</p>
<form method="post" action="{escape(page.action)}">
{inputs}
<div class="buttons"><button class="primary" type="submit">{escape(page.button)}</button></div>
</form>
</div>
</main>
</body>
</html>
"""
    return _page(html, 200, () if page.leads_to is None else (page.leads_to,))


def render_message(message: str, tenant_name: str, locale: str, status: int = 200) -> Response:
    """Return a page that says something. `message` is a key of the words' `messages`."""
    facts = {"tenant_name": tenant_name, "message": message}
    return _page(render(Screen("message", "", "", locale, facts=facts)), status, ())


def _page(html: str, status: int, redirect_uris: tuple[str, ...]) -> Response:
    policy = content_security_policy(redirect_uris=redirect_uris)
    headers = {**HEADERS, "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
    return Response(html, status, headers, "text/html")
