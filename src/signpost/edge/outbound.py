"""Requests to addresses that a tenant has named, so that none of them reaches what only this server can reach.

A name is looked up once, and the address that was checked is the one that is called: a name that says something else the next
moment gains nothing. No redirect is followed, no proxy asked, and nothing of a reply is shown but its status.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import urlsplit

from signpost.edge.foreign import is_acceptable_uri

CONNECT_SECONDS = 5.0
NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotTakenError(Exception):
    """The other side did not take a request; whether it was read is not known. `problem` may be shown to a tenant."""

    def __init__(self, problem: str, retry_after: float | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outbound:
    """Posts to https addresses on the public internet, and to the hosts that the operator has named, wherever they are."""

    def __init__(self, hosts: frozenset[str], context: ssl.SSLContext | None = None) -> None:
        self._hosts = hosts
        self._context = context or ssl.create_default_context()

    def post(
        self, uri: str, body: bytes, headers: Mapping[str, str], *, seconds: float, reply_bytes_max: int = 65_536
    ) -> Reply:
        """Send a body and return the reply, whatever its status.

        All of it takes at most so many seconds, but for the lookup of the name, which has the resolver's own limit.

        Raises:
            NotTakenError: the address may not be called, or does not answer, or with more than it may.
        """
        deadline = time.monotonic() + seconds
        parts = urlsplit(uri)
        host = parts.hostname
        if host is None or not is_acceptable_uri(uri):
            raise NotTakenError("the address is neither https nor on this machine")
        is_secure = parts.scheme == "https"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            port = parts.port or (443 if is_secure else 80)
            connection: HTTPConnection = (
                HTTPSConnection(host, port, context=self._context) if is_secure else HTTPConnection(host, port)
            )
            with (
                closing(connection),  # before the socket: a reply that is not read to its end would keep that open
                self._connected(host, port, deadline, is_secure=is_secure) as connected,
            ):
                connection.sock = connected
                connection.request("POST", target, body, dict(headers))
                with connection.getresponse() as reply:
                    content = reply.read(reply_bytes_max + 1)
                    is_torn = bool(reply.length) or time.monotonic() >= deadline
        except ssl.SSLCertVerificationError as error:
            raise NotTakenError("its certificate is not trusted") from error
        except (OSError, HTTPException, ValueError) as error:
            raise NotTakenError(_say_torn(seconds, deadline, error)) from error
        if len(content) > reply_bytes_max:
            raise NotTakenError(f"answers with more than {reply_bytes_max:,} bytes")
        if is_torn:
            raise NotTakenError(_say_torn(seconds, deadline))
        return Reply(reply.status, {name.lower(): text for name, text in reply.getheaders()}, content)

    @contextmanager
    def _connected(self, host: str, port: int, deadline: float, *, is_secure: bool) -> Iterator[socket.socket]:
        connected = _connect(self._find_addresses(host, port), port, deadline)
        try:
            connected.settimeout(_left(deadline))
            if is_secure:
                connected = self._context.wrap_socket(connected, server_hostname=host, do_handshake_on_connect=False)
            with _cut_at(deadline, connected):
                if isinstance(connected, ssl.SSLSocket):
                    connected.do_handshake()
                yield connected
        finally:
            connected.close()

    def _find_addresses(self, host: str, port: int) -> list[str]:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        allowed = [address for address in found if host.lower() in self._hosts or is_public(address)]
        if not allowed:
            raise NotTakenError("the address is not on the public internet, and not one of the setting outbound_hosts")
        return allowed


def is_public(address: str) -> bool:
    """Return whether an address is one of the public internet, also where it is written as another kind's."""
    parsed: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        parsed = inner or parsed
    return parsed.is_global and not parsed.is_multicast


def _connect(addresses: list[str], port: int, deadline: float) -> socket.socket:
    """Connect to the first address that answers."""
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), min(CONNECT_SECONDS, _left(deadline)))
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), min(CONNECT_SECONDS, _left(deadline)))


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)


def _say_torn(seconds: float, deadline: float, error: Exception | None = None) -> str:
    is_late = time.monotonic() >= deadline or isinstance(error, TimeoutError)
    return f"does not answer within {seconds:g} seconds" if is_late else "can't be reached, or breaks off"


@contextmanager
def _cut_at(deadline: float, connected: socket.socket) -> Iterator[None]:
    """Break a connection off at a moment: a time-out of the socket begins anew with every byte that drips in."""
    timer = Timer(max(deadline - time.monotonic(), 0), _break_off, [connected])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _break_off(connected: socket.socket) -> None:
    try:
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
    except OSError:  # it is closed already
        return
