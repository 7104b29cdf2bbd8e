"""The manifest describes only what this program could have backed up: no way out, nothing twice, nothing newer."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.backup import manifest
from gateway.backup.manifest import BadBackup, Manifest, Member, member_name

SHA = "0" * 64


def member(path: str, name: str, kind: Any = "file") -> Member:
    """A file of one byte."""
    return Member(name=name, path=path, kind=kind, mode=0o600, size=1, sha256=SHA)


GOOD = Manifest(
    format=1,
    program="1.0",
    schema=1,
    made_at="2026-11-22T00:00:00Z",
    gateway="kk-01",
    history=False,
    left_readings=0,
    members=(
        member("/etc/lora-gateway/gateway.toml", "config/gateway.toml", "config"),
        member("/etc/lora-gateway/codecs/สถานี.js", "config/codecs/สถานี.js", "codec"),
        member("/etc/ssl/ca.pem", "elsewhere/etc/ssl/ca.pem"),
        member("/var/lib/lora-gateway/store.db", "store/store.db", "store"),
    ),
)


def changed(change: Callable[[dict[str, Any]], None]) -> bytes:
    """The good one with something else in it."""
    document = json.loads(manifest.write(GOOD))
    change(document)
    return json.dumps(document).encode()


def of_member(place: int, **values: object) -> Callable[[dict[str, Any]], None]:
    """A change of one member."""
    return lambda document: document["members"][place].update(values)


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert manifest.read(manifest.write(GOOD)) == GOOD


@pytest.mark.parametrize(
    "path",
    [
        "/etc/lora-gateway/../../root/x",
        "/etc//x",
        "/etc/./x",
        "etc/x",
        "/",
        "",
        "/etc/x/",
        "/etc/x\n",
        "/etc/x\0",
        "/" + "x" * 5000,
    ],
)
def test_a_place_that_is_no_plain_absolute_path_is_refused(path: str) -> None:
    with pytest.raises(BadBackup):
        manifest.read(changed(of_member(2, path=path, name="elsewhere" + path)))


@pytest.mark.parametrize(
    "name",
    [
        "config/../../x",
        "/etc/x",
        "elsewhere",
        "x/y",
        "config//x",
        "../x",
        "",
        "config/codecs/other.js",
        "elsewhere/etc/lora-gateway/codecs/สถานี.js",
    ],
)
def test_a_name_that_is_not_that_of_its_place_is_refused(name: str) -> None:
    with pytest.raises(BadBackup):
        manifest.read(changed(of_member(1, name=name)))


@pytest.mark.parametrize(
    "change",
    [
        of_member(1, mode=0o4755),
        of_member(1, mode=-1),
        of_member(1, mode="0600"),
        of_member(1, size=-1),
        of_member(1, sha256="x" * 64),
        of_member(1, kind="device"),
        of_member(1, kind="store"),
        of_member(3, kind="file"),
        of_member(0, kind="file"),
        of_member(1, owner="daemon"),
        of_member(1, link="/etc/shadow"),
        lambda document: document.update(members=[]),
        lambda document: document["members"].append(document["members"][1]),
        lambda document: document["members"].insert(1, document["members"][1]),
        lambda document: document.pop("schema"),
        lambda document: document.update(members=document["members"] * 5000),
    ],
)
def test_anything_that_is_not_ours_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    with pytest.raises(BadBackup):
        manifest.read(changed(change))


def test_a_newer_format_names_the_version_that_made_it() -> None:
    newer = json.dumps({"format": 2, "program": "9.1", "unheard": "of"}).encode()
    with pytest.raises(BadBackup, match=r"format 2.*lora-gateway '9\.1'"):
        manifest.read(newer)


def test_every_truncation_is_refused() -> None:
    whole = manifest.write(GOOD)
    for length in range(len(whole) - 2):
        with pytest.raises(BadBackup):
            manifest.read(whole[:length])


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(BadBackup):
        manifest.read(raw)


@given(st.text(max_size=40))
def test_what_is_plain_never_leads_up_or_out(path: str) -> None:
    if manifest.is_plain(path):
        assert not path.startswith("/")
        assert ".." not in path.split("/")


def test_members_are_named_by_where_they_are() -> None:
    assert member_name("/etc/gw/a/b", "/etc/gw") == "config/a/b"
    assert member_name("/etc/gwx/b", "/etc/gw") == "elsewhere/etc/gwx/b"
