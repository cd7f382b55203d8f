"""A local authority and its certificates, for clients that insist on https."""

import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import trustme

NAMES = ("localhost", "*.localhost", "signpost.localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files: the authority that clients are to trust, and the certificate with its chain and its key (mode 0600)."""

    authority: Path
    served: Path


def make_certificate(folder: Path, names: Iterable[str] = ()) -> Certificate:
    """Return a certificate of the folder's authority for this machine and for the names.

    The authority is made once, so that clients have to be told once; the certificate is made anew at every call. Processes
    that call at once agree on one authority.

    Raises:
        OSError: the folder can't be written.
        ValueError: a name is none.
    """
    if not folder.exists():
        _make_authority(folder)
    authority_file = folder / "authority.pem"
    authority = trustme.CA.from_pem(authority_file.read_bytes(), (folder / "authority.key").read_bytes())
    issued = authority.issue_cert(*dict.fromkeys((*NAMES, *names)))
    served = folder / "served.pem"
    draft = folder / f".served.{secrets.token_hex(8)}"
    _write(draft, issued.private_key_and_cert_chain_pem.bytes())
    draft.replace(served)
    return Certificate(authority_file, served)


def _make_authority(folder: Path) -> None:
    """Make the folder with a new authority; whoever comes second leaves the first one's standing."""
    authority = trustme.CA(organization_name="Signpost local authority")
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}")
    draft.mkdir(mode=0o700, parents=True)
    _write(draft / "authority.key", authority.private_key_pem.bytes())
    (draft / "authority.pem").write_bytes(authority.cert_pem.bytes())
    with suppress(OSError):
        draft.rename(folder)
    shutil.rmtree(draft, ignore_errors=True)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
