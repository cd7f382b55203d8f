"""Pages of HTML. Whatever a screen says, the page holds: what is missing or wrong gives way to what is usual."""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from signpost.signin.screens.assets import asset_path
from signpost.signin.screens.parameters import read_parameters
from signpost.signin.screens.screen import FACTS, FORMS, Screen
from signpost.signin.screens.words import DEFAULT_LOCALE, LOCALES, fill, read_words

TEMPLATES = Path(__file__).with_name("templates")
ERROR_FIELDS: Mapping[str, tuple[str, ...]] = {
    "identifier_required": ("identifier", "email"),
    "identifier_invalid": ("identifier", "email"),
    "password_required": ("password",),
    "password_too_short": ("password",),
    "password_too_long": ("password",),
    "password_too_common": ("password",),
    "password_same": ("password",),
    "code_required": ("code",),
    "code_wrong": ("code",),
}
"""The fields that an error may be about: the first that the form has. Other errors are about the form as a whole."""


def render(screen: Screen) -> str:
    """Return the whole page.

    Raises:
        KeyError: there is no screen of that name.
    """
    context = view(screen)
    return _environment().get_template("page.html").render(context)


def render_part(template: str, context: Mapping[str, Any]) -> Markup:
    """Return a part of a page, for tenants' own templates: `head.html` or `form.html`."""
    return Markup(_environment().get_template(template).render(context))  # noqa: S704 escaped by the environment


def view(screen: Screen) -> dict[str, Any]:
    """Return what the templates read."""
    fields = FORMS[screen.name]
    parameters, _ = read_parameters(screen.parameters)
    facts: dict[str, Any] = {**FACTS, **screen.facts}
    values = {name: str(screen.values.get(name, "")) for name in ("identifier", "email", "name")}
    texts = texts_of(screen, facts)
    locale = screen.locale if screen.locale in LOCALES else DEFAULT_LOCALE
    errors = find_errors(screen.errors, fields, locale)
    context: dict[str, Any] = {
        "name": screen.name,
        "locale": locale,
        "texts": texts,
        "errors": errors,
        "field_errors": {error["field"]: error for error in reversed(errors) if error["field"]},
        "facts": facts,
        "typed": values,
        "hidden": {"state": screen.journey, "csrf": screen.csrf},
        "parameters": parameters,
        "query": f"?state={quote(screen.journey, safe='')}",
        "qr": _embed(facts["qr"]),
        "continue_url": keep_link(facts["continue_url"]),
        "mails": [
            {**mail, "links": [link for link in mail.get("links", ()) if keep_link(link)]} for mail in facts["mails"]
        ],
        "stylesheet": asset_path("page.css"),
        "script": asset_path("passkeys.js"),
    }
    # Macros see only what they are given: the whole view goes in by one name.
    return {**context, "view": context}


def texts_of(screen: Screen, facts: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of the page: those that all pages share, over them the screen's own."""
    words = read_words(screen.locale)
    section = words[screen.name]
    if screen.name == "message":
        key = facts["message"] if f"{facts['message']}_title" in words["messages"] else "unexpected"
        said = words["messages"]
        section = {"title": said[f"{key}_title"], "text": facts["text"] or said[f"{key}_text"], **section}
    notice = words["notices"].get(facts["notice"], "")
    known = {
        "tenant": facts["tenant_name"],
        "client": facts["client_name"] or facts["tenant_name"],
        "email": facts["masked_email"],
    }
    # A text that came from outside is said as it is.
    texts = {**words["common"], **section, "notice": notice}
    filled = {name: fill(text, known) for name, text in texts.items()}
    if screen.name == "message" and facts["text"]:
        filled["text"] = str(facts["text"])
    return filled


def find_errors(keys: Any, fields: tuple[str, ...], locale: str) -> list[dict[str, str]]:
    """Return the errors as they are said, each with the field that it is about, if it is about one."""
    said = read_words(locale)["errors"]
    errors = []
    for key in dict.fromkeys(keys):
        known = key if key in said else "unexpected"
        about = next((field for field in ERROR_FIELDS.get(known, ()) if field in fields), "")
        errors.append({"key": known, "text": said[known], "field": about})
    return errors


def keep_link(url: str) -> str:
    """Return the link if a page may have it: a path of this server, or the web."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_path = not parts.scheme and not parts.netloc and url.startswith("/") and not url.startswith(("//", "/\\"))
    return url if is_path or (parts.scheme in {"http", "https"} and parts.netloc) else ""


def _embed(svg: str) -> str:
    """Return the picture as a data URL: as an image it can run nothing, whatever it holds."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}" if svg else ""


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
