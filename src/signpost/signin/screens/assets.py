"""The files that pages refer to: one stylesheet, one script. Their names have a hash, so browsers may keep them for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FILES = Path(__file__).with_name("static")
ROOT = "/u/static/"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served; `cache_control` is the header of that name."""

    content: bytes
    content_type: str
    cache_control: str


def find_asset(name: str) -> Asset | None:
    """Return what is served as `/u/static/<name>`: the hashed names, and the plain ones that are asked for again each time."""
    return _read_assets()[0].get(name)


def asset_path(name: str) -> str:
    """Return the path, with the hash, of the file of that plain name."""
    return _read_assets()[1][name]


@cache
def _read_assets() -> tuple[Mapping[str, Asset], Mapping[str, str]]:
    assets, paths = {}, {}
    for file in sorted(FILES.iterdir()):
        content = file.read_bytes()
        hashed = f"{file.stem}.{sha256(content).hexdigest()[:16]}{file.suffix}"
        assets[hashed] = Asset(content, TYPES[file.suffix], "public, max-age=31536000, immutable")
        assets[file.name] = Asset(content, TYPES[file.suffix], "no-cache")
        paths[file.name] = ROOT + hashed
    return assets, paths
