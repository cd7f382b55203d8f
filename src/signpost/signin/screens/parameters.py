"""What can vary on the pages. A wrong value is as good as none: it never breaks a page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from signpost.model.json import JsonValue

Layout = Literal["identifier_first", "combined"]
Moment = Literal["before_password", "after_sign_in"]
Method = Literal["password", "passkey"]

TEXT_MAX = 200
LABEL_MAX = 40


@dataclass(frozen=True, slots=True)
class PageParameters:
    """The parameters of a page, each of them right."""

    layout: Layout = "identifier_first"
    social_proof: str = ""
    primary_button: str = ""
    passkey_prompt: bool = True
    passkey_moment: Moment = "after_sign_in"
    mfa_nudge: bool = False
    methods: tuple[Method, ...] = ("password", "passkey")

    @property
    def first_screen(self) -> str:
        """The name of the screen that a sign-in begins with."""
        return "identifier" if self.layout == "identifier_first" else "login"

    @property
    def offers_passkeys(self) -> bool:
        """Whether a passkey is a way to sign in."""
        return "passkey" in self.methods

    @property
    def prompts_before_password(self) -> bool:
        """Whether passkeys are offered before the password: in a sentence, and among the browser's suggestions."""
        return self.offers_passkeys and self.passkey_prompt and self.passkey_moment == "before_password"

    @property
    def prompts_after_sign_in(self) -> bool:
        """Whether making a passkey is offered after the sign-in."""
        return self.passkey_prompt and self.passkey_moment == "after_sign_in"


def read_parameters(config: Mapping[str, JsonValue]) -> tuple[PageParameters, tuple[str, ...]]:
    """Return the page's parameters, and the names of those whose value could not be used and gave way to the default."""
    wrong: list[str] = []
    defaults = PageParameters()

    def text(name: str, limit: int) -> str:
        value = config.get(name, "")
        if isinstance(value, str) and len(value) <= limit and value.isprintable():
            return value.strip()
        wrong.append(name)
        return ""

    def switch(name: str, default: bool) -> bool:  # noqa: FBT001 what holds otherwise
        value = config.get(name, default)
        if isinstance(value, bool):
            return value
        wrong.append(name)
        return default

    layout: Layout = defaults.layout
    match config.get("layout", layout):
        case "identifier_first" | "combined" as said:
            layout = said
        case _:
            wrong.append("layout")
    moment: Moment = defaults.passkey_moment
    match config.get("passkey_moment", moment):
        case "before_password" | "after_sign_in" as when:
            moment = when
        case _:
            wrong.append("passkey_moment")
    methods = _read_methods(config.get("methods", list(defaults.methods)))
    if methods is None:
        wrong.append("methods")
    read = PageParameters(
        layout=layout,
        social_proof=text("social_proof", TEXT_MAX),
        primary_button=text("primary_button", LABEL_MAX),
        passkey_prompt=switch("passkey_prompt", defaults.passkey_prompt),
        passkey_moment=moment,
        mfa_nudge=switch("mfa_nudge", defaults.mfa_nudge),
        methods=defaults.methods if methods is None else methods,
    )
    return read, tuple(wrong)


def _read_methods(value: JsonValue) -> tuple[Method, ...] | None:
    """Return the methods, None for what is not a list of different ones that has the password."""
    if not isinstance(value, list | tuple):
        return None
    methods: list[Method] = []
    for method in value:
        match method:
            case "password" | "passkey" if method not in methods:
                methods.append(method)
            case _:
                return None
    # Passkeys need a script, so the password stays: a page without a way in helps nobody.
    return tuple(methods) if "password" in methods else None
