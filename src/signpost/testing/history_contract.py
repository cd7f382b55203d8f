"""What every store must do with the past; `StoreContract` contains it."""

from dataclasses import replace

import pytest

from signpost.model.errors import Kind
from signpost.model.experiments import ExperimentStatus, SlotRange
from signpost.model.limits import SLOTS
from signpost.model.metric_catalogue import default_plan
from signpost.ports.paging import PageRequest
from signpost.ports.store import PastConfiguration, RevisionUnknownError, Store
from signpost.testing.builders import a_client, a_flag, a_metric, a_segment, a_tenant, a_variation, an_experiment
from signpost.testing.repeatable import START

ACTOR = "tests"
FIRST, SECOND = a_tenant(1), a_tenant(2)


class HistoryContract:
    """The suite, over a store that has the first two tenants and nothing in them."""

    def test_the_past_is_what_was_configured_after_each_revision(self, store: Store) -> None:
        flag, segment, experiment = (
            a_flag(),
            a_segment(),
            an_experiment(flag_snapshot=a_flag(), started_at=START, analysis_plan=default_plan("all")),
        )
        control, treatment = (
            a_variation(1),
            a_variation(2, overrides={"title": "Wélcome", "steps": 1.5, "x": [1, True]}),
        )
        paused = replace(experiment, status=ExperimentStatus.PAUSED, slot_ranges=(SlotRange(0, SLOTS, control.id),))
        with store.writing(FIRST.id, ACTOR) as tenant:
            for variation in (treatment, control):
                tenant.variations.add(variation)
            tenant.flags.add(flag)
            tenant.segments.add(segment)
            tenant.clients.add(a_client())
            tenant.metrics.add(a_metric())
            tenant.audit.note(Kind.OVERRIDE, a_client(2))
            tenant.experiments.add(replace(experiment, name="overwritten in the same transaction"))
            tenant.experiments.replace(experiment)
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.experiments.replace(paused)
            tenant.segments.remove(segment.id)
        store.replace_tenant(replace(FIRST, name="renamed"), ACTOR)
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.experiments.remove(experiment.id)

        with store.reading(FIRST.id) as tenant:
            first, second, third, fourth, fifth = (tenant.audit.at_revision(revision) for revision in range(1, 6))

        assert first == PastConfiguration(1, FIRST, {}, {}, {}, {})
        variations = {treatment.id: treatment, control.id: control}
        assert second == PastConfiguration(
            2, FIRST, {flag.id: flag}, variations, {segment.id: segment}, {experiment.id: experiment}
        )
        assert list(second.variations) == list(variations)
        assert repr(second.variations[treatment.id].overrides) == repr(treatment.overrides)
        assert third == replace(second, revision=3, segments={}, experiments={paused.id: paused})
        assert fourth == replace(third, revision=4, tenant=replace(FIRST, name="renamed"))
        assert fifth == replace(fourth, revision=5, experiments={})

    def test_the_past_of_some_things_is_asked_for_by_their_ids(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            for number in range(1, 4):
                tenant.flags.add(a_flag(number))
            tenant.experiments.add(an_experiment())

        with store.reading(FIRST.id) as tenant:
            past = tenant.audit.at_revision(2, {a_flag(2).id, "flg_nobody"})
            nothing = tenant.audit.at_revision(2, ())

        assert past == PastConfiguration(2, FIRST, {a_flag(2).id: a_flag(2)}, {}, {}, {})
        assert nothing == replace(past, flags={})

    def test_the_past_of_one_tenant_is_not_that_of_another(self, store: Store) -> None:
        for tenant_id, name in ((FIRST.id, "mine"), (SECOND.id, "yours")):
            with store.writing(tenant_id, ACTOR) as tenant:
                tenant.flags.add(a_flag(name=name))
        with store.writing(SECOND.id, ACTOR) as tenant:
            tenant.flags.add(a_flag(2))

        with store.reading(FIRST.id) as tenant:
            past = tenant.audit.at_revision(2)
            foreign = tenant.audit.at_revision(2, {a_flag(2).id, SECOND.id})

        assert past.tenant == foreign.tenant == FIRST
        assert past.flags == {a_flag().id: a_flag(name="mine")}
        assert foreign.flags == {}

    @pytest.mark.parametrize("revision", [-1, 0, 3, 1 << 62])
    def test_a_revision_that_was_not_has_no_past(self, store: Store, revision: int) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.flags.add(a_flag())

        with store.reading(FIRST.id) as tenant, pytest.raises(RevisionUnknownError) as refused:
            tenant.audit.at_revision(revision)

        assert (refused.value.revision, refused.value.newest) == (revision, 2)

    def test_what_is_kept_only_in_the_audit_trail_can_be_noted_there(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.audit.note(Kind.OVERRIDE, a_flag())

        with store.reading(FIRST.id) as tenant:
            entry = tenant.audit.list(PageRequest(1)).items[0]
            assert (entry.actor, entry.action, entry.kind, entry.entity_id) == (
                ACTOR,
                "create",
                Kind.OVERRIDE,
                a_flag().id,
            )
