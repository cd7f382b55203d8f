"""The bodies of the runtime routes."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from signpost.model.limits import TEXT_MAX, UNIT_MAX

UNITS_MAX = 1_000
ATTRIBUTES_MAX = 100
HEADERS_MAX = 200
VALUE_MAX = 4_096

Unit = Annotated[str, Meta(min_length=1, max_length=UNIT_MAX, description="The id that is randomised: a device id.")]
AccountId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=UNIT_MAX,
        description="Whose account it is, where that is known: what the experiments on accounts go by.",
    ),
]
Text = Annotated[str, Meta(max_length=TEXT_MAX)]
Value = Annotated[str, Meta(max_length=VALUE_MAX)]
Attributes = Annotated[
    dict[Text, Value | None],
    Meta(
        max_length=ATTRIBUTES_MAX,
        description="What segments ask for, by attribute name; null is the same as absent. What is said here is taken as it"
        " is, and goes before everything that could be derived.",
    ),
]
Headers = Annotated[
    dict[Text, Value | None],
    Meta(max_length=HEADERS_MAX, description="The request's headers, if that is easier; `user-agent` is used."),
]


class Override(Struct, frozen=True, forbid_unknown_fields=True):
    """Forces an assignment for this one decision, in any status of the experiment. It is recorded, marked, never counted.

    Either plain, by ids, or signed; a `token` counts alone.
    """

    experiment_id: Text | None = None
    variation_id: Text | None = None
    segment_id: Text | None = None
    token: Annotated[
        Value | None, Meta(description="What `signpost override` has made: `experiment_override` in its link.")
    ] = None


class Asker(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known of who asks. In the fields of a batch: what holds for every unit that does not say otherwise."""

    context: Attributes | None = None
    user_agent: Annotated[
        Value | None, Meta(description="The raw header; `browser`, `platform` and `device_type` are derived from it.")
    ] = None
    ip: Annotated[Text | None, Meta(description="`country` and `region` are derived from it.")] = None
    headers: Headers | None = None
    session_id: Annotated[
        Text | None,
        Meta(description="Of the sign-in transaction; later events of the same session belong to the exposure."),
    ] = None
    client_id: Text | None = None
    connection: Text | None = None
    connection_type: Text | None = None
    organization_id: Text | None = None
    domain: Text | None = None
    account_id: AccountId | None = None


class BatchItem(Asker, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One unit of a batch."""

    unit: Unit


class DecisionRequest(Asker, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Asks for the decision on one `unit`, or on each of `units`."""

    flow: Annotated[str, Meta(min_length=1, max_length=TEXT_MAX, description="The authentication flow.")]
    unit: Unit | UnsetType = UNSET
    units: Annotated[list[BatchItem], Meta(min_length=1, max_length=UNITS_MAX)] | UnsetType = UNSET
    override: Override | None = None
    record: Annotated[
        bool, Meta(description="False: only look. No exposure is recorded, and no assignment token is given.")
    ] = True


class ExperimentContext(Struct, frozen=True):
    """The experiment that the unit is in, and what to show."""

    experiment_id: str
    variation_id: str
    variation_name: str
    config: Annotated[Mapping[str, Any], Meta(description='Every parameter by its name, as `{"value": …}`.')]
    is_control: bool


class Decision(Struct, frozen=True):
    """A decision. `experiment` is null when the baseline is to be shown; `reason` says why."""

    experiment: ExperimentContext | None
    reason: str
    revision: Annotated[int, Meta(description="Of the tenant's configuration that decided.")]
    assignment_token: Annotated[
        str | UnsetType,
        Meta(description="Sent along with later events, it tells what they belong to. Only for recorded exposures."),
    ] = UNSET
    is_forced: bool | UnsetType = UNSET
    override_ignored: Annotated[
        str | UnsetType,
        Meta(
            description="Why an override was not obeyed, so that this is the decision without it: `token_invalid`,"
            " `token_expired`, `plain_overrides_off`, or `target_not_found`."
        ),
    ] = UNSET


class UnitDecision(Decision, frozen=True, kw_only=True):
    """The decision on one unit of a batch."""

    unit: str


class Decisions(Struct, frozen=True):
    """The decisions of a batch, in the order of its units."""

    decisions: list[UnitDecision]


class LineProblem(Struct, frozen=True):
    """What is wrong with one event: its line, or its place in the array, counted from 1."""

    line: int
    message: str


class EventsReply(Struct, frozen=True, omit_defaults=True):
    """What became of the events that were sent."""

    accepted: Annotated[int, Meta(description="Events that are kept now and were not before.")]
    duplicates: Annotated[int, Meta(description="Events whose id was kept already.")]
    rejected: Annotated[list[LineProblem], Meta(description="Events that were not kept.")]
    warnings: Annotated[
        list[LineProblem], Meta(description="Events that were kept without an experiment because of a bad token.")
    ] = []


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """That an account has signed in on a device."""

    device_id: Unit
    account_id: AccountId


class LinkReply(Struct, frozen=True):
    """What became of it."""

    unit: Annotated[
        str,
        Meta(description="What the account stands for in experiments on the first touch, for good: its first device."),
    ]


class LogStreamReply(Struct, frozen=True):
    """What became of the log entries that were sent. There is no need to send them again, not even those that are malformed."""

    accepted: Annotated[int, Meta(description="Entries that are kept now and were not before.")]
    duplicates: Annotated[int, Meta(description="Entries whose id was kept already.")]
    malformed: Annotated[int, Meta(description="What is no entry, and was not kept.")]
    problems: Annotated[
        list[LineProblem], Meta(description="The first few of these, by the lines on which they begin.")
    ]
