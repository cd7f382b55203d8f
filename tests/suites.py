"""Published suites, which lie beside the project's checkout and not in it."""

from pathlib import Path

import pytest

SUITES = Path(__file__).parents[2] / "shared" / "suites"
UPSTREAM = {
    "openfeature": "github open-feature/spec, specification/assets/gherkin",
    "ofrep": "github open-feature/protocol, service/openapi.yaml",
}


def find_suite(name: str) -> Path:
    """Return a suite's folder; skip loudly where there is none."""
    folder = SUITES / name
    if not folder.is_dir():
        pytest.skip(f"MISSING: ../shared/suites/{name}; upstream has it in {UPSTREAM[name]}")
    return folder
