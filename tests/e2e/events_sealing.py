"""A process that seals, and is killed as it gets somewhere: `FOLDER STEP_ROWS [STEP NTH]`."""

import os
import signal
import sys
from pathlib import Path

from signpost.events.files.readers import Readers
from signpost.events.files.sealing import Sealer, sealing


def main() -> None:
    folder, step_rows = Path(sys.argv[1]), int(sys.argv[2])
    step, nth = (sys.argv[3], int(sys.argv[4])) if len(sys.argv) > 3 else ("", 0)
    reached: list[str] = []

    def at(name: str) -> None:
        reached.append(name)
        if name == step and reached.count(step) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    readers = Readers(folder)
    with sealing(folder):
        for sealed in Sealer(folder, readers, step_rows_max=step_rows, at=at).seal(1 << 41):
            print(sealed.rows, flush=True)


if __name__ == "__main__":
    main()
