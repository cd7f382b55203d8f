"""What devices and accounts are linked to, looked up before deciding where an experiment asks for it, and remembered."""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from signpost.assignment import Override, Plan, Who
from signpost.model.experiments import Subject
from signpost.ports.accounts import AccountStore, Links
from signpost.ports.store import StoreUnavailableError

SECONDS_MAX = 1.0
"""How long a decision waits for the database; then nobody is enrolled whose unit depends on it."""
REMEMBERED_MAX = 100_000
"""Links that are remembered, which never change; with more, all are forgotten."""

Asker = tuple[str | None, str | None]
"""A device and an account."""

log = logging.getLogger(__name__)


class LinkedUnits:
    """Finds out who asks. Not for use by other threads than the loop's."""

    def __init__(self, accounts: AccountStore, seconds_max: float = SECONDS_MAX) -> None:
        self._accounts = accounts
        self._seconds_max = seconds_max
        self._remembered: dict[tuple[str, bool, str], str] = {}

    async def find(
        self,
        tenant_id: str,
        plan: Plan,
        flows: Iterable[str],
        askers: Iterable[Asker],
        override: Override | None = None,
    ) -> Mapping[Asker, Who]:
        """Return who each of the askers is, with their links if one of the flows asks for them. Raises nothing."""
        wanted = dict.fromkeys(askers)
        if not any(plan.subject_in(flow, override) is Subject.FIRST_TOUCH for flow in flows):
            return {asker: Who(*asker) for asker in wanted}
        try:
            async with asyncio.timeout(self._seconds_max):
                return await asyncio.to_thread(self._look_up, tenant_id, [*wanted])
        except (StoreUnavailableError, TimeoutError) as error:
            log.warning("links can't be looked up, nobody is enrolled by them: %s", type(error).__name__)
            return {asker: Who(*asker, is_link_known=False) for asker in wanted}

    def _look_up(self, tenant_id: str, askers: Iterable[Asker]) -> Mapping[Asker, Who]:
        links = self._accounts.of(tenant_id).links
        return {
            (device, account): Who(
                device,
                account,
                self._find(tenant_id, links, account, is_account=True)
                or self._find(tenant_id, links, device, is_account=False),
            )
            for device, account in askers
        }

    def _find(self, tenant_id: str, links: Links, name: str | None, *, is_account: bool) -> str | None:
        if name is None:
            return None
        unit = self._remembered.get((tenant_id, is_account, name))
        if unit is None:
            asked = {"device_id": None, "account_id": name} if is_account else {"device_id": name, "account_id": None}
            unit = links.unit_of(**asked)
        if unit is not None:
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[tenant_id, is_account, name] = unit
        return unit
