"""The first member of a backup: what the others are, where they belong, and how to know them again. Pure.

What comes out of `read` can be trusted as a description: names and places have been checked, a backup that was
made by other hands cannot lead outside of where it may write. Whether the members are as described is seen
when they are read (`archive.py`).
"""

import re
from pathlib import PurePosixPath
from typing import Literal

import msgspec

from gateway.errors import Unavailable

FORMAT = 1
"""Of the archive; a program refuses a newer one."""
MANIFEST = "manifest.json"
MANIFEST_BYTES_MAX = 4 * 2**20
"""Some thousand members with long names."""
MEMBERS_MAX = 10_000
PATH_BYTES_MAX = 4096
"""PATH_MAX of Linux."""

Kind = Literal["config", "devices", "secret", "codec", "file", "place", "store"]
Owner = Literal["", "root", "lora-gateway"]
"""Other users have other numbers on another machine, and may not be there."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ROOMS = {"config", "elsewhere", "store"}


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the gateway."""

    name: str
    """In the archive."""
    path: str
    """Absolute, where it was."""
    kind: Kind
    mode: int
    """Permission bits."""
    owner: Owner = ""
    group: Owner = ""
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All of the backup."""

    format: int
    program: str
    """Version of lora-gateway that made it."""
    schema: int
    """Of the store."""
    made_at: str
    """RFC 3339, UTC."""
    gateway: str
    """[gateway] name."""
    history: bool
    """Whether settled history is in it."""
    left_readings: int
    """Of settled history that is not."""
    members: tuple[Member, ...]
    """The configuration first, the store last."""

    @property
    def config(self) -> Member:
        """The gateway's file."""
        return self.members[0]

    @property
    def store(self) -> Member:
        """The copy of the store."""
        return self.members[-1]


class BadBackup(Unavailable):
    """The file is no backup, or is not as it was made; nothing was written."""


def write(manifest: Manifest) -> bytes:
    """The member's bytes."""
    return msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"


def read(raw: bytes) -> Manifest:
    """The manifest, seen to be one that this program could have made.

    Raises:
        BadBackup: damaged, newer than this program, or made to write where it must not.
    """
    try:
        found = msgspec.json.decode(raw, type=_Format)
    except msgspec.DecodeError as error:
        raise BadBackup("is no backup of lora-gateway: its manifest cannot be read") from error
    if found.format != FORMAT:
        raise BadBackup(
            f"has format {found.format}, this program knows {FORMAT}: it was made by lora-gateway"
            f" {found.program[:32]!r}; install that version, or a newer one"
        )
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise BadBackup(f"its manifest is damaged: {error}") from error
    _check(manifest)
    return manifest


class _Format(msgspec.Struct):
    format: int
    program: str = ""


def _check(manifest: Manifest) -> None:
    members = manifest.members
    if not 2 <= len(members) <= MEMBERS_MAX:
        raise BadBackup("its manifest names no configuration and store")
    kinds = [member.kind for member in members]
    if (
        kinds[0] != "config"
        or kinds[-1] != "store"
        or kinds.count("store") + kinds.count("config") != 2
    ):
        raise BadBackup("its manifest names no configuration and store, each once")
    for member in members:
        fault = _fault(member)
        if fault:
            raise BadBackup(
                f"its manifest is not one of lora-gateway: {member.name[:80]!r} {fault}"
            )
    for what in ("name", "path"):
        if len({getattr(member, what) for member in members}) != len(members):
            raise BadBackup(f"its manifest has a {what} twice")
    base = PurePosixPath(manifest.config.path).parent
    for member in members:
        if member.kind != "store" and member.name != member_name(member.path, str(base)):
            raise BadBackup(
                f"its manifest has {member.name[:80]!r} at another place than its name says"
            )


def member_name(path: str, base: str) -> str:
    """How a file at an absolute path is called in the archive; `base` is the configuration's folder."""
    place = PurePosixPath(path)
    if place.is_relative_to(base):
        return f"config/{place.relative_to(base)}"
    return f"elsewhere{place}"


def _fault(member: Member) -> str | None:
    """What is wrong with the description of a member, None when nothing."""
    if not is_plain(member.name) or PurePosixPath(member.name).parts[0] not in _ROOMS:
        return "is no plain name"
    if not member.path.startswith("/") or not is_plain(member.path[1:]):
        return f"belongs at {member.path[:80]!r}, which is no plain absolute path"
    if not 0 <= member.mode <= 0o777 or member.size < 0 or not _SHA256.fullmatch(member.sha256):
        return "has no right mode, size or SHA-256"
    return None


def is_plain(path: str) -> bool:
    """Whether a relative path goes down only, and is written in the one way that it can be."""
    parts = path.split("/")
    return (
        path.isprintable()
        and len(path.encode()) <= PATH_BYTES_MAX
        and all(part not in ("", ".", "..") for part in parts)
    )
