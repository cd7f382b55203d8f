"""What every store must do with metrics and plans; `StoreContract` contains it."""

from dataclasses import replace

import pytest

from signpost.model.alarms import Alarm
from signpost.model.analysis_plans import AnalysisPlan, OnBreach, RampStep
from signpost.model.errors import Kind, NameTakenError
from signpost.ports.paging import PageRequest
from signpost.ports.store import Store
from signpost.testing.builders import a_metric, a_tenant, an_experiment
from signpost.testing.repeatable import START

ACTOR = "tests"
FIRST, SECOND = a_tenant(1), a_tenant(2)


class MetricsContract:
    """The suite, over a store that has the first two tenants and nothing in them."""

    def test_metrics_are_listed_as_they_were_made(self, store: Store) -> None:
        metrics = [a_metric(number) for number in (3, 1, 2)]
        with store.writing(FIRST.id, ACTOR) as tenant:
            for metric in metrics:
                tenant.metrics.add(metric)

        with store.reading(FIRST.id) as tenant:
            assert tenant.metrics.all() == tuple(metrics)
            assert tenant.metrics.find(metrics[1].name) == metrics[1]
            assert tenant.metrics.find("nobody") is None

    def test_a_plan_and_alarms_are_kept_with_their_experiment(self, store: Store) -> None:
        plan = AnalysisPlan((a_metric().metric,), minimum_effect=0.02, ramp=RampStep(24, 1_000))
        alarm = Alarm("lockouts", "var_1", "Harmed.", OnBreach.PAUSE, START, told_at=START)
        experiment = an_experiment(analysis_plan=plan, alarms=(alarm,))
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.experiments.add(experiment)

        with store.reading(FIRST.id) as tenant:
            assert tenant.experiments.get(experiment.id) == experiment
            assert tenant.audit.at_revision(2).experiments == {experiment.id: experiment}

    def test_a_metric_is_changed_renamed_and_removed(self, store: Store) -> None:
        first, second = a_metric(1), a_metric(2)
        changed = replace(first, metric=replace(first.metric, name="renamed", margin=0.2))
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.metrics.add(first)
            tenant.metrics.add(second)
            tenant.metrics.replace(changed)
            tenant.metrics.remove(second.id)

        with store.reading(FIRST.id) as tenant:
            assert tenant.metrics.all() == (changed,)
            assert tenant.metrics.find("renamed") == changed
            assert tenant.metrics.find(first.name) is None
            entries = tenant.audit.list(PageRequest(4)).items
        assert [(e.action, e.kind, e.entity_id) for e in entries] == [
            ("delete", Kind.METRIC, second.id),
            ("update", Kind.METRIC, first.id),
            ("create", Kind.METRIC, second.id),
            ("create", Kind.METRIC, first.id),
        ]

    def test_the_name_of_a_metric_is_taken_once_per_tenant(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.metrics.add(a_metric(1, name="same"))
            tenant.metrics.add(a_metric(2))

        with pytest.raises(NameTakenError), store.writing(FIRST.id, ACTOR) as tenant:
            tenant.metrics.add(a_metric(3, name="same"))
        with pytest.raises(NameTakenError), store.writing(FIRST.id, ACTOR) as tenant:
            tenant.metrics.replace(a_metric(2, name="same"))
        with store.writing(SECOND.id, ACTOR) as tenant:
            tenant.metrics.add(a_metric(3, name="same"))

    def test_a_tenant_s_metrics_are_its_own(self, store: Store) -> None:
        with store.writing(FIRST.id, ACTOR) as tenant:
            tenant.metrics.add(a_metric())

        with store.writing(SECOND.id, ACTOR) as tenant:
            assert tenant.metrics.find(a_metric().name) is None
            assert tenant.metrics.all() == ()
            tenant.metrics.replace(a_metric(name="stolen"))
            tenant.metrics.remove(a_metric().id)

        with store.reading(FIRST.id) as tenant:
            assert tenant.metrics.all() == (a_metric(),)
