"""A certificate of a local authority, for clients that insist on https."""

from dataclasses import dataclass
from pathlib import Path

import trustme

NAMES = ("localhost", "*.localhost", "signpost.localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files: the authority that clients are to trust, the certificate with its chain, and its key (mode 0600)."""

    authority: Path
    chain: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Return the folder's certificate, made at the first call."""
    made = Certificate(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
    if all(path.exists() for path in (made.authority, made.chain, made.key)):
        return made
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="Signpost local authority")
    issued = authority.issue_cert(*NAMES)
    made.key.touch(mode=0o600)
    issued.private_key_pem.write_to_path(made.key)
    made.chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    authority.cert_pem.write_to_path(made.authority)
    return made
