"""The program's own log: JSON, one record a line."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

EXTRAS = ("request_id", "correlation_id", "method", "path", "status", "ms")


class JsonLines(logging.Formatter):
    """Log records as JSON, one a line; never a header, a query, a body or a secret."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name in EXTRAS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
