"""Whose the restored files and folders are. Only root can give files away; otherwise they are the caller's."""

import grp
import os
import pwd
from pathlib import Path

from gateway.backup.manifest import Member

SERVICE = "lora-gateway"
"""User and group of the daemon (deploy/systemd/sysusers.d/lora-gateway.conf)."""
STORE_FOLDER_MODE = 0o2770
CONFIG_FOLDER_MODE = 0o750
"""As deploy/systemd/tmpfiles.d/lora-gateway.conf has them."""


def numbers(member: Member) -> tuple[int, int]:
    """User and group ids for a member, -1 where it stays as it is."""
    if os.geteuid() != 0:
        return -1, -1
    return _user(member.owner or SERVICE), _group(member.group or SERVICE)


def service_is_known() -> bool:
    """Whether this machine has the daemon's user."""
    return _user(SERVICE) != -1


def make_folder(folder: Path, member: Member) -> list[Path]:
    """Make a member's folder where it is not there; the folders that were made, outermost first.

    Raises:
        OSError: it cannot be made.
    """
    made = [each for each in (*reversed(folder.parents), folder) if not each.exists()]
    for each in made:
        each.mkdir(mode=0o755)
    if made:
        folder.chmod(STORE_FOLDER_MODE if member.kind == "store" else CONFIG_FOLDER_MODE)
        if os.geteuid() == 0:
            os.chown(folder, _user(SERVICE), _group(SERVICE))
    return made


def _user(name: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return -1


def _group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return -1
