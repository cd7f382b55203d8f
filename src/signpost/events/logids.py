"""Log ids: 63-bit integers that grow with time, unique over all writers, shown as decimal text of fixed width.

From the top: 42 bits of milliseconds since the epoch (enough until 2109), 12 bits that count within the millisecond, 9 bits of
the writer's number. The writer comes last so that a greater tick (milliseconds and count) is a greater id, whoever gave it.
"""

WRITER_BITS = 9
COUNT_BITS = 12
WRITERS_MAX = 1 << WRITER_BITS
TEXT_WIDTH = 19
"""2 ** 63 has 19 decimal digits, so text sorts as numbers do."""


class Stamper:
    """Hands out one writer's log ids, each greater than the one before, whatever the clock does."""

    def __init__(self, writer: int) -> None:
        self._writer = writer

    def stamp(self, count: int, now_ms: int, above: int) -> list[int]:
        """Return `count` ids, all greater than the id `above`; when the clock lags behind it, they run ahead of the clock."""
        tick = max(now_ms << COUNT_BITS, (above >> WRITER_BITS) + 1)
        first = tick << WRITER_BITS | self._writer
        return list(range(first, first + (count << WRITER_BITS), WRITERS_MAX))


def writer_of(log_id: int) -> int:
    """Return the number of the writer that gave the id."""
    return log_id & WRITERS_MAX - 1


def kept_ms_of(log_id: int) -> int:
    """Return when the id was given, in milliseconds since the epoch."""
    return log_id >> WRITER_BITS + COUNT_BITS


def first_id_at(kept_ms: int) -> int:
    """Return the least id that can be given at a moment."""
    return kept_ms << WRITER_BITS + COUNT_BITS


def format_log_id(log_id: int) -> str:
    """Return the id as text."""
    return f"{log_id:0{TEXT_WIDTH}d}"


def parse_log_id(text: str) -> int:
    """Return the id that the text shows.

    Raises:
        ValueError: no id is shown like this.
    """
    if len(text) != TEXT_WIDTH or not text.isascii() or not text.isdigit() or int(text) >= 1 << 63:
        message = f"a log id has {TEXT_WIDTH} decimal digits"
        raise ValueError(message)
    return int(text)
