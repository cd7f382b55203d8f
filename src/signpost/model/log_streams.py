"""Log streams: where a tenant's logs are sent as they are kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

OTHER = "other"
"""The category of every log type that is in no other."""

CATEGORIES: dict[str, frozenset[str]] = {
    name: frozenset(types.split())
    for name, types in {
        "auth.login.fail": "f fc fco fcoa fens fp fu",
        "auth.login.notification": "w",
        "auth.login.success": "s scoa sens",
        "auth.logout.fail": "flo",
        "auth.logout.success": "slo",
        "auth.signup.fail": "fs",
        "auth.signup.success": "ss",
        "auth.silent_auth.fail": "fsa",
        "auth.silent_auth.success": "ssa",
        "auth.token_exchange.fail": "feacft feccft fede feoobft feotpft fepft fepotpft fercft ferrt fertft",
        "auth.token_exchange.success": "seacft seccft sede seoobft seotpft sepft sercft serrt sertft",
        "management.fail": "fapi",
        "management.success": "mgmt_api_read sapi",
        "scim.event": "sscim fscim",
        "system.notification": (
            "admin_update_launch api_limit coff con depnote fcpro fui limit_delegation limit_mu limit_sul limit_wc"
        ),
        "user.fail": "fce fcp fcph fcpn fcpr fcu fdu fpar fv fvr signup_pwd_leak",
        "user.notification": "cls cs pwd_leak ublkdu",
        "user.success": "sce scp scpn scpr scu sdu srrt sui sv svr",
        "actions": "actions_execution_failed",
        OTHER: "",
    }.items()
}
"""Auth0's categories of log types, by which streams are filtered."""

_CATEGORISED = frozenset().union(*CATEGORIES.values())


class StreamType(StrEnum):
    """Where a stream leads."""

    HTTP = "http"
    FILE = "file"


class ContentFormat(StrEnum):
    """How several entries stand in one request."""

    JSON_ARRAY = "JSONARRAY"
    JSON_LINES = "JSONLINES"
    JSON_OBJECT = "JSONOBJECT"


class StreamStatus(StrEnum):
    """Whether a stream is delivered; one that failed for long is suspended by the server, until somebody activates it."""

    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class HttpSink:
    """A webhook. `authorization` is a secret: the whole Authorization header."""

    endpoint: str
    content_format: ContentFormat
    content_type: str
    authorization: str | None = None


@dataclass(frozen=True, slots=True)
class FileSink:
    """A file of JSON lines in the data folder of the server, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class LogStream:
    """A stream, with exactly one sink. Without filters everything is delivered that was kept at `starts_at` or later."""

    id: str
    name: str
    status: StreamStatus
    filters: tuple[str, ...]
    starts_at: datetime
    created_at: datetime
    updated_at: datetime
    http: HttpSink | None = None
    file: FileSink | None = None
    suspended_because: str | None = None

    @property
    def type(self) -> StreamType:
        """Where it leads."""
        return StreamType.HTTP if self.http is not None else StreamType.FILE


def is_wanted(filters: Iterable[str], type: str) -> bool:
    """Return whether a log type is in one of the categories; no category at all: every type is."""
    names = tuple(filters)
    if not names:
        return True
    is_other = OTHER in names and type not in _CATEGORISED
    return is_other or any(type in CATEGORIES[name] for name in names)
