"""A whole experiment against a real server, in about a minute: `make demo`."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from examples.demo.api import Api
from examples.demo.looks import draw_looks, find_effect
from examples.demo.people import TRUE_RATES, make_people
from examples.demo.proof import EXPOSURE, count_units, find_lost, read_log
from examples.demo.recipe import recompute
from examples.demo.server import SIGNPOST, Server
from examples.demo.traffic import Traffic

PEOPLE = 20_000
SEED = 20261123
KILL_AT = 8_000
LOOK_EVERY = 2_500
SDK_PYTHON = ".venv-auth0-6.8.0/bin/python"
BROWSERS = {
    "a phone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.3 Mobile/15E148 Safari/604.1",
    "a desktop": "Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0",
}

console = Console(highlight=False)


def main() -> None:
    """Play the demo, scene by scene."""
    options = read_options()
    server = Server(Path(tempfile.mkdtemp(prefix="signpost-demo-")))
    try:
        scene("A server of its own, with a fresh data folder")
        server.start()
        token = server.make_token()
        api = Api(server.port, token)
        console.print(f"  {server.url}, data in {server.data}")

        scene("auth0-python 6.8.0 configures an experiment")
        ids = configure(server, token)
        activate(api, ids["experiment"])

        scene(f"{options.people:,} devices sign in; somewhere on the way the server is killed")
        traffic, looks = sign_in(server, api, token, ids["experiment"], options.people)

        scene("What came of it")
        is_right = report(server, ids["experiment"], traffic, looks)

        scene("Why one device saw what it saw")
        explain_one(server, api, ids["experiment"])
        ask_by_segment(api)

        scene("What to try next")
        suggest(server, ids["experiment"], token, keep=options.keep)
    except BaseException:
        server.stop()
        console.print(f"\nThe server's log and data are in {server.data}")
        raise
    if not options.keep:
        server.stop()
        shutil.rmtree(server.data)
    sys.exit(0 if is_right else 1)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the server running at the end")
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many devices sign in")
    return parser.parse_args()


def scene(title: str) -> None:
    console.print()
    console.rule(f"[bold]{title}", align="left")


def configure(server: Server, token: str) -> dict[str, str]:
    output = server.data / "demo-ids.json"
    script = Path(__file__).with_name("configure.py")
    subprocess.run([SDK_PYTHON, script, server.url, token, output], check=True)
    ids: dict[str, str] = json.loads(output.read_text())
    return ids


def activate(api: Api, experiment_id: str) -> None:
    path = f"/api/v2/experimentation/experiments/{experiment_id}/status"
    experiment = api.call("POST", path, {"status": "active"})
    console.print(
        f"\nPOST …/{experiment_id}/status\n  status: {experiment['status']}, since {experiment['started_at']}"
    )


def sign_in(
    server: Server, api: Api, token: str, experiment_id: str, people: int
) -> tuple[Traffic, list[dict[str, Any]]]:
    """Drive the traffic, kill the server in the middle of it, and look at the results now and then."""
    truth = ", ".join(f"{100 * rate:.0f} % of those who see “{name}”" for name, rate in TRUE_RATES.items())
    console.print(f"  The truth, which the server is not told: {truth} get in")
    traffic = Traffic(make_people(people, SEED), server.port, token)
    looks: list[dict[str, Any]] = []
    kill_at = KILL_AT * people // PEOPLE
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("sign-ins", total=people)
        traffic.start()
        while not traffic.wait(seconds=0.2):
            done = len(traffic.ledger.outcomes)
            progress.update(task, completed=done)
            if kill_at and done >= kill_at:
                kill_at = 0
                crash(server, api, traffic)
            if done >= (len(looks) + 1) * LOOK_EVERY:
                looks.append(get_results(api, experiment_id))
        progress.update(task, completed=len(traffic.ledger.outcomes))
    looks.append(get_results(api, experiment_id))
    return traffic, looks


def crash(server: Server, api: Api, traffic: Traffic) -> None:
    """Kill the server while requests are under way, start it again, and look for everything that it had acknowledged."""
    traffic.server_is_up.clear()
    server.kill()
    exposures, outcomes = len(traffic.ledger.shown), len(traffic.ledger.outcomes)
    console.print(f"  kill -9, after {exposures:,} exposures and {outcomes:,} outcomes were acknowledged")
    started = time.monotonic()
    server.start()
    seconds = time.monotonic() - started
    entries = list(read_log(api))
    lost = find_lost(traffic.ledger, entries)
    if lost:
        sys.exit(f"  {len(lost)} acknowledged entries are lost: {lost[:3]} …")
    console.print(
        f"  back after {seconds:.1f} s; all of them are among the {len(entries):,} entries of the log; on we go"
    )
    traffic.server_is_up.set()


def get_results(api: Api, experiment_id: str) -> dict[str, Any]:
    results: dict[str, Any] = api.get(f"/api/v2/experimentation/experiments/{experiment_id}/results")
    return results


def report(server: Server, experiment_id: str, traffic: Traffic, looks: list[dict[str, Any]]) -> bool:
    """Print what `signpost results` prints, and compare it with what is known; return whether the counts agree."""
    console.print("[dim]$ signpost results", experiment_id)
    server.print_results(experiment_id)
    control_rate, treatment_rate = TRUE_RATES.values()
    truth = treatment_rate - control_rate
    console.print("\n[bold]The same difference as it settled on the way: to watch, not to decide by")
    draw_looks(console, looks, truth)

    effect = find_effect(looks[-1])
    if effect is not None:
        holds = "holds" if effect.ci_lower <= truth <= effect.ci_upper else "misses (as one in twenty does)"
        console.print(f"\nThe interval {holds} the true difference of {100 * truth:+.1f} percentage points.")
    names = {v["variation_id"]: v["variation_name"] for v in looks[-1]["variations"]}
    success = looks[-1]["metrics"][0]
    found = {names[arm["variation_id"]]: (arm["units"], arm["total"]) for arm in success["variations"]}
    if found != count_units(traffic.ledger):
        console.print(f"The counts differ: {found} on the server, {count_units(traffic.ledger)} at the client.")
        return False
    console.print(
        f"Units and successes are exactly what the client counted, with {traffic.resent} requests cut off and sent again."
    )
    return True


def explain_one(server: Server, api: Api, experiment_id: str) -> None:
    """Take one exposure from the log, let `signpost explain` recompute it, and recompute it without Signpost."""
    entry = next(entry for entry in read_log(api) if entry["type"] == EXPOSURE)
    console.print("[dim]$ signpost explain", entry["log_id"])
    server.print_explanation(entry["log_id"])
    experiment = api.get(f"/api/v2/experimentation/experiments/{experiment_id}")
    steps = Table(box=None, show_header=False, padding=(0, 2))
    for what, outcome in recompute(entry, experiment):
        steps.add_row(what, outcome)
    console.print("\n  The same by the published recipe, with nothing but xxhash:")
    console.print(steps)


def ask_by_segment(api: Api) -> None:
    """Ask for decisions in the flow of the other experiment, without recording them: there a phone is enough."""
    console.print("\n  In the flow “passkey_enrollment” not chance decides but who asks:")
    for what, user_agent in BROWSERS.items():
        question = {"flow": "passkey_enrollment", "unit": "device-1", "user_agent": user_agent, "record": False}
        decision = api.call("POST", "/runtime/v1/decisions", question)
        console.print(f"  {what:10} {decision['experiment']['variation_name']}, reason: {decision['reason']}")


def suggest(server: Server, experiment_id: str, token: str, *, keep: bool) -> None:
    if not keep:
        console.print("  make demo KEEP=--keep     leaves the server running, with all of this in it")
        console.print("  make serve                a server of your own; then point your SDK at it")
        return
    data = f"--data {server.data}"
    console.print(f"  {server.url} is process {server.pid}; end it with: kill {server.pid}", soft_wrap=True)
    console.print(f"  export TOKEN={token}", soft_wrap=True)
    for command in (
        f'curl -H "Authorization: Bearer $TOKEN" {server.url}/api/v2/experimentation/experiments/{experiment_id}/results',
        f"{SIGNPOST} results {experiment_id} --json {data}",
        f"{SIGNPOST} audit {data}",
        f"{SIGNPOST} token {data}",
    ):
        console.print(f"  {command}", soft_wrap=True, markup=False)


if __name__ == "__main__":
    main()
