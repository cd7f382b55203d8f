"""What a tenant's template may put around the form: an allow-list, read strictly."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import NoReturn

from signpost.signin.screens.template_faults import TemplateFault, TemplateRefusedError

HEAD, FORM = "signpost-head", "signpost-form"
MARKS = {name: f"<{name}></{name}>" for name in (HEAD, FORM)}
VOID = frozenset({"br", "hr", "img"})
TAGS = VOID | frozenset(
    [
        "html",
        "head",
        "body",
        "style",
        "main",
        "header",
        "footer",
        "nav",
        "section",
        "article",
        "aside",
        "div",
        "span",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "a",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "strong",
        "em",
        "b",
        "i",
        "small",
        "blockquote",
        "figure",
        "figcaption",
    ]
)
ATTRIBUTES = frozenset(
    ["class", "lang", "dir", "title", "alt", "src", "href", "width", "height", "role", "rel", "target"]
)
ARIA = re.compile(r"aria-[a-z]+")
LINK = re.compile(r"(https?://|mailto:|/(?![/\\])|#|data:image/(png|jpeg|gif|webp|svg\+xml);base64,)[!-~]*")


def check_markup(html: str) -> None:
    """Check what a template made, with the marks where the head and the form will be.

    Raises:
        TemplateRefusedError: something in it may not be there, or a mark is missing, doubled or at the wrong place.
    """
    for name, what in ((HEAD, "{{ head }}"), (FORM, "{{ form }}")):
        if html.count(MARKS[name]) != 1:
            _refuse("no_form" if name == FORM else "no_head", f"The page must have {what} once.")
    reader = _Reader()
    reader.feed(html)
    reader.finish()


def _refuse(code: str, message: str) -> NoReturn:
    raise TemplateRefusedError(TemplateFault(code, message))


class _Reader(HTMLParser):
    """Reads what is opened and closed in order; a browser that reads so differently has nothing to differ about."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._open: list[str] = []
        self._seen: Counter[str] = Counter()

    def finish(self) -> None:
        rest = self.rawdata
        self.close()
        if rest or self._open:
            _refuse("markup", f"Something is not closed: {(self._open or [rest[:40]])[-1]!r}.")
        for name, parent in ((HEAD, "head"), (FORM, "body")):
            if self._seen[f"{name} in {parent}"] != 1:
                _refuse("no_form" if name == FORM else "no_head", f"The {name.split('-')[1]} must stand in <{parent}>.")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in MARKS:
            parent = "head" if self._open == ["html", "head"] else "body" if self._open[:2] == ["html", "body"] else ""
            self._seen[f"{tag} in {parent}"] += 1
        elif tag not in TAGS:
            _refuse("markup", f"<{tag}> is not allowed in a template.")
        for name, value in attrs:
            if name not in ATTRIBUTES and not ARIA.fullmatch(name):
                _refuse("markup", f"The attribute {name!r} of <{tag}> is not allowed in a template.")
            if name in {"src", "href"} and not LINK.fullmatch(value or ""):
                _refuse("markup", f"<{tag}> leads to what a template may not lead to.")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:  # browsers take it as opened
            _refuse("markup", f"<{tag}/> does not close itself.")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            _refuse("markup", f"</{tag}> closes what was not opened last.")

    def handle_comment(self, data: str) -> None:  # noqa: ARG002
        _refuse("markup", "Comments are not allowed in a template's page; write {# … #}.")

    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html" or self._open:
            _refuse("markup", "The only declaration is <!doctype html>, at the beginning.")

    def unknown_decl(self, data: str) -> None:  # noqa: ARG002
        _refuse("markup", "The only declaration is <!doctype html>, at the beginning.")

    def handle_pi(self, data: str) -> None:  # noqa: ARG002
        _refuse("markup", "<? … > is not allowed in a template.")
