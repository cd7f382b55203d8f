"""A real server, as a process of its own, on a real port."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

SIGNPOST = str(Path(sys.executable).with_name("signpost"))
START_SECONDS = 60


@dataclass
class Server:
    """A `signpost serve` process with a data folder of its own."""

    data: Path
    options: tuple[str, ...] = ()
    url: str = ""
    process: "subprocess.Popen[str] | None" = None
    first_run: dict[str, str] = field(default_factory=dict)

    def start(self) -> "Server":
        """Start, on a free port or on the one it had, and wait until it is ready."""
        port = self.url.rpartition(":")[2] or "0"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [SIGNPOST, "serve", "--port", port, "--data", str(self.data), *self.options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self.environment(),
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if match := re.match(r"\s+(client_id|client_secret|audience)\s+(\S+)", line):
                self.first_run[match[1]] = match[2]
            if match := re.search(r"Serving (\S+)", line):
                self.url = match[1]
                break
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx2.get(f"{self.url}/ready", verify=False).status_code == 200:
                    return self
            except httpx2.HTTPError:
                time.sleep(0.05)
        raise TimeoutError(self.log.read_text())

    @property
    def log(self) -> Path:
        return self.data.with_suffix(".log")

    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("SIGNPOST_")}
        return own | {"SIGNPOST_LOG_LEVEL": "warning", "SIGNPOST_RATE_LIMIT": "0"}

    def run(self, *words: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run a command on the server's data."""
        options = [option for option in self.options if option.startswith(("postgresql", "--database"))]
        return subprocess.run(
            [SIGNPOST, *words, "--data", str(self.data), *options],
            check=check,
            capture_output=True,
            text=True,
            env=self.environment(),
        )

    def token(self, *words: str) -> str:
        return self.run("token", *words).stdout.strip()

    def client(self, *words: str, host: str | None = None) -> httpx2.Client:
        """Return an HTTP client that shows a token."""
        headers = {"Authorization": f"Bearer {self.token(*words)}"}
        if host is not None:
            headers["Host"] = host
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        code = self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None
        return code


StartServer = Callable[..., Server]


@pytest.fixture(scope="session", autouse=True)
def _is_interruptible() -> None:
    """A shell's background jobs ignore SIGINT, and so would every process that is started here to be interrupted."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start servers that end with the module."""
    servers: list[Server] = []

    def start(*options: str) -> Server:
        servers.append(Server(tmp_path_factory.mktemp("server") / "data", options).start())
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Server:
    """A server with nothing configured."""
    return start_server()
