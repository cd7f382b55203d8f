"""Following a server's configuration, and going on without it."""

from pathlib import Path
from typing import Any

import pytest

from signpost.client.backoff import Backoff
from signpost.client.copies import Copies, Copy
from signpost.client.following import PAUSE_SECONDS, Following
from signpost.client.stats import Source
from signpost.exchange import write_document
from tests.unit.client.conftest import Scripted, configuration, halves


class Follower:
    """What a client is to a following."""

    def __init__(self, connection: Scripted, folder: Path | None = None, owner: str = "me") -> None:
        self.taken: list[Any] = []
        copies = Copies(folder, owner) if folder else None
        self.noticed: list[str | None] = []
        self.following = Following(connection, copies, Backoff(lambda: 1.0), self.taken.append, self.noticed.append)


def test_each_configuration_is_taken_once() -> None:
    connection = Scripted()
    follower = Follower(connection)

    waits = [follower.following.ask_once() for _ in range(3)]
    connection.plan = configuration(halves(), revision=2)
    follower.following.ask_once()

    assert waits == [PAUSE_SECONDS] * 3
    assert [taken.revision for taken in follower.taken] == [1, 2]
    assert follower.following.source is Source.SERVER


def test_an_hour_without_the_server_changes_nothing_and_asks_seldom() -> None:
    connection = Scripted()
    follower = Follower(connection)
    follower.following.ask_once()
    connection.is_up = False
    connection.asked, waited = 0, 0.0

    while waited < 3_600:
        waited += follower.following.ask_once()
    problem = follower.following.problem
    connection.is_up = True
    follower.following.ask_once()

    assert len(follower.taken) == 1
    assert problem == "nobody there"
    assert connection.asked < 150
    assert follower.following.problem is None
    assert follower.noticed == ["nobody there"] * (connection.asked - 1) + [None]


def test_a_start_without_the_server_decides_by_the_copy(tmp_path: Path) -> None:
    connection = Scripted()
    Follower(connection, tmp_path).following.ask_once()
    connection.is_up = False
    again = Follower(connection, tmp_path)

    again.following.start()
    again.following.close()

    assert again.taken == [configuration()]
    assert again.following.source is Source.CACHE


@pytest.mark.parametrize("end", [0, 1, 50, 200, -1])
def test_a_copy_that_is_cut_short_is_not_used(tmp_path: Path, end: int) -> None:
    copies = Copies(tmp_path, "me")
    copies.write(Copy(write_document(configuration()), '"1-a"'))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:end])

    assert copies.read() is None


def test_a_copy_with_one_bit_turned_is_not_used(tmp_path: Path) -> None:
    copies = Copies(tmp_path, "me")
    copies.write(Copy(write_document(configuration()), '"1-a"'))
    (file,) = tmp_path.iterdir()
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)

    assert copies.read() is None


def test_a_copy_belongs_to_one_server_and_client(tmp_path: Path) -> None:
    mine, others = Copies(tmp_path, "me"), Copies(tmp_path, "other")
    mine.write(Copy(b"{}", '"1-a"'))
    (file,) = tmp_path.iterdir()

    assert others.read() is None
    others.write(Copy(b"[]", '"1-b"'))
    assert mine.read() == Copy(b"{}", '"1-a"')
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_damaged_copy_is_replaced_by_the_next_good_one(tmp_path: Path) -> None:
    connection = Scripted()
    Follower(connection, tmp_path).following.ask_once()
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"\0" * 100)

    Follower(connection, tmp_path).following.ask_once()

    assert Copies(tmp_path, "me").read() is not None


def test_a_folder_that_cannot_be_written_keeps_nobody_from_deciding(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    follower = Follower(Scripted(), tmp_path / "file" / "folder")

    follower.following.ask_once()

    assert len(follower.taken) == 1


def test_a_document_that_cannot_be_used_leaves_what_was_there() -> None:
    connection = Scripted()
    follower = Follower(connection)
    follower.following.ask_once()

    connection.plan = b'{"format":3}'
    wait = follower.following.ask_once()
    problem = follower.following.problem
    connection.plan = configuration(revision=3)
    follower.following.ask_once()

    assert wait > PAUSE_SECONDS
    assert problem is not None
    assert "format 3" in problem
    assert follower.noticed == [problem, None]
    assert [taken.revision for taken in follower.taken] == [1, 3]
