"""What is done to the body of an event when it is shown."""


def with_log_id(body: bytes, log_id: str) -> bytes:
    """Return the JSON object with the id in front, under both names that clients look for."""
    rest = body[body.index(b"{") + 1 :].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    return b'{"log_id":"%b","_id":"%b"%b%b' % (log_id.encode(), log_id.encode(), comma, rest)
