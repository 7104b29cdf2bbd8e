"""Nothing in a tar is believed: damaged, cut short, foreign or tampered archives are refused."""

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.backup.archive import create, new_file, unpack
from gateway.backup.manifest import BadBackup, Manifest, Member
from gateway.errors import Unavailable
from tests.unit.backup.conftest import Change, retarred

Made = Iterable[tuple[tarfile.TarInfo, bytes]]


class Kept(dict[str, bytes]):
    """Who unpacks: takes every member."""

    def accept(self, manifest: Manifest) -> "Kept":
        return self

    def __call__(self, member: Member, pieces: Iterator[bytes]) -> None:
        self[member.name] = b"".join(pieces)


def unpacked(raw: bytes) -> Kept:
    """All members of an archive."""
    kept = Kept()
    unpack(io.BytesIO(raw), kept.accept, lambda *_: None)
    return kept


def test_what_was_packed_comes_out(backup: Path, box: Path) -> None:
    kept = unpacked(backup.read_bytes())
    assert kept["config/gateway.toml"] == box.read_bytes()
    assert kept["config/tokens/influx.token"] == b"planted-token\n"
    assert kept["store/store.db"].startswith(b"SQLite format 3\0")


def test_an_archive_that_is_cut_short_anywhere_is_refused(backup: Path) -> None:
    raw = backup.read_bytes()
    with tarfile.open(backup) as tar:
        last = tar.getmembers()[-1]
    end = last.offset_data + last.size
    dice = Random(1)
    for length in [*range(0, 3000, 61), *(dice.randrange(end) for _ in range(60)), end - 1]:
        with pytest.raises(BadBackup):
            unpacked(raw[:length])


def test_a_flipped_bit_is_refused_or_changes_nothing(backup: Path) -> None:
    raw = bytearray(backup.read_bytes())
    good = unpacked(raw)
    dice = Random(2)
    refused = 0
    for place in [*range(0, 2048, 7), *(dice.randrange(len(raw)) for _ in range(150))]:
        raw[place] ^= 1 << dice.randrange(8)
        try:
            assert unpacked(raw) == good
        except BadBackup:
            refused += 1
        raw[:] = backup.read_bytes()
    assert refused > 100


@given(st.binary(max_size=2000))
def test_random_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(BadBackup):
        unpacked(raw)


def _link(header: tarfile.TarInfo, raw: bytes, kind: bytes) -> Made:
    if header.name == "config/broker.password":
        header.type, header.linkname, header.size = kind, "/etc/shadow", 0
        return [(header, b"")]
    return [(header, raw)]


def _other_bytes(header: tarfile.TarInfo, raw: bytes) -> Made:
    return [(header, raw.upper() if header.name == "config/gateway.toml" else raw)]


def _other_name(header: tarfile.TarInfo, raw: bytes) -> Made:
    if header.name == "config/broker.password":
        header.name = "../../etc/cron.d/x"
    return [(header, raw)]


def _one_more(header: tarfile.TarInfo, raw: bytes) -> Made:
    yield header, raw
    if header.name.startswith("store/"):
        yield tarfile.TarInfo("config/more.toml"), b"x"


def _one_less(header: tarfile.TarInfo, raw: bytes) -> Made:
    return [] if header.name == "config/broker.password" else [(header, raw)]


def _twice(header: tarfile.TarInfo, raw: bytes) -> Made:
    return [(header, raw)] * (2 if header.name == "config/gateway.toml" else 1)


CHANGES: dict[str, Change] = {
    "symbolic link": lambda header, raw: _link(header, raw, tarfile.SYMTYPE),
    "hard link": lambda header, raw: _link(header, raw, tarfile.LNKTYPE),
    "character device": lambda header, raw: _link(header, raw, tarfile.CHRTYPE),
    "block device": lambda header, raw: _link(header, raw, tarfile.BLKTYPE),
    "pipe": lambda header, raw: _link(header, raw, tarfile.FIFOTYPE),
    "folder": lambda header, raw: _link(header, raw, tarfile.DIRTYPE),
    "other bytes": _other_bytes,
    "a name that leads out": _other_name,
    "one more": _one_more,
    "one less": _one_less,
    "twice": _twice,
    "no manifest": lambda header, raw: [] if header.name == "manifest.json" else [(header, raw)],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_archive_that_was_tampered_with_is_refused(
    backup: Path, tmp_path: Path, change: Change
) -> None:
    with pytest.raises(BadBackup):
        unpacked(retarred(backup, tmp_path / "tampered.tar", change).read_bytes())


def extending(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    """A header that extends the one after it."""
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, len(content) if size is None else size
    return header.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % 512)


EXTENDED = [
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
    tarfile.SOLARIS_XHDTYPE,
]  # fmt: skip


@pytest.mark.parametrize("kind", EXTENDED)
def test_headers_without_end_are_refused(backup: Path, kind: bytes) -> None:
    raw = backup.read_bytes()
    with pytest.raises(BadBackup):
        unpacked(extending(kind, b"12 path=abc\n") * 5000 + raw)
    with pytest.raises(BadBackup, match="headers are too long"):
        unpacked(extending(kind, b"", size=1 << 40) + raw)


def test_a_manifest_that_has_changed_and_can_still_be_read_is_refused(backup: Path) -> None:
    raw = backup.read_bytes()
    assert raw.count(b'"made_at": "20') == 1
    with pytest.raises(BadBackup, match="manifest is not as it was"):
        unpacked(raw.replace(b'"made_at": "20', b'"made_at": "30'))


def test_a_new_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.tar"
    path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), new_file(path) as file:
        file.write(bytes(100 // (file.write(b"half") - 4)))
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["out.tar"]
    with new_file(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(Unavailable, match=r"nowhere/out\.tar cannot be written"),
        new_file(tmp_path / "nowhere" / "out.tar"),
    ):
        pass


def test_nothing_is_written_through_a_link_that_waits_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    with pytest.raises(FileExistsError):
        create(tmp_path / "link")
    assert not (tmp_path / "victim").exists()
