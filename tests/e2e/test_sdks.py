"""The published SDKs, unmodified, drive every experimentation call that they have."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import miss
from tests.e2e.conftest import Server, StartServer

ROOT = Path(__file__).parents[2]
SDK = ROOT / "tests" / "sdk"


def drive(*command: str) -> Any:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def code_of(error: dict[str, Any]) -> tuple[int, str]:
    return error["statusCode"], error["errorCode"]


@pytest.mark.parametrize("version", ["6.7.0", "6.8.0"])
def test_auth0_python_finds_every_call_working(start_server: StartServer, version: str) -> None:
    python = ROOT / f".venv-auth0-{version}" / "bin" / "python"
    if not python.exists():
        miss(f"auth0-python {version} (run 'make sdks')")
    server = start_server()

    done = drive(str(python), str(SDK / "drive.py"), server.url, server.token())

    assert done["missed"] == []
    assert len(done["made"]) == {"6.7.0": 24, "6.8.0": 22}[version]
    seen = done["seen"]
    assert seen["verdict"] == ["feature_flag_not_active"]
    assert code_of(seen["exists"]) == (409, "feature_flag_exists")
    assert code_of(seen["not_ready"]) == (400, "feature_flag_not_active")
    assert code_of(seen["active"]) == (400, "experiment_active")
    assert code_of(seen["in_use"]) == (409, "variation_in_use")
    assert code_of(seen["not_running"]) == (409, "ramp_not_running")
    assert code_of(seen["not_next"]) == (400, "ramp_level_not_next")
    assert code_of(seen["reactivated"]) == (400, "invalid_status_transition")
    assert seen["reactivated"]["message"] == "Completed experiments cannot be reactivated."
    assert code_of(seen["last"]) == (400, "variation_last")
    assert code_of(seen["gone"]) == (404, "feature_flag_not_found")
    assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= set(seen["gone"]["headers"])
    assert seen["logs"] == []


def start_ramp(server: Server) -> str:
    """Activate an experiment that ramps 10, 50, 100, and return its id."""
    with server.client() as client:
        base = "/api/v2/experimentation"
        parameters = {"title": {"type": "string", "value": "Sign in"}}
        flag = client.post(f"{base}/feature-flags", json={"name": "Page", "parameters": parameters}).json()
        url = f"{base}/feature-flags/{flag['id']}"
        ids = [
            client.post(f"{url}/variations", json={"name": name, "overrides": overrides}).json()["id"]
            for name, overrides in {"Baseline": {}, "Welcome": {"title": "Welcome"}}.items()
        ]
        client.post(f"{url}/status", json={"status": "active"})
        body = {
            "name": "Slowly",
            "feature_flag_id": flag["id"],
            "authentication_flow": "authentication",
            "levels": [10, 50, 100],
            "allocations": [
                {"variation_id": variation_id, "is_control": variation_id == ids[0]} for variation_id in ids
            ],
        }
        experiment_id: str = client.post(f"{base}/experiments", json=body).json()["id"]
        client.post(f"{base}/experiments/{experiment_id}/status", json={"status": "active"}).raise_for_status()
        return experiment_id


def test_npm_auth0_finds_every_call_working(start_server: StartServer) -> None:
    node = shutil.which("node")
    if node is None or not (SDK / "node" / "node_modules" / "auth0").exists():
        miss("node with npm auth0 7.1.0 (install node, then run 'make sdks')")
    server = start_server()
    experiment_id = start_ramp(server)

    done = drive(str(node), str(SDK / "node" / "drive.mjs"), server.url, server.token(), experiment_id)

    assert done["known"] == ["experiments.advanceRamp"]
    assert done["missed"] == []
    assert done["step"] == {"experiment_id": experiment_id, "from_level": 10, "to_level": 50, "current_level": 50}
    assert done["same"] == done["step"] | {"from_level": 50}
    assert (done["notNext"]["status"], done["notNext"]["body"]["errorCode"]) == (400, "ramp_level_not_next")
    assert (done["gone"]["status"], done["gone"]["body"]["errorCode"]) == (404, "experiment_not_found")
    assert done["logs"] == []
