"""Every command: what it prints for people and machines, and how it fails."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest

from signpost.assignment import SignedOverride
from signpost.bootstrap import open_parts, set_up
from signpost.cli import main
from signpost.config import load_settings
from signpost.edge.system import SystemClock
from signpost.exchange import open_override, parse_override_key, read_document
from signpost.model.tenants import SCOPES
from signpost.storage.sql import SqlStore
from signpost.testing.builders import a_flag, a_variation, an_experiment

ID = r"[1-9A-HJ-NP-Za-km-z]{22}"


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder as a first run leaves it."""
    folder = tmp_path / "data"
    parts = open_parts(load_settings({"data": folder}, {}).settings)
    set_up(parts)
    parts.close()
    return folder


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in an empty folder, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["signpost", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_an_export_is_the_configuration_whole(run: Run, data: Path, tmp_path: Path) -> None:
    to_file, to_stdout = run("export", "--data", data, "-o", tmp_path / "plan.json"), run("export", "--data", data)

    configuration = read_document((tmp_path / "plan.json").read_bytes())
    assert (to_file.code, to_file.out, to_file.err) == (0, "", "")
    assert configuration == read_document(to_stdout.out.encode())
    assert configuration.prepare().plan.decide("authentication", "device", {})[0].reason == "no_experiment"
    assert [path.name for path in tmp_path.iterdir() if "plan" in path.name] == ["plan.json"]


def test_an_export_that_cannot_be_written_leaves_what_was_there(run: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.json").mkdir()

    done = run("export", "--data", data, "-o", tmp_path / "plan.json")

    assert done.code == 1
    assert "plan.json" in done.err
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".plan")]


def test_a_token_is_printed_and_nothing_else(run: Run, data: Path) -> None:
    done = run("token", "--data", data)

    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", done.out)
    assert claims_of(done.out.strip())["scope"] == " ".join(SCOPES)


def test_a_token_of_a_client_for_a_scope(run: Run, data: Path) -> None:
    made = run(
        "clients", "create", "reader", "--scope", "read:experimentation read:logs", "--data", data, "--json"
    ).value

    done = run("token", "--client", made["client_id"], "--scope", "read:logs", "--data", data, "--json")

    assert claims_of(done.value["access_token"])["azp"] == made["client_id"]
    assert (done.value["scope"], done.value["token_type"]) == ("read:logs", "Bearer")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("token", "--client", "cli_unknown"), "There is no such client"),
        (("token", "--scope", "read:users"), "does not hold read:users"),
        (("token", "--tenant", "unknown"), "There is no such tenant."),
        (
            ("clients", "create", "x", "--scope", "read:users"),
            "read:users is no scope; there are create:experimentation",
        ),
        (("clients", "create", " "), "A client's name has 1 to 255 characters."),
        (("clients", "rotate", "cli_unknown"), "There is no such client."),
        (("clients", "revoke", "cli_unknown"), "There is no such client."),
        (("tenants", "show", "unknown"), "There is no such tenant."),
        (("tenants", "create", "default", "--domain", "x.example"), "Another tenant has this name or domain already."),
        (("tenants", "create", "x", "--domain", "https://x.example/"), "is no host name"),
        (("tenants", "create", "x", "--domain", "x.example", "--issuer", "https://i/"), "go together"),
        (
            ("tenants", "update", "default", "--issuer", "https://i/", "--jwks-uri", "http://i/jwks"),
            "must be an https address",
        ),
        (("tenants", "update", "default", "--holdout", "101"), "--holdout takes a percentage"),
        (("tenants", "update", "default", "--holdout", "-1"), "--holdout takes a percentage"),
        (("tenants", "update", "default", "--holdout", "0.00001"), "--holdout takes a percentage"),
        (("tenants", "update", "default", "--holdout", "5%"), "--holdout takes a percentage"),
        (("results", "holdout"), "There is no such holdout."),
        (("tenants", "override-key", "unknown"), "There is no such tenant."),
        (("results", "exp_unknown"), "There is no such experiment."),
        (("override", "exp_unknown", "--reason", "Look"), "There is no such experiment."),
        (("override", "exp_unknown", "--reason", " "), "--reason needs 1 to 255 characters"),
        (("override", "exp_unknown", "--reason", "Look", "--by", "x" * 256), "--by needs 1 to 255 characters"),
        (("override", "exp_unknown", "--reason", "Look", "--expires", "31d"), "--expires takes 60s to 30d"),
        (("override", "exp_unknown", "--reason", "Look", "--expires", "soon"), "--expires takes 60s to 30d"),
        (("override", "exp_unknown", "--reason", "Look", "--url", "login.example.com"), "--url must be"),
        (("override", "exp_unknown", "--reason", "Look", "--url", "https://[x"), "--url must be"),
        (("explain", "0000000000000000001"), "There is no log entry 0000000000000000001 in this tenant."),
        (("explain", "--unit", "x", "--experiment", "exp_unknown"), "There was no experiment exp_unknown at revision"),
        (("explain", "--unit", "x", "--experiment", "e", "--revision", "99"), "There is no revision 99; those of this"),
        (("explain", "--unit", "", "--experiment", "e"), "A unit has 1 to 512 characters."),
        (("explain", "--unit", "x" * 513, "--experiment", "e"), "A unit has 1 to 512 characters."),
        (("explain", "--unit", "\udcff", "--experiment", "e"), "is no UTF-8"),
        (("explain", "1", "--context", "shoe_size=42"), "'shoe_size' is no attribute; there are client_id"),
        (("explain", "1", "--context", "country=FR", "--context", "country=CA"), "country is given twice."),
        (("explain", "1", "--context", f"country={'x' * 4097}"), "country is over 4096 characters."),
        (("config", "--config", "nowhere.toml"), "nowhere.toml can't be read"),
        (("token", "--database", "nonsense"), "database: not a URL"),
    ],
)
def test_what_is_refused_is_said_in_one_sentence(run: Run, data: Path, words: tuple[str, ...], complaint: str) -> None:
    done = run(*words, "--data", data)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("signpost: ")
    assert done.err.count("\n") == 1
    assert complaint in done.err


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("serve", "--port", "many"),
        ("clients", "create"),
        ("audit", "--limit", "0"),
        ("token", "x"),
        ("explain",),
        ("explain", "1", "--unit", "x"),
        ("explain", "--unit", "x"),
        ("explain", "1", "--revision", "1"),
    ],
)
def test_wrong_usage_is_another_exit_code(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)

    assert (done.code, done.out) == (2, "")
    assert "Usage: signpost" in done.err


@pytest.mark.parametrize(
    "words", [("token",), ("clients", "list"), ("tenants", "list"), ("audit",), ("results", "exp_x")]
)
def test_a_command_makes_no_data_where_there_is_none(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(*words, "--data", tmp_path / "nothing")

    assert done.code == 1
    assert "start 'signpost serve' once" in done.err
    assert not (tmp_path / "nothing").exists()


def test_a_database_of_a_newer_version_is_left_alone(run: Run, data: Path) -> None:
    store = SqlStore(f"sqlite:///{data / 'signpost.db'}", SystemClock())
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()

    done = run("token", "--data", data)

    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "upgrade Signpost" in done.err


def test_a_file_that_is_no_database_is_said(run: Run, data: Path) -> None:
    (data / "signpost.db").write_text("nonsense" * 1000)
    for name in ("signpost.db-wal", "signpost.db-shm"):
        (data / name).unlink(missing_ok=True)

    done = run("token", "--data", data)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("signpost: ")
    assert "Traceback" not in done.err


def test_a_client_lives_and_ends(run: Run, data: Path) -> None:
    made = run("clients", "create", "deployer", "--data", data, "--json").value
    rotated = run("clients", "rotate", made["client_id"], "--data", data, "--json").value
    revoked = run("clients", "revoke", made["client_id"], "--data", data, "--json").value
    listed = run("clients", "list", "--data", data, "--json").value

    assert re.fullmatch(f"cli_{ID}", made["client_id"])
    assert len(made["client_secret"]) >= 43
    assert rotated["client_secret"] != made["client_secret"]
    assert revoked["status"] == "revoked"
    assert [client["status"] for client in listed] == ["active", "revoked"]
    assert all("client_secret" not in client for client in listed)
    assert run("token", "--client", made["client_id"], "--data", data).code == 1


def test_a_tenant_is_made_shown_changed_and_rotated(run: Run, data: Path) -> None:
    made = run("tenants", "create", "second", "--domain", "Second.example", "--data", data, "--json").value
    issuer = ("--issuer", "https://issuer.example/", "--jwks-uri", "https://issuer.example/jwks.json")
    changed = run("tenants", "update", "second", "--api-generation", "beta", *issuer, "--data", data, "--json").value
    shown = run("tenants", "show", "second.example", "--data", data, "--json").value
    without = run("tenants", "update", made["id"], "--no-issuer", "--data", data, "--json").value
    kids = [run("tenants", "rotate-key", "second", "--data", data).out for _ in range(2)]
    listed = run("tenants", "list", "--data", data, "--json").value

    assert made["audience"] == "https://second.example/api/v2/"
    assert made["client_secret"]
    assert (changed["api_generation"], changed["issuer"]) == ("beta", "https://issuer.example/")
    assert shown == changed
    assert "issuer" not in without
    assert kids[0] != kids[1]
    assert [(tenant["name"], tenant["is_default"]) for tenant in listed] == [("default", True), ("second", False)]
    token = run("token", "--tenant", "second", "--data", data).out.strip()
    assert claims_of(token)["iss"] == "https://second.example/"
    assert jwt.get_unverified_header(token)["kid"] == kids[1].strip()


def test_the_audit_trail_names_who_and_what_and_no_secret(run: Run, data: Path) -> None:
    made = run("clients", "create", "deployer", "--data", data, "--json").value
    run("clients", "revoke", made["client_id"], "--data", data)

    entries = run("audit", "--limit", "2", "--data", data, "--json").value

    assert [(entry["actor"], entry["action"], entry["kind"]) for entry in entries] == [
        ("cli", "update", "client"),
        ("cli", "create", "client"),
    ]
    assert entries[0]["before"]["id"] == made["client_id"]
    assert "secret_hash" not in str(entries)
    assert made["client_secret"] not in str(entries)


@pytest.mark.parametrize(
    ("words", "heads"),
    [
        (("tenants", "list"), ("name", "domain", "api_generation")),
        (("clients", "list"), ("id", "status", "scopes")),
        (("audit",), ("who", "what", "fields")),
        (("config",), ("setting", "value", "from")),
    ],
)
def test_people_get_tables(run: Run, data: Path, words: tuple[str, ...], heads: tuple[str, ...]) -> None:
    done = run(*words, "--data", data)

    assert (done.code, done.err) == (0, "")
    assert all(head in done.out for head in heads)


def test_the_settings_are_shown_with_their_sources_and_without_secrets(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "signpost.toml").write_text("workers = 3\n")
    monkeypatch.setenv("SIGNPOST_DATABASE", "postgresql://user:hunter2@db.example/signpost")
    monkeypatch.setenv("SIGNPOST_WORKERS", "")

    shown = run("config", "--data", "elsewhere", "--json")

    assert shown.value["data"] == {"value": "elsewhere", "source": "command line"}
    assert shown.value["workers"] == {"value": 3, "source": "signpost.toml"}
    assert shown.value["database"] == {
        "value": "postgresql://user:***@db.example/signpost",
        "source": "environment",
    }
    assert shown.value["port"]["source"] == "default"
    assert "hunter2" not in run("config").out


def test_a_database_that_does_not_answer_is_said_without_its_password(run: Run, data: Path) -> None:
    done = run("token", "--data", data, "--database", "postgresql://user:hunter2@127.0.0.1:1/signpost")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("signpost: The database does not answer")
    assert "hunter2" not in done.err


def test_the_version_is_one_number(run: Run) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("version").out)
    assert run("version", "--json").value == {"version": run("version").out.strip()}


COMMANDS = [
    ("serve",),
    ("tenants", "list"),
    ("tenants", "create"),
    ("tenants", "show"),
    ("tenants", "update"),
    ("tenants", "rotate-key"),
    ("clients", "list"),
    ("clients", "create"),
    ("clients", "rotate"),
    ("clients", "revoke"),
    ("token",),
    ("results",),
    ("explain",),
    ("audit",),
    ("config",),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_and_takes_the_same_options(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words, "--help")

    assert (done.code, done.err) == (0, "")
    for option in ("--data", "--database", "--config", "--json"):
        assert option in done.out


@pytest.fixture
def experiment(data: Path) -> str:
    """A draft of two variations in the data folder."""
    parts = open_parts(load_settings({"data": data}, {}).settings)
    (tenant,) = parts.store.tenants()
    with parts.store.writing(tenant.id, "tests") as workspace:
        workspace.flags.add(a_flag())
        workspace.variations.add(a_variation(1))
        workspace.variations.add(a_variation(2, overrides={"title": "Hello"}))
        workspace.experiments.add(an_experiment())
    parts.close()
    return an_experiment().id


def opened_with_its_key(run: Run, data: Path, token: str) -> SignedOverride:
    key = parse_override_key(run("tenants", "override-key", "default", "--data", data).out.strip())
    opened = open_override(token, key, SystemClock().now())
    assert isinstance(opened, SignedOverride)
    return opened


def test_an_override_is_a_token_that_is_in_the_audit_trail(run: Run, data: Path, experiment: str) -> None:
    words = ("override", "experiment-1", "--variation", "variation-2", "--reason", "Look at it", "--by", "ada")

    token = run(*words, "--data", data).out.strip()

    signed = opened_with_its_key(run, data, token)
    assert (signed.override.experiment_id, signed.override.variation_id) == (experiment, a_variation(2).id)
    assert (signed.reason, signed.made_by) == ("Look at it", "ada")
    (entry, *_) = run("audit", "--data", data, "--json").value
    assert (entry["kind"], entry["id"], entry["after"]["reason"]) == ("override", signed.id, "Look at it")
    assert token not in json.dumps(entry)
    assert run("audit", "--data", data).code == 0


def test_an_override_is_a_link_when_a_page_is_given(run: Run, data: Path, experiment: str) -> None:
    page = "https://login.example.com/start?client=app&experiment_override=old#top"

    link = run("override", experiment, "--reason", "Look", "--url", page, "--data", data).out.strip()

    start, end = "https://login.example.com/start?client=app&experiment_override=", "#top"
    assert link.startswith(start)
    assert link.endswith(end)
    token = link.removeprefix(start).removesuffix(end)
    assert opened_with_its_key(run, data, token).override.experiment_id == experiment


def test_an_override_says_all_of_itself_to_machines(run: Run, data: Path, experiment: str) -> None:
    shown = run("override", experiment, "--reason", "Look", "--expires", "1d", "--data", data, "--json").value

    assert list(shown) == ["id", "experiment_id", "reason", "made_by", "expires_at", "token"]
    assert opened_with_its_key(run, data, shown["token"]).id == shown["id"]


@pytest.mark.parametrize(("option", "thing"), [("--variation", "variation"), ("--segment", "segment")])
def test_an_override_needs_what_the_experiment_has(
    run: Run, data: Path, experiment: str, option: str, thing: str
) -> None:
    done = run("override", experiment, option, "nobody", "--reason", "Look", "--data", data)

    assert (done.code, done.err) == (1, f"signpost: There is no such {thing}.\n")


def test_plain_overrides_can_be_turned_off_and_on(run: Run, data: Path) -> None:
    off = run("tenants", "update", "default", "--plain-overrides", "off", "--data", data, "--json").value
    untouched = run("tenants", "update", "default", "--domain", "x.example", "--data", data, "--json").value
    on = run("tenants", "update", "default", "--plain-overrides", "on", "--data", data, "--json").value

    assert [shown["plain_overrides"] for shown in (off, untouched, on)] == [False, False, True]


def test_a_holdout_is_a_share_of_the_units_with_up_to_four_decimals(run: Run, data: Path) -> None:
    fresh = run("tenants", "show", "default", "--data", data, "--json").value
    shares = [
        run("tenants", "update", "default", "--holdout", share, "--data", data, "--json").value["holdout"]
        for share in ("5", "12.3456", "100", "0")
    ]

    assert fresh["holdout"] == 0
    assert shares == [5, 12.3456, 100, 0]
    assert run("results", "holdout", "--data", data, "--json").value["experiment_id"] == "holdout"
    assert "Held out (control)" in run("results", "holdout", "--data", data).out
