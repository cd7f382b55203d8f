"""`signpost serve` as a process of its own, started, killed and started again."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

SIGNPOST = str(Path(sys.executable).with_name("signpost"))
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
            command = [SIGNPOST, "serve", "--data", str(self.data), "--port", str(self.port)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
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

    def command(self, *words: str) -> list[str]:
        """Return a command line of `signpost` on this server's data."""
        return [SIGNPOST, *words, "--data", str(self.data)]

    def make_token(self) -> str:
        """Return an access token for everything, as `signpost token` prints it."""
        done = subprocess.run(self.command("token"), check=True, capture_output=True, text=True)
        return done.stdout.strip()

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
