"""The local outbox."""

import stat
from pathlib import Path

import pytest

from signpost.signin.mail.mails import Mail, MailNotSentError
from signpost.signin.mail.outbox import KEPT_MAX, Outbox
from signpost.testing.repeatable import SteppingClock


def a_mail(number: int = 1) -> Mail:
    return Mail("ann@example.com", f"Subject {number}", "Text\n", (f"http://localhost/{number}",))


def test_mails_are_kept_the_newest_first_by_tenant(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", SteppingClock())

    for number in range(3):
        outbox.send("ten_1", a_mail(number))
    outbox.send("ten_2", a_mail(9))

    kept = outbox.newest("ten_1", 2)
    assert [(mail.subject, mail.links) for mail in kept] == [
        ("Subject 2", ("http://localhost/2",)),
        ("Subject 1", ("http://localhost/1",)),
    ]
    assert [mail.subject for mail in outbox.newest("ten_2", 9)] == ["Subject 9"]
    assert outbox.newest("ten_3", 9) == ()


def test_nobody_else_on_the_machine_reads_it(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox", SteppingClock())
    outbox.send("ten_1", a_mail())

    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "outbox").rglob("*")}

    assert modes == {True: 0o700, False: 0o600}


def test_the_oldest_make_room(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, SteppingClock())

    for number in range(KEPT_MAX + 5):
        outbox.send("ten_1", a_mail(number))

    kept = outbox.newest("ten_1", 1_000)
    assert len(kept) == KEPT_MAX
    assert kept[-1].subject == "Subject 5"


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")

    with pytest.raises(MailNotSentError, match="outbox"):
        Outbox(tmp_path / "outbox", SteppingClock()).send("ten_1", a_mail())


def test_what_is_no_mail_is_left_out(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, SteppingClock())
    outbox.send("ten_1", a_mail())
    (tmp_path / "ten_1" / "99999999999999-00000000.json").write_text("{")
    (tmp_path / "ten_1" / "notes.json").write_text("no mail")
    (tmp_path / "ten_1" / "99999999999998-00000000.json").mkdir()

    assert len(outbox.newest("ten_1", 9)) == 1


def test_a_folder_that_is_none_holds_no_mail(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file")

    assert Outbox(tmp_path / "outbox", SteppingClock()).newest("ten_1", 9) == ()


def test_nothing_is_left_of_a_mail_that_could_not_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", fail)

    with pytest.raises(MailNotSentError, match="No space left"):
        Outbox(tmp_path, SteppingClock()).send("ten_1", a_mail())

    assert list((tmp_path / "ten_1").iterdir()) == []
