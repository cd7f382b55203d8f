"""`POST /runtime/v1/links`: link an account to the device that it has signed in on."""

import asyncio

import msgspec

from signpost.authlogs.parsing import BodyInvalidError, parse_json
from signpost.edge.errors import Refusal
from signpost.ports.accounts import AccountStore
from signpost.ports.clock import Clock
from signpost.ports.events import EventSink
from signpost.ports.store import StoreUnavailableError
from signpost.runtime.requests import Said
from signpost.runtime.wire import Link, LinkReply
from signpost.usecases.catalog import TenantState
from signpost.usecases.links import Linked, link_device

RETRY_AFTER_SECONDS = 1

_decoder = msgspec.json.Decoder(Link)
_encode = msgspec.json.Encoder().encode


class Linking:
    """Takes links in: durable, and logged, before the answer."""

    def __init__(self, accounts: AccountStore, events: EventSink, clock: Clock) -> None:
        self._accounts = accounts
        self._events = events
        self._clock = clock

    async def answer(self, state: TenantState, body: bytes, _: Said) -> bytes:
        """Return the unit that the account stands for.

        Raises:
            BodyInvalidError: it is no link.
            EventsRejectedError: its event could not be kept.
            Refusal: the database does not answer.
        """
        sent = parse_json(_decoder, body)
        if "\0" in sent.device_id + sent.account_id:
            raise BodyInvalidError("'Must not hold a NUL' on property device_id, or account_id")
        try:
            linked = await asyncio.to_thread(self._link, state.tenant.id, sent)
        except StoreUnavailableError as error:
            wait = (b"retry-after", b"%d" % RETRY_AFTER_SECONDS)
            raise Refusal(
                503, "links_not_stored", "The link could not be stored. Send it again later.", [wait]
            ) from error
        await asyncio.wrap_future(linked.logged)
        return _encode(LinkReply(linked.link.unit))

    def _link(self, tenant_id: str, sent: Link) -> Linked:
        links = self._accounts.of(tenant_id).links
        return link_device(links, self._events, tenant_id, sent.device_id, sent.account_id, self._clock.now())
