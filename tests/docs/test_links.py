"""What documents point at is there, and decision records have one form."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
FORM = re.compile(
    r"# (?P<number>\d+)\. \S.*\n\nDate: \d{4}-\d{2}-\d{2}(\nReplaced by: .*)?\n"
    r"\n## Context\n\n.+\n\n## Decision\n\n.+\n\n## Consequences\n\n.+\n",
    re.DOTALL,
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = LINK.findall(document.read_text())

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_records_have_one_form_and_are_numbered_without_gaps() -> None:
    found = [FORM.fullmatch(path.read_text()) for path in RECORDS]

    assert [path.name for path, form in zip(RECORDS, found, strict=True) if form is None] == []
    assert [int(form["number"]) for form in found if form] == list(range(1, len(RECORDS) + 1))
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_every_record_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()

    assert [path.name for path in RECORDS if f"](adr/{path.name})" not in index] == []
