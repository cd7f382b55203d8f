"""One assignment across the sign-in: who a device and an account are to experiments, before and after they are linked."""

from concurrent.futures import Future
from datetime import datetime
from typing import NamedTuple

from signpost.assignment import Override, Plan, Who
from signpost.authlogs.links import make_link_event
from signpost.model.experiments import Subject
from signpost.model.links import DeviceLink
from signpost.ports.accounts import Links
from signpost.ports.events import EventSink
from signpost.ports.store import StoreUnavailableError


class Linked(NamedTuple):
    """A link that is kept, and its event on the way to the log."""

    link: DeviceLink
    logged: "Future[int]"


def link_device(  # noqa: PLR0917 two ports, and what a link is
    links: Links, events: EventSink, tenant_id: str, device_id: str, account_id: str, at: datetime
) -> Linked:
    """Link an account to the device that it has signed in on; to be called after every sign-in, as it does no harm again.

    The link is durable on return, its event when `logged` is done, which fails like `EventSink.append`. Called again the
    event is the same one, so it is logged once, and one that got lost is made up for.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    link = DeviceLink(device_id, account_id, links.link(device_id, account_id, at), at)
    return Linked(link, events.append((make_link_event(tenant_id, link),)))


def find_who(device_id: str | None, account_id: str | None, links: Links) -> Who:
    """Return who asks, with what the account, or else the device, is linked to.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    return Who(device_id, account_id, links.unit_of(device_id=device_id, account_id=account_id))


def find_who_asks(  # noqa: PLR0917 who, where, and what is asked
    plan: Plan, flow: str, device_id: str, account_id: str | None, links: Links, override: Override | None = None
) -> Who:
    """Return who asks in a flow, for `Plan.decide_for`; links are asked only where the first touch counts. Raises nothing."""
    if plan.is_by_device or plan.subject_in(flow, override) is not Subject.FIRST_TOUCH:
        return Who(device_id, account_id)
    try:
        return find_who(device_id, account_id, links)
    except StoreUnavailableError:
        return Who(device_id, account_id, is_link_known=False)


def unit_for(subject: Subject, device_id: str | None, account_id: str | None, links: Links) -> str | None:
    """Return the id that an experiment on this subject randomises, None where it is not known; links are asked only if needed.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    if subject is not Subject.FIRST_TOUCH:
        return Who(device_id, account_id).unit_of(subject)
    return find_who(device_id, account_id, links).unit_of(subject)
