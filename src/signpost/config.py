"""Settings: from the command line, the environment, a file, or their defaults, in this order."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from signpost.signin.mail.smtp import read_server

PREFIX = "SIGNPOST_"
FILE_NAME = "signpost.toml"


class Settings(BaseModel):
    """Everything that can be set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8080, ge=0, le=65_535, description="The port to listen on; 0 takes a free one.")
    data: Path = Field(
        Path("signpost-data"), description="The folder for keys, events and, without a database, all else."
    )
    database: str | None = Field(
        None, description="postgresql://… or sqlite:///…; without one, a file in the data folder."
    )
    workers: int = Field(1, ge=1, le=64, description="Processes that serve.")
    tls: bool = Field(False, description="Serve https with a certificate of an own local authority.")
    rate_limit: int = Field(
        6_000,
        ge=0,
        description="Management and token requests per client and minute; each process takes its share. 0: no limit.",
    )
    runtime_rate_limit: int = Field(
        0,
        ge=0,
        description="Decision and event requests per client and minute; each process takes its share. 0: no limit.",
    )
    ofrep_exposures: Literal["all", "single", "none"] = Field(
        "all",
        description="Whose exposures OFREP records, once per unit and plan: all evaluations', only single ones', or none.",
    )
    origins: tuple[str, ...] = Field(
        (),
        description="Origins of web pages that may call OFREP, such as https://login.example.com; separated by spaces.",
    )
    events_seal_hours: int = Field(
        24, ge=1, le=8_760, description="Events are sealed as Parquet so many hours after they were kept."
    )
    events_open_rows: int = Field(
        200_000, ge=1_000, description="Each process seals earlier what is more than twice as many rows."
    )
    events_retention_days: int = Field(
        0, ge=0, le=36_500, description="Sealed events are removed after so many days, whole days at a time. 0: never."
    )
    watch_minutes: int = Field(
        10,
        ge=0,
        le=1_440,
        description="How often running experiments are looked at for harm, and ramps led on. 0: never.",
    )
    watch_webhook: str | None = Field(
        None,
        pattern=r"^https?://[^\s/]+",
        max_length=2_048,
        description="Where alarms are reported to, as JSON by POST.",
    )
    mail_server: str | None = Field(
        None,
        max_length=2_048,
        description="Where mail of hosted sign-in is sent: smtp://user:password@host:587 or smtps://…:465; without one it lies in a local outbox.",
    )
    mail_from: str = Field(
        "Signpost <no-reply@signpost.localhost>", max_length=320, description="The sender of that mail."
    )
    outbound_hosts: tuple[str, ...] = Field(
        ("127.0.0.1", "::1", "localhost"),
        description="Hosts that log streams and actions may call though they are not on the public internet; separated by spaces.",
    )
    token_lifetime: int = Field(86_400, ge=60, le=2_592_000, description="How long a token is good, in seconds.")
    geoip: Path | None = Field(None, description="A MaxMind-format file that tells countries and regions by address.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="What is logged to stderr.")

    @field_validator("origins", "outbound_hosts", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return tuple(given.split()) if isinstance(given, str) else given

    @field_validator("mail_server")
    @classmethod
    def _check_mail_server(cls, given: str | None) -> str | None:
        if given is not None:
            read_server(given)
        return given

    @property
    def database_url(self) -> str:
        """The control plane's database."""
        return self.database or f"sqlite:///{self.data.absolute() / 'signpost.db'}"


class SettingsError(Exception):
    """A setting that can't be used: which, where it stands, and what to do."""


@dataclass(frozen=True, slots=True)
class Effective:
    """Settings with where each of them came from."""

    settings: Settings
    sources: Mapping[str, str]

    def shown(self) -> dict[str, dict[str, Any]]:
        """Return every setting with its source, in a form that holds no password."""
        values = self.settings.model_dump(mode="json")
        if values["database"] is not None:
            url = make_url(values["database"])
            hidden = {name: "hidden" for name in url.query if "password" in name}
            values["database"] = url.update_query_dict(hidden).render_as_string(hide_password=True)
        if values["mail_server"] is not None:
            values["mail_server"] = _hide_password(values["mail_server"])
        return {name: {"value": value, "source": self.sources[name]} for name, value in values.items()}


def load_settings(
    given: Mapping[str, Any], environment: Mapping[str, str], file: Path | None = None, folder: Path | None = None
) -> Effective:
    """Return the settings that hold.

    Args:
        given: What was said on the command line; None values were not said.
        environment: `SIGNPOST_DATA` and so on; empty ones were not said.
        file: A TOML file. Without one, `signpost.toml` in the folder is read if it is there.
        folder: Where to look for that file; the working folder.

    Raises:
        SettingsError: a setting is not known or can't be used, or the file can't be read.
    """
    values: dict[str, Any] = {}
    sources = dict.fromkeys(Settings.model_fields, "default")
    default_file = (folder or Path()) / FILE_NAME
    path = file or (default_file if default_file.exists() else None)
    layers = (
        (str(path), _read_file(path) if path is not None else {}),
        ("environment", _read_environment(environment)),
        ("command line", {name: value for name, value in given.items() if value is not None}),
    )
    for source, layer in layers:
        for name, value in layer.items():
            if name not in Settings.model_fields:
                raise SettingsError(f"{_name(name, source)} is not a setting{_suggest(name)} ({source}).")
            values[name] = value
            sources[name] = source
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise SettingsError(f"{_name(name, sources[name])}: {error.errors()[0]['msg']} ({sources[name]}).") from error
    _check_database(settings)
    return Effective(settings, sources)


def _hide_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    named, at, host = rest.rpartition("@")
    user, colon, _ = named.partition(":")
    return f"{scheme}://{user}{':***' if colon else ''}{at}{host}"


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}") from error


def _read_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and value and not name.startswith(f"{PREFIX}TEST_")
    }


def _check_database(settings: Settings) -> None:
    try:
        backend = make_url(settings.database_url).get_backend_name()
    except ArgumentError as error:
        raise SettingsError(
            "database: not a URL; write postgresql://user:password@host/name or sqlite:///FILE."
        ) from error
    if backend not in {"sqlite", "postgresql", "postgres"}:
        raise SettingsError(f"database: {backend} is not supported; use postgresql:// or sqlite:///.")


def _name(name: str, source: str) -> str:
    return f"{PREFIX}{name.upper()}" if source == "environment" else name


def _suggest(name: str) -> str:
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    return f"; did you mean {near[0]}?" if near else ""
