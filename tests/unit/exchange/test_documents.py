"""Configurations as documents."""

from dataclasses import replace

import pytest

from signpost.assignment import Configuration
from signpost.exchange import DocumentInvalidError, read_document, write_document
from signpost.model.experiments import Subject
from signpost.model.segments import Condition, Operator, Rule
from signpost.testing.builders import a_flag, a_segment, a_variation, an_experiment

RULES = (Rule((Condition("country", Operator.EQUALS, ("é",)),)),)
CONFIGURATION = Configuration("ten_1", 3, (a_flag(),), (a_variation(),), (a_segment(rules=RULES),), (an_experiment(),))


def test_what_is_written_is_read() -> None:
    assert read_document(write_document(CONFIGURATION)) == CONFIGURATION


def test_the_same_configuration_gives_the_same_bytes() -> None:
    assert write_document(CONFIGURATION) == write_document(read_document(write_document(CONFIGURATION)))


def test_a_document_that_is_cut_short_anywhere_is_refused() -> None:
    document = write_document(CONFIGURATION)

    for end in range(0, len(document), 7):
        with pytest.raises(DocumentInvalidError):
            read_document(document[:end])


@pytest.mark.parametrize("text", [b"[]", b'{"format":"1"}', b"\xff", b"[" * 100_000, b'{"format":1}'])
def test_something_else_is_refused(text: bytes) -> None:
    with pytest.raises(DocumentInvalidError):
        read_document(text)


def test_a_later_format_is_refused_and_says_what_to_do() -> None:
    with pytest.raises(DocumentInvalidError, match=r"has format 3.*use the same version"):
        read_document(b'{"format": 3,"configuration":"something new"}')


def test_a_configuration_with_accounts_has_a_format_that_an_older_reader_refuses() -> None:
    on_accounts = replace(CONFIGURATION, experiments=(an_experiment(subject=Subject.ACCOUNT),))

    assert write_document(CONFIGURATION).startswith(b'{"format":1,')
    assert write_document(on_accounts).startswith(b'{"format":2,')
    assert read_document(write_document(on_accounts)) == on_accounts


def test_fields_of_a_later_version_are_ignored() -> None:
    document = write_document(CONFIGURATION).replace(b'"revision":3', b'"revision":3,"colour":"red"', 1)

    assert read_document(document) == CONFIGURATION
