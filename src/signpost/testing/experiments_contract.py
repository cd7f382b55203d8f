"""What every store has to do with experiments that are active."""

from dataclasses import replace

from signpost.model.experiments import ExclusionGroup, ExperimentStatus, Span
from signpost.ports.store import Store
from signpost.testing.builders import a_tenant, an_experiment

TENANT = a_tenant(1)


class ExperimentsContract:
    """Part of `StoreContract`."""

    def test_active_and_paused_ones_are_found_in_the_order_in_which_they_were_made(self, store: Store) -> None:
        with store.writing(TENANT.id, "tests") as tenant:
            for number, status in enumerate(ExperimentStatus, 1):
                tenant.experiments.add(an_experiment(number, status=status))

        with store.reading(TENANT.id) as tenant:
            found = [experiment.status for experiment in tenant.experiments.active_or_paused()]
        assert found == [ExperimentStatus.ACTIVE, ExperimentStatus.PAUSED]

    def test_several_of_one_group_are_active_in_one_flow(self, store: Store) -> None:
        members = [
            an_experiment(
                number,
                status=ExperimentStatus.ACTIVE,
                exclusion_group=ExclusionGroup("group", 10, "G" * 22, (Span(number * 10, number * 10 + 10),)),
            )
            for number in (1, 2)
        ]
        with store.writing(TENANT.id, "tests") as tenant:
            for member in members:
                tenant.experiments.add(member)

        with store.writing(TENANT.id, "tests") as tenant:
            assert tenant.experiments.active_or_paused() == tuple(members)
            tenant.experiments.replace(replace(members[0], status=ExperimentStatus.PAUSED))
        with store.reading(TENANT.id) as tenant:
            assert tenant.experiments.get(members[1].id) == members[1]
