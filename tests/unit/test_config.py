"""Settings: who has the last word, and what is said of a wrong one."""

from pathlib import Path
from typing import Any

import pytest

from signpost.config import SettingsError, load_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "signpost.toml").write_text('port = 1000\nhost = "127.0.0.2"\nworkers = 2\n')
    return tmp_path


def test_the_command_line_goes_before_the_environment_before_the_file_before_the_default(folder: Path) -> None:
    effective = load_settings(
        {"port": 3000, "data": None}, {"SIGNPOST_PORT": "2000", "SIGNPOST_HOST": "127.0.0.3"}, folder=folder
    )

    settings = effective.settings
    assert (settings.port, settings.host, settings.workers, settings.log_level) == (3000, "127.0.0.3", 2, "info")
    assert {name: effective.sources[name] for name in ("port", "host", "workers", "log_level")} == {
        "port": "command line",
        "host": "environment",
        "workers": str(folder / "signpost.toml"),
        "log_level": "default",
    }


def test_a_named_file_is_read_instead_of_the_folders(folder: Path, tmp_path: Path) -> None:
    named = tmp_path / "other.toml"
    named.write_text("port = 4000\n")

    settings = load_settings({}, {}, named, folder).settings

    assert (settings.port, settings.workers) == (4000, 1)


def test_without_anything_it_is_loopback_and_one_process(tmp_path: Path) -> None:
    settings = load_settings({}, {"PATH": "/bin", "SIGNPOST_HOST": ""}, folder=tmp_path).settings

    assert (settings.host, settings.port, settings.workers, settings.tls) == ("127.0.0.1", 8080, 1, False)
    assert settings.database_url == f"sqlite:///{settings.data.absolute()}/signpost.db"


@pytest.mark.parametrize("said", ["1", "true", "yes"])
def test_the_environment_speaks_words(said: str, tmp_path: Path) -> None:
    assert load_settings({}, {"SIGNPOST_TLS": said}, folder=tmp_path).settings.tls is True


@pytest.mark.parametrize(
    ("given", "environment", "file", "complaint"),
    [
        ({}, {"SIGNPOST_PROT": "1"}, "", r"^SIGNPOST_PROT is not a setting; did you mean port\? \(environment\)\.$"),
        ({}, {}, "wrokers = 1", r"^wrokers is not a setting; did you mean workers\? \(.*signpost\.toml\)\.$"),
        ({}, {}, "xyzzy = 1", r"^xyzzy is not a setting \(.*signpost\.toml\)\.$"),
        ({"port": 65_536}, {}, "", r"^port: .*65535 \(command line\)\.$"),
        ({}, {"SIGNPOST_PORT": "many"}, "", r"^SIGNPOST_PORT: .*integer.* \(environment\)\.$"),
        ({}, {}, "workers = 0", r"^workers: .* \(.*signpost\.toml\)\.$"),
        ({}, {}, 'log_level = "loud"', r"^log_level: "),
        ({}, {}, "rate_limit = -1", r"^rate_limit: "),
        ({}, {}, "[port]\nnumber = 1", r"^port: "),
        ({}, {}, "port =", r"signpost\.toml can't be read: "),
        ({"database": "mysql://u:p@h/d"}, {}, "", r"^database: mysql is not supported"),
        ({"database": "nonsense"}, {}, "", r"^database: not a URL"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(
    tmp_path: Path, given: dict[str, Any], environment: dict[str, str], file: str, complaint: str
) -> None:
    (tmp_path / "signpost.toml").write_text(file)

    with pytest.raises(SettingsError, match=complaint):
        load_settings(given, environment, folder=tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"port = 1\nport = 2"])
def test_a_file_that_is_none_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "signpost.toml").write_bytes(content)

    with pytest.raises(SettingsError, match=r"can't be read"):
        load_settings({}, {}, folder=tmp_path)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml can't be read"):
        load_settings({}, {}, tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("database", "shown"),
    [
        ("postgresql://user:hunter2@db.example/signpost", "postgresql://user:***@db.example/signpost"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
        (None, None),
    ],
)
def test_what_is_shown_holds_no_password(tmp_path: Path, database: str | None, shown: str | None) -> None:
    effective = load_settings({"database": database}, {}, folder=tmp_path)

    assert effective.shown()["database"]["value"] == shown
    assert "hunter2" not in str(effective.shown())


def test_a_password_in_the_query_is_not_shown_either(tmp_path: Path) -> None:
    url = "postgresql://db.example/signpost?user=u&password=hunter2"

    assert "hunter2" not in str(load_settings({"database": url}, {}, folder=tmp_path).shown())
