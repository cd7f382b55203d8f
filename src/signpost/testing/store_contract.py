"""What every store must do: subclass `StoreContract` and give it a `store` fixture that has no tenant yet."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signpost.model.errors import Kind, NameTakenError, NotFoundError
from signpost.model.experiments import ExperimentStatus
from signpost.model.flags import FlagStatus, Origin, Parameter, ParameterType
from signpost.model.tenants import Client, Generation, Tenant
from signpost.ports.paging import PageRequest
from signpost.ports.store import Store
from signpost.testing.actions_contract import ActionsContract
from signpost.testing.builders import a_client, a_flag, a_segment, a_tenant, a_variation, an_experiment
from signpost.testing.experiments_contract import ExperimentsContract
from signpost.testing.history_contract import HistoryContract
from signpost.testing.log_streams_contract import LogStreamsContract
from signpost.testing.metrics_contract import MetricsContract

ACTOR = "tests"
FIRST, SECOND = a_tenant(1), a_tenant(2)
EVERYTHING = PageRequest(take=1000)
SHARED_STORE = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)

json_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
json_values = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | json_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(json_texts, inner, max_size=3),
    max_leaves=8,
)


def walk(store: Store, take: int) -> Iterator[str]:
    """Return the ids of the first tenant's flags, page by page."""
    after: int | None = None
    while True:
        with store.reading(FIRST.id) as tenant:
            page = tenant.flags.list(PageRequest(take, after))
        yield from (flag.id for flag in page.items)
        if page.next_after is None:
            return
        after = page.next_after


class StoreContract(ActionsContract, ExperimentsContract, HistoryContract, LogStreamsContract, MetricsContract):
    """The suite. It uses no clock and no id but those of the builders."""

    @pytest.fixture(autouse=True)
    def _two_tenants(self, store: Store) -> None:
        store.add_tenant(FIRST, ACTOR)
        store.add_tenant(SECOND, ACTOR)

    def test_what_was_added_is_there_as_it_was(self, store: Store) -> None:
        flag, segment, experiment = a_flag(), a_segment(), an_experiment()
        control, treatment = a_variation(1), a_variation(2, overrides={"title": "Welcome"})

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.add(flag)
            tenant.variations.add(control)
            tenant.variations.add(treatment)
            tenant.segments.add(segment)
            tenant.experiments.add(experiment)

        with store.reading(FIRST.id) as tenant:
            assert tenant.flags.get(flag.id) == flag
            assert tenant.segments.get(segment.id) == segment
            assert tenant.experiments.get(experiment.id) == experiment
            assert tenant.variations.of_flag(flag.id) == (control, treatment)
            assert tenant.variations.get_many({control.id, "nobody"}) == {control.id: control}

    def test_a_snapshot_and_its_order_of_keys_survive(self, store: Store) -> None:
        flag = a_flag(parameters={name: Parameter(ParameterType.NUMBER, 1) for name in "zaébc"})
        frozen = an_experiment(flag_snapshot=flag)

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.experiments.add(frozen)

        with store.reading(FIRST.id) as tenant:
            found = tenant.experiments.get(frozen.id)
            assert found is not None
            assert found.flag_snapshot is not None
            assert list(found.flag_snapshot.parameters) == list("zaébc")

    @settings(max_examples=30, deadline=None, suppress_health_check=SHARED_STORE)
    @given(value=json_values)
    def test_a_value_comes_back_to_the_letter(self, store: Store, value: Any) -> None:
        flag = a_flag(1_000, parameters={"x": Parameter(ParameterType.OBJECT, value)})

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.remove(flag.id)
            tenant.flags.add(flag)

        with store.reading(FIRST.id) as tenant:
            found = tenant.flags.get(flag.id)
            assert found is not None
            assert repr(found.parameters["x"].value) == repr(value)

    def test_one_tenant_never_sees_the_rows_of_another(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.add(a_flag())
            tenant.clients.add(a_client())

        with store.writing(SECOND.id, ACTOR) as tenant:
            assert tenant.flags.get(a_flag().id) is None
            assert tenant.flags.list(EVERYTHING).items == ()
            assert tenant.clients.all() == ()
            tenant.flags.replace(replace(a_flag(), name="stolen"))
            tenant.flags.remove(a_flag().id)
            tenant.flags.add(a_flag())

        with store.reading(FIRST.id) as tenant:
            assert tenant.flags.get(a_flag().id) == a_flag()

    def test_an_unknown_tenant_has_no_workspace(self, store: Store) -> None:
        with pytest.raises(NotFoundError), store.reading("ten_unknown"):
            pass
        with pytest.raises(NotFoundError), store.writing("ten_unknown", ACTOR):
            pass

    def test_a_block_that_fails_leaves_nothing(self, store: Store) -> None:
        before = store.revisions()[FIRST.id]

        with pytest.raises(ZeroDivisionError), store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.add(a_flag())
            raise ZeroDivisionError

        with store.reading(FIRST.id) as tenant:
            assert tenant.flags.get(a_flag().id) is None
        assert store.revisions()[FIRST.id] == before

    @pytest.mark.parametrize("kind", ["flags", "segments", "experiments"])
    def test_a_name_is_taken_once_per_tenant_and_kind(self, store: Store, kind: str) -> None:
        build: Any = {"flags": a_flag, "segments": a_segment, "experiments": an_experiment}[kind]
        with store.writing(FIRST.id, ACTOR) as tenant:
            getattr(tenant, kind).add(build(1, name="same"))
            getattr(tenant, kind).add(build(2, name="Same"))

        with pytest.raises(NameTakenError), store.writing(FIRST.id, ACTOR) as tenant:
            getattr(tenant, kind).add(build(3, name="same"))
        with pytest.raises(NameTakenError), store.writing(FIRST.id, ACTOR) as tenant:
            getattr(tenant, kind).replace(build(2, name="same"))
        with store.writing(SECOND.id, ACTOR) as tenant:
            getattr(tenant, kind).add(build(3, name="same"))

    def test_the_name_of_a_variation_is_taken_once_per_flag(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.variations.add(a_variation(1, name="same"))
            tenant.variations.add(a_variation(2, name="same", flag_id=a_flag(2).id))

        with pytest.raises(NameTakenError), store.writing(FIRST.id, ACTOR) as tenant:
            tenant.variations.add(a_variation(3, name="same"))

    def test_a_removed_flag_takes_its_variations_along(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.add(a_flag())
            tenant.variations.add(a_variation(1))
            tenant.variations.add(a_variation(2, flag_id=a_flag(2).id))

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.remove(a_flag().id)

        with store.reading(FIRST.id) as tenant:
            assert tenant.variations.get(a_variation(1).id) is None
            assert tenant.variations.get(a_variation(2).id) is not None

    def test_everything_of_a_kind_is_listed_as_it_was_made_and_only_the_tenants(self, store: Store) -> None:
        flags = [a_flag(number, name=f"flag {number}") for number in (3, 1, 2)]
        variations = [a_variation(number, name=f"variation {number}") for number in (3, 1, 2)]
        segments = [a_segment(number, name=f"segment {number}") for number in (3, 1, 2)]

        with store.writing(FIRST.id, ACTOR) as tenant:
            for flag, variation, segment in zip(flags, variations, segments, strict=True):
                tenant.flags.add(flag)
                tenant.variations.add(variation)
                tenant.segments.add(segment)

        with store.reading(FIRST.id) as tenant:
            assert tenant.flags.all() == tuple(flags)
            assert tenant.variations.all() == tuple(variations)
            assert tenant.segments.all() == tuple(segments)
        with store.reading(SECOND.id) as tenant:
            assert (tenant.flags.all(), tenant.variations.all(), tenant.segments.all()) == ((), (), ())

    def test_filters_narrow_lists(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.add(a_flag(1, status=FlagStatus.DRAFT))
            tenant.flags.add(a_flag(2, type=Origin.AUTH0))
            tenant.experiments.add(an_experiment(1, flow="password_reset"))
            tenant.experiments.add(an_experiment(2, status=ExperimentStatus.ARCHIVED))
            tenant.experiments.add(an_experiment(3, flag_id=a_flag(2).id))

            def ids(**filters: Any) -> list[str]:
                return [e.id for e in tenant.experiments.list(EVERYTHING, **filters).items]

            assert [f.id for f in tenant.flags.list(EVERYTHING, status=FlagStatus.DRAFT).items] == [a_flag(1).id]
            assert [f.id for f in tenant.flags.list(EVERYTHING, type=Origin.AUTH0).items] == [a_flag(2).id]
            assert ids() == [an_experiment(1).id, an_experiment(3).id]
            assert ids(status=ExperimentStatus.ARCHIVED) == [an_experiment(2).id]
            assert ids(flow="password_reset") == [an_experiment(1).id]
            assert ids(flag_id=a_flag(2).id) == [an_experiment(3).id]
            assert [e.id for e in tenant.experiments.all()] == [an_experiment(n).id for n in (1, 2, 3)]

    def test_what_an_experiment_uses_is_known_until_it_is_archived(self, store: Store) -> None:
        experiment = an_experiment()
        targeted = replace(experiment.allocations[1], segment_id=a_segment().id)
        experiment = replace(experiment, allocations=(experiment.allocations[0], targeted))

        def uses() -> tuple[bool, bool, bool, bool]:
            with store.reading(FIRST.id) as tenant:
                experiments = tenant.experiments
                return (
                    experiments.uses_flag(experiment.flag_id),
                    experiments.uses_variation(targeted.variation_id),
                    experiments.uses_segment(a_segment().id),
                    experiments.uses_variation(a_variation(3).id),
                )

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.experiments.add(experiment)
        assert uses() == (True, True, True, False)

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.experiments.replace(replace(experiment, allocations=experiment.allocations[:1]))
        assert uses() == (True, False, False, False)

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.experiments.replace(replace(experiment, status=ExperimentStatus.ARCHIVED))
        assert uses() == (False, False, False, False)

    def test_a_walk_neither_repeats_nor_skips_while_rows_come_and_go(self, store: Store) -> None:
        numbers = count(1)
        with store.writing(FIRST.id, ACTOR) as tenant:
            stay = [a_flag(next(numbers)) for _ in range(20)]
            for flag in stay:
                tenant.flags.add(flag)
        doomed = {flag.id for flag in stay[::3]}

        seen: list[str] = []
        for flag_id in walk(store, take=3):
            seen.append(flag_id)
            with store.writing(FIRST.id, ACTOR) as tenant:
                if len(seen) < 15:
                    tenant.flags.add(a_flag(next(numbers)))
                if flag_id in doomed:
                    tenant.flags.remove(flag_id)

        assert len(seen) == len(set(seen))
        assert [flag_id for flag_id in seen if flag_id in {f.id for f in stay}] == [flag.id for flag in stay]

    def test_the_position_of_a_removed_row_is_never_given_again(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            for number in (1, 2):
                tenant.flags.add(a_flag(number))
            after = tenant.flags.list(PageRequest(1)).next_after
            tenant.flags.remove(a_flag(2).id)
            tenant.flags.remove(a_flag(1).id)

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.add(a_flag(3))

            assert [f.id for f in tenant.flags.list(PageRequest(5, after)).items] == [a_flag(3).id]

    def test_every_change_leaves_a_row_and_one_revision_per_transaction(self, store: Store) -> None:
        before = store.revisions()[FIRST.id]
        changed = replace(a_flag(), name="changed")

        with store.writing(FIRST.id, "somebody") as tenant:
            tenant.flags.add(a_flag())
            tenant.flags.replace(changed)
            tenant.flags.remove(changed.id)

        with store.reading(FIRST.id) as tenant:
            entries = tenant.audit.list(PageRequest(3)).items
        assert store.revisions()[FIRST.id] == before + 1
        assert [(e.action, e.actor, e.kind, e.revision) for e in entries] == [
            (action, "somebody", Kind.FLAG, before + 1) for action in ("delete", "update", "create")
        ]
        created = entries[2].after
        assert created is not None
        assert created["name"] == a_flag().name
        assert entries[2].before is None
        assert entries[1].before == created
        assert entries[0].after is None

    def test_the_audit_trail_is_paged_newest_first(self, store: Store) -> None:
        for number in range(1, 6):
            with store.writing(FIRST.id, ACTOR) as tenant:
                tenant.flags.add(a_flag(number))

        with store.reading(FIRST.id) as tenant:
            first = tenant.audit.list(PageRequest(4))
            second = tenant.audit.list(PageRequest(4, first.next_after))

        assert [e.entity_id for e in first.items] == [a_flag(n).id for n in (5, 4, 3, 2)]
        assert [e.kind for e in second.items] == [Kind.FLAG, Kind.TENANT]
        assert second.next_after is None

    def test_the_audit_trail_of_one_thing_is_paged_alike(self, store: Store) -> None:
        watched = a_flag(1)
        for number in range(1, 4):
            with store.writing(FIRST.id, ACTOR) as tenant:
                tenant.flags.add(a_flag(number))
        for name in ("changed", "changed again"):
            with store.writing(FIRST.id, ACTOR) as tenant:
                tenant.flags.replace(replace(watched, name=name))

        with store.reading(FIRST.id) as tenant:
            first = tenant.audit.list(PageRequest(2), entity_id=watched.id)
            second = tenant.audit.list(PageRequest(2, first.next_after), entity_id=watched.id)

        assert [e.after and e.after["name"] for e in first.items] == ["changed again", "changed"]
        assert [e.action for e in second.items] == ["create"]
        assert second.next_after is None

    def test_writing_what_is_there_already_changes_nothing(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.add(a_flag())
        before = store.revisions()[FIRST.id]

        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.replace(a_flag())
            tenant.flags.remove("flg_nobody")
            tenant.flags.replace(a_flag(2))

        assert store.revisions()[FIRST.id] == before

    def test_a_list_of_ones_is_not_a_list_of_trues(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.variations.add(a_variation(1, overrides={"x": [1]}))
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.variations.replace(a_variation(1, overrides={"x": [True]}))

        with store.reading(FIRST.id) as tenant:
            found = tenant.variations.get(a_variation(1).id)
        assert found is not None
        assert found.overrides["x"][0] is True

    def test_no_secret_is_in_the_audit_trail(self, store: Store) -> None:
        client: Client = a_client(secret_hash="confidential")  # noqa: S106
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.clients.add(client)

        with store.reading(FIRST.id) as tenant:
            assert tenant.clients.get(client.id) == client
            assert "confidential" not in repr(tenant.audit.list(EVERYTHING).items)

    def test_a_reader_sees_one_moment(self, store: Store) -> None:
        with store.reading(FIRST.id) as tenant:
            assert tenant.flags.list(EVERYTHING).items == ()
            with store.writing(FIRST.id, ACTOR) as writer:
                writer.flags.add(a_flag())

            assert tenant.flags.list(EVERYTHING).items == ()
            assert tenant.segments.list(EVERYTHING).items == ()

    def test_tenants_are_listed_and_changed(self, store: Store) -> None:
        renamed: Tenant = replace(SECOND, name="renamed", api_generation=Generation.BETA)
        before = store.revisions()[SECOND.id]

        store.replace_tenant(renamed, ACTOR)

        assert store.tenants() == (FIRST, renamed)
        assert store.revisions()[SECOND.id] == before + 1
        with store.reading(SECOND.id) as tenant:
            assert tenant.tenant == renamed
            assert tenant.audit.list(EVERYTHING).items[0].kind is Kind.TENANT

    @pytest.mark.parametrize(
        "changes",
        [{"name": FIRST.name}, {"domain": FIRST.domain}, {"is_default": True}],
        ids=["name", "domain", "default"],
    )
    def test_names_domains_and_the_default_are_one_tenants(self, store: Store, changes: dict[str, Any]) -> None:
        with pytest.raises(NameTakenError):
            store.add_tenant(a_tenant(3, **changes), ACTOR)
        with pytest.raises(NameTakenError):
            store.replace_tenant(replace(SECOND, **changes), ACTOR)

        assert store.tenants() == (FIRST, SECOND)

    def test_a_tenant_that_is_not_there_can_not_be_changed(self, store: Store) -> None:
        with pytest.raises(NotFoundError):
            store.replace_tenant(a_tenant(9), ACTOR)

    def test_a_store_with_its_schema_is_ready(self, store: Store) -> None:
        assert store.is_ready()
