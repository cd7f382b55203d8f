"""Sending beside the sign-in."""

import logging
from threading import Event

import pytest

from signpost.signin.mail.mails import Mail, MailNotSentError
from signpost.signin.mail.sending import Sending

MAIL = Mail("ann@example.com", "Subject", "Text")


class Letterbox:
    """Takes mails, but for those that it is told to refuse; waits for `is_open` with each."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.is_open = Event()
        self.is_open.set()

    def send(self, tenant_id: str, mail: Mail) -> None:
        self.is_open.wait(10)
        if mail.subject == "refused":
            raise MailNotSentError("the box is full")
        if mail.subject == "broken":
            raise RuntimeError("a fault")
        self.taken.append(f"{tenant_id} {mail.subject}")


def a_mail(subject: str) -> Mail:
    return Mail("ann@example.com", subject, "Text")


def test_mails_go_out_in_their_order_and_none_is_left_at_the_end() -> None:
    box = Letterbox()
    sending = Sending(box)
    sending.start()

    for number in range(20):
        sending.send("t", a_mail(str(number)))
    sending.close()

    assert box.taken == [f"t {number}" for number in range(20)]
    assert sending.lost == 0


def test_nobody_waits_for_a_mail_server() -> None:
    box = Letterbox()
    box.is_open.clear()
    sending = Sending(box)
    sending.start()

    sending.send("t", a_mail("one"))
    sending.send("t", a_mail("two"))

    assert box.taken == [], "both calls came back before the first mail was taken"
    box.is_open.set()
    sending.close()
    assert box.taken == ["t one", "t two"]


def test_mails_that_are_not_taken_are_counted_and_the_next_go_out(caplog: pytest.LogCaptureFixture) -> None:
    box = Letterbox()
    sending = Sending(box)
    sending.start()

    with caplog.at_level(logging.WARNING, "signpost.mail"):
        for subject in ("refused", "broken", "fine"):
            sending.send("t", a_mail(subject))
        sending.close()

    assert box.taken == ["t fine"]
    assert sending.lost == 2
    assert "the box is full; 1 in all" in caplog.text
    assert "ann@example.com" not in caplog.text


def test_what_is_too_much_is_lost_and_counted_and_nobody_waits(caplog: pytest.LogCaptureFixture) -> None:
    sending = Sending(Letterbox(), waiting_max=2)

    for _ in range(5):
        sending.send("t", MAIL)

    assert sending.lost == 3
    assert "too many are waiting; 3 in all" in caplog.text


def test_a_mail_is_written_where_it_is_sent_and_not_where_it_is_asked_for() -> None:
    box, written = Letterbox(), list[str]()

    def write() -> Mail:
        written.append("once")
        return MAIL

    sending = Sending(box)
    sending.send_written("t", write)
    before = list(written)
    sending.start()
    sending.close()

    assert (before, written, box.taken) == ([], ["once"], ["t Subject"])


def test_what_fails_while_it_is_written_does_not_end_the_sending() -> None:
    def fail() -> Mail:
        raise LookupError("no storage")

    box = Letterbox()
    sending = Sending(box)
    sending.start()

    sending.send_written("t", fail)
    sending.send("t", MAIL)
    sending.close()

    assert (sending.lost, box.taken) == (1, ["t Subject"])
