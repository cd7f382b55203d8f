"""A reader with a terminal: one shell, in an empty folder, in which the published SDK is installed."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from examples.demo.server import find_free_port
from tests.docs.documents import Command, File, Script, Step, is_like

ROOT = Path(__file__).parents[2]
SIGNPOST = Path(sys.executable).with_name("signpost")
SDK_PYTHON = ROOT / ".venv-auth0-6.8.0" / "bin" / "python"
DEFAULT_PORT = "8080"
SECONDS_MAX = 60
END = "\x1e"


class Reader:
    """Does what documents say; what fails, or prints something else than the document shows, is an AssertionError.

    `python` is the one that has the SDK; scripts that stand in a document run where Signpost is installed. The port at which
    Signpost serves when nobody says otherwise becomes a free one.
    """

    def __init__(self, folder: Path) -> None:
        programs = folder / "programs"
        programs.mkdir()
        (programs / "signpost").symlink_to(SIGNPOST)
        self._port = str(find_free_port())
        self._work = folder / "work"
        self._work.mkdir()
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self._work,
            env={
                "PATH": os.pathsep.join([str(programs), str(SDK_PYTHON.parent), os.environ["PATH"]]),
                "HOME": str(folder),
                "LANG": "C.UTF-8",
                "COLUMNS": "160",
            },
            start_new_session=True,
        )

    def carry_out(self, step: Step) -> None:
        """Do a step, and compare."""
        match step:
            case File(name, text):
                (self._work / name).write_text(self._with_port(text))
            case Script(text, output):
                script = self._work.with_name("script.py")
                script.write_text(self._with_port(text))
                self._type(f"{sys.executable} {script}", output, seen=text)
            case Command(text, output):
                self._type(self._with_port(text), self._with_port(output), seen=text)

    def close(self) -> None:
        """End the shell, and what it left running."""
        with self._shell:
            os.killpg(self._shell.pid, signal.SIGTERM)

    def _type(self, text: str, output: str, seen: str) -> None:
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{{ {text}\n}} < /dev/null\nprintf '{END}%d{END}\\n' $?\n")
        self._shell.stdin.flush()
        printed, code = "", None
        timer = threading.Timer(SECONDS_MAX, os.killpg, [self._shell.pid, signal.SIGKILL])
        timer.start()
        for line in self._shell.stdout:
            before, *end = line.split(END)
            printed += before
            if end:
                code = int(end[0])
                break
        timer.cancel()
        assert code is not None, f"{seen}\nended the shell, or did not end in {SECONDS_MAX} seconds:\n{printed}"
        assert code == 0, f"{seen}\nended with {code}:\n{printed}"
        assert is_like(printed, output), f"{seen}\nprinted\n{printed}\nand not\n{output}"

    def _with_port(self, text: str) -> str:
        return text.replace(DEFAULT_PORT, self._port)
