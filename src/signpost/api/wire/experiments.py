"""Experiments on the wire, as they come in."""

from collections.abc import Collection
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from signpost.api.wire.analysis_plans import AnalysisPlanBody
from signpost.api.wire.common import TEXT, Description, Name, PatchBody, Reference, RequestBody, said
from signpost.model import limits
from signpost.model.errors import FieldRefusedError, FieldUnknownError
from signpost.model.experiments import Allocation, DefaultConfig, ExperimentStatus, Strategy, Subject
from signpost.model.patches import UNSET
from signpost.model.tenants import Generation
from signpost.usecases.analysis_plans import PlanDraft
from signpost.usecases.exclusion_groups import GroupShare
from signpost.usecases.experiments import ExperimentChange, NewExperiment

EXTENSIONS = frozenset({"salt_of", "allow_shared_salt", "exclusion_group", "analysis_plan"})
"""Fields beyond the published API; a tenant of the beta generation has none of them."""
BEYOND = "Beyond the published API; not in the beta generation."

Status = Literal["draft", "active", "paused", "completed", "archived"]
StrategyName = Literal["percentage", "segment"]
DefaultConfigName = Literal["tenant", "flag"]
SubjectName = Literal["device", "account", "first_touch"]
Flow = Annotated[
    str,
    Field(
        min_length=1,
        max_length=limits.FLOW_MAX,
        pattern=TEXT,
        description="One of the known flows, or one of the tenant's own; `all` is every flow.",
        examples=["authentication"],
    ),
]
SLOTS_PER_PERCENT = limits.SLOTS // 100


def check_extensions(given: Collection[str], generation: Generation) -> None:
    """Check that a tenant of the beta generation is given nothing that the published API does not have.

    Raises:
        FieldUnknownError: it is.
    """
    unknown = sorted(EXTENSIONS.intersection(given))
    if unknown and generation is Generation.BETA:
        raise FieldUnknownError(unknown[0])


def _check_decimals(weight: float) -> float:
    if _slots_of(weight) % 1:
        raise said("A weight has at most 4 decimals")
    return weight


def _slots_of(weight: float) -> Decimal:
    """Return a weight in slots, exactly as its decimal digits say."""
    return Decimal(repr(weight)) * SLOTS_PER_PERCENT


GroupWeight = Annotated[
    float,
    Field(ge=1 / SLOTS_PER_PERCENT, le=100, description="The share of the group in percent, with at most 4 decimals."),
    AfterValidator(_check_decimals),
]
Weight = Annotated[
    float,
    Field(ge=0, le=100, description="A percentage with at most 4 decimals."),
    AfterValidator(_check_decimals),
]


def _check_levels(levels: list[int]) -> list[int]:
    if any(later <= earlier for earlier, later in pairwise(levels)):
        raise said("Levels are strictly increasing")
    return levels


Levels = Annotated[
    list[Annotated[int, Field(ge=0, le=100)]],
    Field(max_length=limits.LEVELS_MAX, description="Exposure percentages, strictly increasing; none is no ramp."),
    AfterValidator(_check_levels),
]


class AssignmentConfig(RequestBody):
    """What is randomised."""

    subject: Annotated[SubjectName, Field(description=f"`account` and `first_touch`: {BEYOND}")]


def check_subject(config: AssignmentConfig, generation: Generation) -> None:
    """Check that a tenant of the beta generation is given no other subject than the published API has.

    Raises:
        FieldRefusedError: it is.
    """
    if generation is Generation.BETA and Subject(config.subject) is not Subject.DEVICE:
        raise FieldRefusedError("assignment_config.subject", "has to be device in the beta generation")


class AllocationBody(RequestBody):
    """One share of the traffic."""

    variation_id: Reference
    is_control: bool
    weight: Weight = 0
    segment_id: Reference = ""
    priority: Annotated[int, Field(ge=1, le=2**31 - 1, description="1 is first.")] = 1
    is_fallback: bool = False

    def parse(self) -> Allocation:
        """Return the allocation as the model has it."""
        given = self.model_fields_set
        return Allocation(
            variation_id=self.variation_id,
            is_control=self.is_control,
            weight_slots=int(_slots_of(self.weight)) if "weight" in given else None,
            segment_id=self.segment_id if "segment_id" in given else None,
            priority=self.priority if "priority" in given else None,
            is_fallback=self.is_fallback if "is_fallback" in given else None,
        )


Allocations = Annotated[list[AllocationBody], Field(description=f"At most {limits.ALLOCATIONS_MAX}.")]


class ExclusionGroupBody(RequestBody):
    """The group of an experiment, and its share: no unit is in two experiments of one group."""

    name: Name
    weight: GroupWeight

    def parse(self) -> GroupShare:
        """Return the share as the use case takes it."""
        return GroupShare(self.name, int(_slots_of(self.weight)))


class ExperimentCreation(RequestBody):
    """A new experiment."""

    name: Name
    description: Description = ""
    feature_flag_id: Reference
    authentication_flow: Flow
    allocation_strategy: StrategyName = Field("percentage", description="`percentage` when left out.")
    assignment_config: AssignmentConfig = AssignmentConfig(subject="device")
    default_config: DefaultConfigName = "tenant"
    allocations: Allocations = Field([], validate_default=False)
    levels: Levels = Field([], validate_default=False)
    salt_of: Reference = Field("", description=f"An earlier experiment whose salt this one is to share. {BEYOND}")
    allow_shared_salt: bool = Field(False, description=f"Lets both run at once. {BEYOND}")
    exclusion_group: ExclusionGroupBody | None = Field(
        None, description=f"No unit is in two experiments of one group. {BEYOND}"
    )
    analysis_plan: AnalysisPlanBody | None = Field(
        None, description=f"How it is going to be judged; left out: as its flow is. {BEYOND}"
    )

    def parse(self) -> NewExperiment:
        """Return what the use case takes."""
        has_default = "default_config" in self.model_fields_set
        return NewExperiment(
            name=self.name,
            description=self.description or None,
            flag_id=self.feature_flag_id,
            flow=self.authentication_flow,
            strategy=Strategy(self.allocation_strategy),
            default_config=DefaultConfig(self.default_config) if has_default else None,
            allocations=tuple(allocation.parse() for allocation in self.allocations),
            levels=tuple(self.levels),
            salt_of=self.salt_of or None,
            allow_shared_salt=self.allow_shared_salt,
            exclusion_group=self.exclusion_group.parse() if self.exclusion_group is not None else None,
            analysis_plan=self.analysis_plan.parse() if self.analysis_plan is not None else None,
            subject=Subject(self.assignment_config.subject),
        )


class ExperimentPatch(PatchBody):
    """Changes to an experiment: the fields that `editable_fields` lists, and a status."""

    name: Name = ""
    description: Description | None = None
    authentication_flow: Flow = ""
    assignment_config: AssignmentConfig = AssignmentConfig(subject="device")
    default_config: DefaultConfigName = "tenant"
    allocations: Allocations = Field([], validate_default=False)
    levels: Levels = Field([], validate_default=False)
    allow_shared_salt: bool = Field(False, description=f"Lets experiments with one salt run at once. {BEYOND}")
    exclusion_group: ExclusionGroupBody | None = Field(
        None, description=f"Null leaves the group; of a paused experiment only the weight can change. {BEYOND}"
    )
    analysis_plan: AnalysisPlanBody | None = Field(
        None,
        description=f"Replaces the whole plan, null takes it away; a change after the start is shown as one. {BEYOND}",
    )
    status: Status = "draft"

    def parse(self) -> ExperimentChange:
        """Return what the use case takes."""
        return ExperimentChange(
            name=self.name if self.has("name") else UNSET,
            description=self.description if self.has("description") else UNSET,
            flow=self.authentication_flow if self.has("authentication_flow") else UNSET,
            default_config=DefaultConfig(self.default_config) if self.has("default_config") else UNSET,
            subject=Subject(self.assignment_config.subject) if self.has("assignment_config") else UNSET,
            allocations=tuple(a.parse() for a in self.allocations) if self.has("allocations") else UNSET,
            levels=tuple(self.levels) if self.has("levels") else UNSET,
            allow_shared_salt=self.allow_shared_salt if self.has("allow_shared_salt") else UNSET,
            exclusion_group=self._parse_group() if self.has("exclusion_group") else UNSET,
            analysis_plan=self._parse_plan() if self.has("analysis_plan") else UNSET,
            status=ExperimentStatus(self.status) if self.has("status") else UNSET,
        )

    def _parse_group(self) -> GroupShare | None:
        return self.exclusion_group.parse() if self.exclusion_group is not None else None

    def _parse_plan(self) -> PlanDraft | None:
        return self.analysis_plan.parse() if self.analysis_plan is not None else None


class ExperimentStatusChange(RequestBody):
    """The status that an experiment is to have."""

    status: Literal["active", "paused", "completed", "archived"]


class RampAdvance(RequestBody):
    """The level that a ramp is to go to."""

    target_level: Annotated[int, Field(ge=0, le=100)]
