"""Clients as people make them: with the published SDK, and on the command line."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import miss
from tests.e2e.conftest import Server, StartServer

ROOT = Path(__file__).parents[2]
DRIVER = ROOT / "tests" / "sdk" / "drive_clients.py"


@pytest.mark.parametrize("version", ["6.7.0", "6.8.0"])
def test_auth0_python_manages_clients(start_server: StartServer, version: str) -> None:
    python = ROOT / f".venv-auth0-{version}" / "bin" / "python"
    if not python.exists():
        miss(f"auth0-python {version} (run 'make sdks')")
    server = start_server()

    done = subprocess.run(
        [str(python), str(DRIVER), server.url, server.token()], check=False, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr


def test_an_application_is_made_and_changed_on_the_command_line(server: Server) -> None:
    words = ["clients", "create", "Shop", "--type", "spa", "--callback", "http://localhost:3000/callback", "--json"]
    spa = json.loads(server.run(*words).stdout)
    web = server.run("clients", "create", "Web", "--type", "regular_web", "--callback", "https://web.example/cb")
    changed = server.run("clients", "change", spa["client_id"], "--logout-url", "http://localhost:3000/", "--json")

    assert (spa["app_type"], "client_secret" in spa) == ("spa", False)
    assert "client_secret" in web.stdout
    assert json.loads(changed.stdout) == spa | {"allowed_logout_urls": ["http://localhost:3000/"]}
    listed = json.loads(server.run("clients", "list", "--json").stdout)
    assert spa["client_id"] in [client["client_id"] for client in listed]
    assert spa["client_id"] in server.run("clients", "list").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("create", "X", "--callback", "https://x.example/"), "A machine has no --callback"),
        (("create", "X", "--type", "spa", "--scope", "read:logs"), "Only a machine has a --scope"),
        (("create", "X", "--type", "spa", "--callback", "x:y"), "callbacks holds what a browser can't be sent back to"),
        (("change", "cli_1"), "Say what is to be changed"),
    ],
)
def test_what_can_not_be_is_refused_in_a_sentence(server: Server, words: tuple[str, ...], told: str) -> None:
    refused = server.run("clients", *words, check=False)

    assert refused.returncode == 1
    assert told in refused.stderr


def test_a_client_without_a_secret_has_none_to_rotate(server: Server) -> None:
    words = ["clients", "create", "Shop", "--type", "spa", "--json"]
    client_id = json.loads(server.run(*words).stdout)["client_id"]

    refused = server.run("clients", "rotate", client_id, check=False)

    assert (refused.returncode, "the client has no secret" in refused.stderr) == (1, True)
