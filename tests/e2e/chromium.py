"""A headless Chromium, driven over its own protocol (DevTools): one browser and one page for all that looks at pages."""

import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
PHONE, DESKTOP = (375, 740), (1280, 900)


def find_chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page. A call that is not answered within its time ends the test."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._last = 0
        self.heard: list[dict[str, Any]] = []

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the answer to one command; what else was heard meanwhile is kept."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=60))
            if said.get("id") == self._last:
                assert "error" not in said, (method, said["error"])
                return dict(said["result"])
            self.heard.append(said)

    def wait(self, event: str) -> None:
        """Wait until an event was heard, and forget what was heard before it."""
        while True:
            for place, said in enumerate(self.heard):
                if said.get("method") == event:
                    del self.heard[: place + 1]
                    return
            self.heard.append(json.loads(self._socket.recv(timeout=60)))

    def open(self, url: str) -> None:
        self.heard.clear()
        self.call("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def draw(self) -> None:
        """Have a frame drawn: before it, `autofocus` has not happened."""
        self.call("Page.captureScreenshot", clip={"x": 0, "y": 0, "width": 1, "height": 1, "scale": 1})

    def run(self, script: str) -> Any:
        """Return the value of an expression; a promise is waited for."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def emulate(self, size: tuple[int, int], *, scheme: str = "light", scripts: bool = True) -> None:
        """Set the window, the colour scheme, and whether scripts run."""
        width, height = size
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}  # no colour is seen on its way
        media = [{"name": name, "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=media)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)

    def press(self, key: str, *, shift: bool = False) -> None:
        codes: Mapping[str, int] = {"Tab": 9, "Enter": 13, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(key, "")
        common = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key], "modifiers": 8 if shift else 0}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def shoot(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def open_tab(program: str) -> Iterator[Tab]:
    """Start a browser with an empty profile, and yield its only page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        command += ["--disable-dev-shm-usage", "--disable-background-networking", "--hide-scrollbars"]
        command += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            target = _find_page(browser)
            with connect(target, max_size=None, open_timeout=60, compression=None) as socket:
                tab = Tab(socket)
                for domain in ("Page", "Runtime", "Log", "DOM"):
                    tab.call(f"{domain}.enable")
                yield tab
        finally:
            browser.terminate()
            browser.communicate(timeout=30)


def _find_page(browser: "subprocess.Popen[str]") -> str:
    """Return the address of the page, which the browser tells of when it listens."""
    from urllib.request import urlopen  # noqa: PLC0415 only here

    assert browser.stderr is not None
    for line in browser.stderr:
        if line.startswith("DevTools listening on ws://"):
            host = line.split("/")[2]
            with urlopen(f"http://{host}/json/list", timeout=60) as reply:
                return next(str(t["webSocketDebuggerUrl"]) for t in json.load(reply) if t["type"] == "page")
    raise AssertionError("Chromium ended before it listened")
