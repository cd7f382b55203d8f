"""`signpost serve` as a process of its own, started, killed and started again."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SIGNPOST = str(Path(sys.executable).with_name("signpost"))
SETTINGS = {"SIGNPOST_RATE_LIMIT": "0", "SIGNPOST_LOG_LEVEL": "warning"}
START_SECONDS_MAX = 60
POLL_SECONDS = 0.05


class Server:
    """A server on a free port of loopback, with everything that it keeps in one folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = find_free_port()
        self._log = data / "demo-server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the process and wait until it says that it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("serve", "--port", str(self.port)),
                stdout=log,
                stderr=log,
                cwd=self.data,
                env=self._environment(),
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server did not start:\n{self._log.read_text()}")
            time.sleep(POLL_SECONDS)

    def kill(self) -> None:
        """End the process as a power cut would: no signal handler runs, nothing is flushed."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ask the process to end, and wait for it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait()

    def make_token(self) -> str:
        """Return an access token for everything, as `signpost token` prints it."""
        command = self._command("token")
        done = subprocess.run(
            command, check=True, cwd=self.data, env=self._environment(), stdout=subprocess.PIPE, text=True
        )
        return done.stdout.strip()

    def print_results(self, experiment_id: str) -> None:
        """Let `signpost results` print."""
        self._print("results", experiment_id)

    def print_explanation(self, log_id: str) -> None:
        """Let `signpost explain` print; it fails where the log does not agree."""
        self._print("explain", log_id)

    def _print(self, *words: str) -> None:
        subprocess.run(self._command(*words), check=True, cwd=self.data, env=self._environment())

    def _command(self, *words: str) -> list[str]:
        return [SIGNPOST, *words, "--data", str(self.data)]

    def _environment(self) -> dict[str, str]:
        """Return this process's environment without settings of a Signpost that is not the demo's."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("SIGNPOST_")}
        return own | SETTINGS

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=1) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
