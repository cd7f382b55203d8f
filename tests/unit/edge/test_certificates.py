"""The local authority and its certificates, seen through the standard library's TLS."""

import socket
import ssl
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from signpost.edge.certificates import Certificate, make_certificate


def shake_hands(certificate: Certificate, name: str) -> str | None:
    """Return the TLS version that a client that trusts the authority agrees on with the server."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate.served)
    client_side = ssl.create_default_context(cafile=certificate.authority)
    there, here = socket.socketpair()
    with there, here, ThreadPoolExecutor(1) as pool:
        served = pool.submit(server_side.wrap_socket, there, server_side=True)
        try:
            with client_side.wrap_socket(here, server_hostname=name) as wrapped:
                return wrapped.version()
        finally:
            here.close()
            if served.exception() is None:
                served.result().close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tls"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "signpost.localhost", "tenant.example", "10.0.0.7"])
def test_clients_that_trust_the_authority_trust_every_name(folder: Path, name: str) -> None:
    certificate = make_certificate(folder, ["tenant.example", "10.0.0.7", "localhost"])

    assert shake_hands(certificate, name) in {"TLSv1.2", "TLSv1.3"}


def test_other_names_are_not_trusted(folder: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(make_certificate(folder), "elsewhere.example")


def test_the_authority_stays_and_certifies_new_names(folder: Path) -> None:
    before = make_certificate(folder).authority.read_bytes()

    later = make_certificate(folder, ["new.example"])

    assert later.authority.read_bytes() == before
    assert shake_hands(later, "new.example") is not None


def test_nobody_else_can_read_the_keys(folder: Path) -> None:
    make_certificate(folder)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "authority.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "served.pem").stat().st_mode) == 0o600


def test_those_who_start_at_once_agree_on_one_authority(folder: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: make_certificate(folder), range(6)))

    assert len({certificate.authority.read_bytes() for certificate in made}) == 1
    assert shake_hands(made[0], "localhost") is not None
    assert sorted(path.name for path in folder.parent.iterdir()) == ["tls"]
    assert sorted(path.name for path in folder.iterdir()) == ["authority.key", "authority.pem", "served.pem"]


@pytest.mark.parametrize("name", ["", "a b", "-", "x" * 300])
def test_what_is_no_name_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        make_certificate(folder, [name])
