"""What hosted sign-in is served with."""

from dataclasses import dataclass
from typing import Protocol

from signpost.edge.notices import Notices
from signpost.ports.accounts import AccountStore
from signpost.ports.clock import Clock
from signpost.ports.ids import IdFactory
from signpost.runtime.secrets import AssignmentSecrets
from signpost.signin.actions import Actions
from signpost.signin.credentials.passwords import Passwords
from signpost.signin.credentials.throttle import Throttle
from signpost.signin.experiments import Experiments
from signpost.signin.mail.outbox import Outbox
from signpost.signin.mail.sending import Sending
from signpost.signin.oidc.provider import Provider
from signpost.signin.recording import Recording


class DeviceSecrets(AssignmentSecrets, Protocol):
    """Keeps the secret of devices, too."""

    def device_secret(self, tenant_id: str) -> bytes:
        """Return the secret that signs device cookies and forms."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that is asked while somebody signs in."""

    accounts: AccountStore
    provider: Provider
    passwords: Passwords
    throttle: Throttle
    mail: Sending
    outbox: Outbox | None
    """Where mail lies that is not sent; None where it is."""
    actions: Actions
    experiments: Experiments
    recording: Recording
    secrets: DeviceSecrets
    notices: Notices
    clock: Clock
    ids: IdFactory
