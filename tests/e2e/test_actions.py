"""Actions as people make them: with the published SDK, and on the command line."""

import json
import subprocess
from pathlib import Path

import pytest

from signpost.edge.webhook_signatures import verify_request
from tests.conftest import miss
from tests.e2e.conftest import Server, StartServer
from tests.receiver import receiving

ROOT = Path(__file__).parents[2]
DRIVER = ROOT / "tests" / "sdk" / "drive_actions.py"


@pytest.mark.parametrize("version", ["6.7.0", "6.8.0"])
def test_auth0_python_manages_actions(start_server: StartServer, version: str) -> None:
    python = ROOT / f".venv-auth0-{version}" / "bin" / "python"
    if not python.exists():
        miss(f"auth0-python {version} (run 'make sdks')")
    server = start_server()

    done = subprocess.run(
        [str(python), str(DRIVER), server.url, server.token()], check=False, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr


def made(server: Server, url: str, *options: str) -> dict[str, str]:
    words = ["actions", "create", "Ask", "--trigger", "post-login", "--url", url, "--json", *options]
    document: dict[str, str] = json.loads(server.run(*words).stdout)
    return document


def test_actions_are_managed_and_tried_on_the_command_line(server: Server, tmp_path: Path) -> None:
    with receiving(status=200, reply=b'{"commands":[{"type":"require_mfa"}]}') as receiver:
        action = made(server, receiver.url)
        verdict = json.loads(server.run("actions", "test", action["id"]).stdout)

    (taken,) = receiver.taken
    seconds = float(taken.headers["webhook-timestamp"])
    verify_request(action["signing_secret"], taken.headers, taken.body, seconds)
    assert verdict["requires_mfa"] is True

    failed = server.run("actions", "test", action["id"], check=False)
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["failures"][0]["action"] == "Ask"

    event = tmp_path / "event.json"
    event.write_text('{"user": 1}')
    refused = server.run("actions", "test", action["id"], "--event", str(event), check=False)
    assert (refused.returncode, "is no event" in refused.stderr) == (1, True)

    rotated = json.loads(server.run("actions", "rotate", action["id"], "--json").stdout)
    assert rotated["signing_secret"] != action["signing_secret"]
    assert "disabled" in server.run("actions", "disable", action["id"]).stdout
    assert json.loads(server.run("actions", "list", "--json").stdout)[0]["enabled"] is False
    assert "enabled" in server.run("actions", "enable", action["id"]).stdout
    assert "Ask" in server.run("actions", "list").stdout
    server.run("actions", "remove", action["id"])
    assert json.loads(server.run("actions", "list", "--json").stdout) == []


@pytest.mark.parametrize("words", [("--url", "http://shop.example/"), ("--url", "https://a:b@shop.example/")])
def test_an_address_that_may_not_be_called_is_refused(server: Server, words: tuple[str, ...]) -> None:
    refused = server.run("actions", "create", "Ask", "--trigger", "post-login", *words, check=False)

    assert refused.returncode == 1
    assert "--url must be an https address" in refused.stderr


def test_an_action_that_is_not_there_is_said_not_to_be(server: Server) -> None:
    for command in ("rotate", "enable", "test"):
        refused = server.run("actions", command, "act_1", check=False)
        assert (refused.returncode, refused.stderr) == (1, "signpost: There is no such action.\n")
