"""A browser before hosted sign-in."""

import json
from collections.abc import Iterator

import pytest

from tests.conftest import miss
from tests.e2e.chromium import DESKTOP, find_chromium, open_tab
from tests.e2e.conftest import StartServer
from tests.e2e.hosted.visitor import AXE, Visitor, serve_application


@pytest.fixture(scope="module")
def somebody(start_server: StartServer) -> Iterator[Visitor]:
    program = find_chromium()
    if program is None:
        miss("Chromium (Debian's package chromium)")
        return
    if not AXE.exists():
        miss("axe-core (run 'make sdks')")
    server = start_server()
    with serve_application() as application, open_tab(program) as tab:
        words = ["clients", "create", "Shop", "--type", "spa", "--callback", application.callback, "--json"]
        words += ["--callback", f"{application.url}/spa"]
        client_id = json.loads(server.run(*words, "--logout-url", application.url).stdout)["client_id"]
        yield Visitor(tab, server, application, client_id)


@pytest.fixture
def visitor(somebody: Visitor) -> Iterator[Visitor]:
    """A browser that was never here, at a desk, before pages as they come."""
    somebody.forget()
    somebody.tab.emulate(DESKTOP)
    somebody.found.clear()
    yield somebody
    assert {page: what for page, what in somebody.found.items() if what} == {}
