"""Joining and leaving exclusion groups. A group is there as long as an experiment names it."""

from dataclasses import dataclass, replace

from signpost.model.errors import FieldNotEditableError, FieldRefusedError
from signpost.model.experiments import ExclusionGroup, Experiment, ExperimentStatus, are_grouped, may_be_grouped
from signpost.model.ids import IdKind, salt_of
from signpost.ports.ids import IdFactory
from signpost.ports.store import Workspace


@dataclass(frozen=True, slots=True)
class GroupShare:
    """The group that an experiment is to be in, and the share of its million slots that it is to have."""

    name: str
    weight_slots: int


def join_group(tenant: Workspace, ids: IdFactory, share: GroupShare | None) -> ExclusionGroup | None:
    """Return the group as a new member has it: with the salt that the others have, or a new one if it is the first."""
    if share is None:
        return None
    others = (experiment.exclusion_group for experiment in tenant.experiments.all())
    salt = next((group.salt for group in others if group is not None and group.name == share.name), None)
    return ExclusionGroup(share.name, share.weight_slots, salt or salt_of(ids.make_id(IdKind.EXPERIMENT)))


def change_group(
    tenant: Workspace, ids: IdFactory, experiment: Experiment, share: GroupShare | None
) -> ExclusionGroup | None:
    """Return the group as it is to be. What has run keeps its group, and its slots until it is activated again.

    Raises:
        FieldNotEditableError: the experiment has run, and is to change its group.
    """
    current = experiment.exclusion_group
    if current is not None and share is not None and current.name == share.name:
        return replace(current, weight_slots=share.weight_slots)
    if experiment.status is not ExperimentStatus.DRAFT and (current is not None or share is not None):
        raise FieldNotEditableError(field="exclusion_group.name", status=experiment.status)
    return join_group(tenant, ids, share)


def check_subjects(tenant: Workspace, experiment: Experiment) -> None:
    """Check that all experiments of a group, but for those that are over, have one subject: by other ids nobody is kept apart.

    Raises:
        FieldRefusedError: they have not.
    """
    if experiment.exclusion_group is None:
        return
    for other in tenant.experiments.all():
        is_over = other.status in {ExperimentStatus.COMPLETED, ExperimentStatus.ARCHIVED}
        if other.id == experiment.id or is_over or not are_grouped(experiment, other):
            continue
        if not may_be_grouped(experiment, other):
            raise FieldRefusedError(
                "exclusion_group", f"is of experiments on {other.subject}, and this one is on {experiment.subject}"
            )
