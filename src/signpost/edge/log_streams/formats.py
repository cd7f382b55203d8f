"""Several log entries as one body, as Auth0's log streams send them."""

from collections.abc import Iterable

from signpost.model.log_streams import ContentFormat
from signpost.ports.events import LogEntry


def join_entries(entries: Iterable[LogEntry], content_format: ContentFormat) -> bytes:
    """Return the body of a request: each entry is an object with its `log_id` and, as `data`, the entry itself."""
    items = [b'{"log_id":"%b","data":%b}' % (entry.log_id.encode(), entry.body) for entry in entries]
    match content_format:
        case ContentFormat.JSON_LINES:
            return b"".join(item + b"\n" for item in items)
        case ContentFormat.JSON_ARRAY:
            return b"[%b]" % b",".join(items)
        case ContentFormat.JSON_OBJECT:
            return b'{"logs":[%b]}' % b",".join(items)
