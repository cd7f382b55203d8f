"""Log ids: 63-bit integers that grow with time, unique over all writers, shown as decimal text of fixed width.

From the top: 42 bits of milliseconds since the epoch (enough until 2109), 9 bits of the writer's number, 12 bits that count
within the millisecond.
"""

WRITER_BITS = 9
COUNT_BITS = 12
WRITERS_MAX = 1 << WRITER_BITS
TEXT_WIDTH = 19
"""2 ** 63 has 19 decimal digits, so text sorts as numbers do."""

_COUNT_MASK = (1 << COUNT_BITS) - 1


class Stamper:
    """Hands out one writer's log ids, each greater than the one before, whatever the clock does."""

    def __init__(self, writer: int) -> None:
        self._writer_part = writer << COUNT_BITS

    def stamp(self, count: int, now_ms: int, above: int) -> list[int]:
        """Return `count` ids, all greater than the id `above`; when the clock lags behind it, they run ahead of the clock."""
        ticks = max(now_ms << COUNT_BITS, tick_of(above) + 1)
        part = self._writer_part
        return [
            tick >> COUNT_BITS << COUNT_BITS + WRITER_BITS | part | tick & _COUNT_MASK
            for tick in range(ticks, ticks + count)
        ]


def tick_of(log_id: int) -> int:
    """Return the id without its writer: milliseconds and count."""
    return log_id >> COUNT_BITS + WRITER_BITS << COUNT_BITS | log_id & _COUNT_MASK


def writer_of(log_id: int) -> int:
    """Return the number of the writer that gave the id."""
    return log_id >> COUNT_BITS & WRITERS_MAX - 1


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
