"""Fuzz targets: lists of devices, profiles, register maps and backups, as people and other programs write them."""

import hashlib
import io
import json
import tarfile
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from decoders.contract import DecodeRefused
from decoders.normalise.profile_faults import ProfileRefused
from decoders.normalise.profile_file import parse_profile
from decoders.register_map.loading import WrongMap, decoder_of
from gateway.backup import archive
from gateway.config.bulk import lists
from gateway.errors import Unavailable
from tests.fuzz.target import target

ROOT = Path(__file__).parents[2]


def device_lists() -> Iterator[bytes]:
    """A list in each form, one device a line."""
    yield b'name,dev_eui,decoder,zone\nmeter,70b3d57ed0000001,energy,"a, b"\n'
    yield b"id;dev_eui;join_eui;name;app_key\nm-1;70B3D57ED0000001;0000000000000000;M;" + b"0f" * 16
    yield b"dev_eui,name,description,join_eui,app_key\n70b3d57ed0000001,m,,,\n"
    yield b"LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:OAABBCCDDEEFF:SYYWWNNNNNN:PFOOBAR:CAF2C\n"
    yield json.dumps({"ids": {"device_id": "m-1", "dev_eui": "70B3D57ED0000001"}}).encode()
    yield "\ufeffname,dev_eui\nศาลากลาง,70b3d57ed0000001\r\n".encode()


@target(device_lists)
def device_list(data: bytes) -> None:
    """A list of devices in whatever form it is: proposals and complaints, or ValueError."""
    with suppress(ValueError):
        lists.parse(lists.decoded(data))


def profiles() -> Iterator[bytes]:
    """The profiles that come with the program."""
    for file in sorted((ROOT / "decoders" / "profiles").glob("*.toml")):
        yield file.read_bytes()


@target(profiles)
def profile_file(data: bytes) -> None:
    """A profile: one, or ProfileRefused."""
    with suppress(ProfileRefused, UnicodeDecodeError):
        parse_profile(data.decode())


def register_maps() -> Iterator[bytes]:
    """The maps that come with the program, a NUL, a payload."""
    for file in sorted((ROOT / "config" / "maps").glob("*.toml")):
        yield file.read_bytes() + b"\0\x02\x01" + bytes(range(32))


@target(register_maps)
def register_map(data: bytes) -> None:
    """A register map and a payload for it: WrongMap, then DecodeRefused, and nothing else."""
    text, _, payload = data.partition(b"\0")
    try:
        decoder = decoder_of(tomllib.loads(text.decode()), "map")
    except (WrongMap, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return
    for f_port in (*sorted(decoder.f_ports)[:3], 1):
        with suppress(DecodeRefused):
            decoder.decode(f_port, payload, None)


def backups() -> Iterator[bytes]:
    """A backup of one file and a store of three bytes."""
    contents = {"config/gateway.toml": b"[gateway]\n", "store/store.db": b"abc"}
    members = [
        {
            "name": name, "path": f"/etc/{Path(name).name}", "mode": 0o600, "size": len(content),
            "kind": "store" if name.startswith("store") else "config",
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        for name, content in contents.items()
    ]  # fmt: skip
    manifest = {
        "format": 1, "program": "1", "schema": 1, "made_at": "2026-11-22T00:00:00Z", "gateway": "kk-01",
        "history": False, "members": members,
    }  # fmt: skip
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in {"manifest.json": json.dumps(manifest).encode(), **contents}.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    yield file.getvalue()[:4096]


@target(backups)
def backup_archive(data: bytes) -> None:
    """A backup: read to its end, or Unavailable, of which BadBackup is one."""

    def drain(_member: object, pieces: Iterator[bytes]) -> None:
        for _ in pieces:
            pass

    with suppress(Unavailable):
        archive.unpack(io.BytesIO(data), lambda _: drain, lambda _done, _of: None)
