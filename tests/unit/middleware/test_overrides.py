"""Forcing a variation by the query."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from signpost import Client, Override
from signpost.assignment import SignedOverride
from signpost.exchange import format_override_key, seal_override
from signpost.middleware import PlainOverrides, SignedOverrides
from signpost.middleware.arrivals import parse_query
from tests.unit.client.conftest import TWO, configuration, halves
from tests.unit.middleware.arriving import Clock, Request, begin, client

SECRET = b"s" * 32
NOW = Clock()
UNTIL = datetime.fromtimestamp(NOW(), UTC) + timedelta(hours=1)
TOKEN = seal_override(SignedOverride("ovr_1", Override(variation_id=TWO.id), "to see it", "ada", UNTIL), SECRET)


def test_nothing_is_forced_unless_the_settings_say_so() -> None:
    variations = {begin(Request(query=f"variation_id={TWO.id}"))[1].variation_id for _ in range(50)}

    assert len(variations) == 2


def test_plain_ids_force_a_variation_where_they_are_turned_on() -> None:
    _, experiment = begin(Request(query=f"a=b&variation_id={TWO.id}"), override=PlainOverrides(client()))

    assert experiment.config["title"] == "Welcome back"
    assert experiment.decision is not None
    assert experiment.decision.is_forced


def test_a_tenant_that_takes_no_plain_ids_is_obeyed(caplog: pytest.LogCaptureFixture) -> None:
    strict = Client.from_configuration(replace(configuration(halves()), plain_overrides=False))
    read = PlainOverrides(strict)

    assert read({"variation_id": TWO.id}) is None
    assert "plain_overrides_off" in caplog.text
    assert PlainOverrides(Client())({"variation_id": TWO.id}) is None


def test_a_signed_link_forces_a_variation(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    _, experiment = begin(
        Request(query=f"experiment_override={TOKEN}"), override=SignedOverrides(format_override_key(SECRET), NOW)
    )

    assert experiment.variation_id == TWO.id
    assert "ovr_1 by ada: to see it" in caplog.text


@pytest.mark.parametrize(
    ("token", "seconds", "problem"),
    [(TOKEN, 3_600, "token_expired"), (TOKEN[:-2] + "AA", 0, "token_invalid"), ("A" * 5_000, 0, "token_invalid")],
)
def test_a_link_that_is_not_good_is_ignored_and_logged(
    token: str, seconds: int, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    read = SignedOverrides(format_override_key(SECRET), Clock(NOW() + seconds))

    assert read({"experiment_override": token}) is None
    assert problem in caplog.text
    assert token not in caplog.text


def test_signed_links_leave_plain_ids_alone() -> None:
    assert SignedOverrides(format_override_key(SECRET))({"variation_id": TWO.id}) is None


def test_a_key_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="override key"):
        SignedOverrides("secret")


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {}),
        ("a=1&a=2&b=%20+", {"a": "1", "b": "  "}),
        ("a", {}),
        ("a=%FF", {"a": "�"}),
        ("a=" + "b" * 8_192, {}),
        ("a=1&" * 101, {}),
    ],
    ids=lambda value: str(value)[:10],
)
def test_a_query_is_read_as_far_as_it_makes_sense(query: str, fields: dict[str, str]) -> None:
    assert parse_query(query) == fields
