"""Every measurement, one after the other: `make bench`, or `python -m bench NAME …` for some."""

import subprocess
import sys

NAMES = ("assignment", "plans", "batch", "runtime", "events", "results", "endpoint", "sign_ins", "management")


def main() -> None:
    for name in sys.argv[1:] or NAMES:
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
        print(flush=True)


if __name__ == "__main__":
    main()
