"""A process that keeps events until it is killed, and says which ones were acknowledged: `FOLDER FIRST_NUMBER BATCH COUNT`.

After the first batch it waits for a line, so that several can be made to write at once.
"""

import sys
from collections import deque
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

from signpost.events.files import FileEvents
from signpost.testing.events_contract import an_event


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def main() -> None:
    folder, first, size, total = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    events = FileEvents(folder, SystemClock())
    pending = deque[tuple[int, "Future[int]"]]()
    for start in range(first, first + total, size):
        future = events.append([an_event(number) for number in range(start, start + size)])
        future.add_done_callback(lambda done, start=start: print(start, done.result(), flush=True))  # type: ignore[misc]
        pending.append((start, future))
        if start == first:
            sys.stdin.readline()
        if len(pending) > 4:
            pending.popleft()[1].result()
    events.close()


if __name__ == "__main__":
    main()
