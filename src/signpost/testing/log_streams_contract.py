"""What every store must do with log streams; `StoreContract` contains it. And what keeps their progress."""

from dataclasses import replace

import pytest

from signpost.model.errors import Kind, NameTakenError
from signpost.model.log_streams import FileSink, StreamStatus
from signpost.ports.log_streams import Progress, StreamProgress
from signpost.ports.paging import PageRequest
from signpost.ports.store import Store
from signpost.testing.builders import a_log_stream, a_tenant
from signpost.testing.repeatable import START

ACTOR = "tests"
FIRST, SECOND = a_tenant(1), a_tenant(2)


class LogStreamsContract:
    """The suite, over a store that has the first two tenants and nothing in them."""

    def test_log_streams_are_listed_as_they_were_made(self, store: Store) -> None:
        streams = [a_log_stream(3), a_log_stream(1, http=None, file=FileSink("audit.ndjson")), a_log_stream(2)]
        with store.writing(FIRST.id, ACTOR) as tenant:
            for stream in streams:
                tenant.log_streams.add(stream)

        with store.reading(FIRST.id) as tenant:
            assert tenant.log_streams.all() == tuple(streams)
            assert tenant.log_streams.get(streams[1].id) == streams[1]
            assert tenant.log_streams.get("nobody") is None

    def test_a_log_stream_is_changed_and_removed_and_its_secret_is_not_in_the_audit_trail(self, store: Store) -> None:
        stream = a_log_stream()
        changed = replace(stream, status=StreamStatus.SUSPENDED, suspended_because="status 500")
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.log_streams.add(stream)
            tenant.log_streams.replace(changed)

        with store.reading(FIRST.id) as tenant:
            assert tenant.log_streams.all() == (changed,)
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.log_streams.remove(stream.id)

        with store.reading(FIRST.id) as tenant:
            assert tenant.log_streams.all() == ()
            entries = tenant.audit.list(PageRequest(4)).items
        assert [(e.action, e.kind) for e in entries[:3]] == [
            ("delete", Kind.LOG_STREAM),
            ("update", Kind.LOG_STREAM),
            ("create", Kind.LOG_STREAM),
        ]
        assert "s3cret" not in repr(entries)
        assert "logs.example" in repr(entries)

    def test_the_name_of_a_log_stream_is_taken_once_per_tenant(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.log_streams.add(a_log_stream(1, name="same"))

        with pytest.raises(NameTakenError), store.writing(FIRST.id, ACTOR) as tenant:
            tenant.log_streams.add(a_log_stream(2, name="same"))
        with store.writing(SECOND.id, ACTOR) as tenant:
            tenant.log_streams.add(a_log_stream(2, name="same"))
            tenant.log_streams.remove(a_log_stream(1).id)

        with store.reading(FIRST.id) as tenant:
            assert len(tenant.log_streams.all()) == 1


class ProgressContract:
    """The suite of `StreamProgress`, over one that knows no stream."""

    def test_a_stream_that_was_never_delivered_has_an_empty_progress(self, progress: StreamProgress) -> None:
        assert progress.get("lst_1") == Progress()

    def test_progress_is_kept_for_each_stream(self, progress: StreamProgress) -> None:
        first = Progress("1" * 19, START, None, None)
        second = Progress(None, None, START, "status 500")

        progress.keep("lst_1", Progress("0" * 19))
        progress.keep("lst_1", first)
        progress.keep("lst_2", second)

        assert (progress.get("lst_1"), progress.get("lst_2")) == (first, second)

    def test_a_stream_is_forgotten(self, progress: StreamProgress) -> None:
        progress.keep("lst_1", Progress("1" * 19))

        progress.forget("lst_1")
        progress.forget("lst_1")

        assert progress.get("lst_1") == Progress()
