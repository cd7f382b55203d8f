"""Links between devices and accounts, in the shape of a tenant log."""

import hashlib
import json

from signpost.authlogs.moments import moment_of
from signpost.model.links import DeviceLink
from signpost.ports.events import LINK_TYPE, Event


def make_link_event(tenant_id: str, link: DeviceLink) -> Event:
    """Return the event of a link; that of the same device and account is the same one, and kept once."""
    moment = moment_of(link.at)
    named = hashlib.sha256(f"{link.account_id}\0{link.device_id}".encode()).hexdigest()
    event_id = f"link-{named[:32]}"
    fields = {
        "date": moment.text,
        "type": LINK_TYPE,
        "description": "Account signed in on a device",
        "event_id": event_id,
        "user_id": link.account_id,
        "details": {"link": {"device_id": link.device_id, "unit": link.unit}},
    }
    body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    return Event(tenant_id, LINK_TYPE, moment.epoch_ms, body, event_id, link.device_id)
