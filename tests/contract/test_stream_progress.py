"""Whatever keeps the progress of streams passes the contract suite."""

from pathlib import Path

import pytest

from signpost.events.progress import MemoryProgress, ProgressFiles
from signpost.ports.log_streams import Progress, StreamProgress
from signpost.testing.log_streams_contract import ProgressContract


class TestMemory(ProgressContract):
    @pytest.fixture
    def progress(self) -> StreamProgress:
        return MemoryProgress()


class TestFiles(ProgressContract):
    @pytest.fixture
    def progress(self, tmp_path: Path) -> StreamProgress:
        return ProgressFiles(tmp_path / "streams")

    def test_another_process_sees_it(self, progress: StreamProgress, tmp_path: Path) -> None:
        progress.keep("lst_1", Progress("1" * 19))

        assert ProgressFiles(tmp_path / "streams").get("lst_1") == Progress("1" * 19)

    def test_a_file_that_holds_something_else_is_named(self, progress: StreamProgress, tmp_path: Path) -> None:
        progress.keep("lst_1", Progress("1" * 19))
        path = tmp_path / "streams" / "lst_1.json"
        path.write_text("{")

        with pytest.raises(OSError, match=r"lst_1\.json"):
            progress.get("lst_1")
