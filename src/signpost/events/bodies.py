"""What is done to the body of an event when it is shown, or looked for."""

import msgspec

from signpost.ports.events import LogSearch


class _Fields(msgspec.Struct):
    type: object = None
    user_id: object = None


_fields = msgspec.json.Decoder(_Fields)


def with_log_id(body: bytes, log_id: str) -> bytes:
    """Return the JSON object with the id in front, under both names that clients look for."""
    rest = body[body.index(b"{") + 1 :].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    return b'{"log_id":"%b","_id":"%b"%b%b' % (log_id.encode(), log_id.encode(), comma, rest)


def is_found(search: LogSearch, body: bytes) -> bool:
    """Return whether an entry is one of those that are looked for."""
    try:
        fields = _fields.decode(body)
    except msgspec.MsgspecError:
        return False
    return search.type in {None, fields.type} and search.user_id in {None, fields.user_id}
