"""Where the members of a backup go on this machine: the old places, or below one folder."""

import os
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from gateway.backup.manifest import Manifest, Member
from gateway.errors import Unavailable

NAMES_SHOWN_MAX = 5
PARTS = ("", "-wal", "-shm")
"""Of a store: a WAL that is left beside another file would be taken for its own."""


class Place(NamedTuple):
    """Where a member goes."""

    member: Member
    path: Path

    @property
    def staged(self) -> Path:
        """Where its bytes wait until all members have been seen to be right."""
        return self.path.with_name(f".{self.path.name}.restoring")


def places(manifest: Manifest, into: Path | None) -> list[Place]:
    """A place for each member, in their order."""
    if into is None:
        return [Place(member, Path(member.path)) for member in manifest.members]
    into = Path(os.path.normpath(into.absolute()))
    base = PurePosixPath(manifest.config.path).parent
    return [Place(member, into / _below(member, base)) for member in manifest.members]


def _below(member: Member, base: PurePosixPath) -> str:
    if member.name.startswith("config/"):
        return member.name.removeprefix("config/")
    path = PurePosixPath(member.path)
    return str(path.relative_to(base)) if path.is_relative_to(base) else member.name


def refuse_outside(found: list[Place], into: Path) -> None:
    """See that no folder on the way is a link that leads out of where everything goes.

    Raises:
        Unavailable: one is.
    """
    inside = into.resolve()
    for place in found:
        if not place.path.parent.resolve().is_relative_to(inside):
            raise Unavailable(f"{place.path.parent} leads out of {into}; name another folder")


def in_the_way(found: list[Place]) -> list[Path]:
    """What is at these places already; of a store also its WAL."""
    return [
        path
        for place in found
        for part in (PARTS if place.member.kind == "store" else ("",))
        if os.path.lexists(path := place.path.with_name(place.path.name + part))
    ]


def refuse_overwriting(taken: list[Path]) -> None:
    """Raises: Unavailable: something is there already."""
    if taken:
        names = ", ".join(map(str, taken[:NAMES_SHOWN_MAX]))
        more = f" and {len(taken) - NAMES_SHOWN_MAX} more" if len(taken) > NAMES_SHOWN_MAX else ""
        raise Unavailable(
            f"{names}{more} {'is' if len(taken) == 1 else 'are'} there already: --into FOLDER restores"
            " somewhere else, --force moves what is there aside. Nothing was changed"
        )
