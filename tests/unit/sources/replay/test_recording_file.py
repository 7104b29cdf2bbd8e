"""Guards the place in a recording: kept whole, and only believed for the same recording."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.sources.replay.recording_file import CHUNK_BYTES, RecordingFile

LINES = b"".join(b'{"n":%d}\n' % n for n in range(2000))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "capture.jsonl"
    path.write_bytes(LINES)
    return path


@pytest.fixture
def recording(path: Path) -> Iterator[RecordingFile]:
    file = RecordingFile(path)
    yield file
    file.close()


def place_after(path: Path, new: bytes) -> int:
    """Where a run starts after the recording was changed to this."""
    path.write_bytes(new)
    file = RecordingFile(path)
    try:
        return file.place()
    finally:
        file.close()


def test_it_is_read_from_any_place_to_its_end(recording: RecordingFile) -> None:
    assert recording.size == len(LINES)
    assert recording.read(0) == LINES
    assert recording.read(10) == LINES[10:]
    assert recording.read(len(LINES)) == b""


def test_a_chunk_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    path.write_bytes(bytes(CHUNK_BYTES + 5))
    file = RecordingFile(path)
    assert [len(file.read(at)) for at in (0, CHUNK_BYTES)] == [CHUNK_BYTES, 5]
    file.close()


def test_what_is_appended_later_is_for_the_next_run(path: Path, recording: RecordingFile) -> None:
    with path.open("ab") as file:
        file.write(b"more\n")
    assert recording.read(len(LINES)) == b""


def test_a_missing_recording_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        RecordingFile(tmp_path / "none.jsonl")


def test_without_a_place_it_starts_at_the_beginning(recording: RecordingFile) -> None:
    assert recording.place() == 0


@pytest.mark.parametrize("offset", [0, 1, 5000, 9000, len(LINES)])
def test_a_kept_place_is_found_again(path: Path, recording: RecordingFile, offset: int) -> None:
    recording.keep_place(offset)
    assert place_after(path, LINES) == offset
    assert sorted(p.name for p in path.parent.iterdir()) == [
        "capture.jsonl",
        "capture.jsonl.position",
    ]


def test_the_kept_place_is_for_people_too(path: Path, recording: RecordingFile) -> None:
    recording.keep_place(1234)
    kept = json.loads((path.parent / "capture.jsonl.position").read_text())
    assert kept["offset"] == 1234
    assert len(kept["fingerprint"]) == 64


def test_an_appended_recording_goes_on(path: Path, recording: RecordingFile) -> None:
    recording.keep_place(9000)
    assert place_after(path, LINES + b"more\n") == 9000


@pytest.mark.parametrize(
    "new",
    [b"", b"other\n", b"x" + LINES[1:], LINES[:8990] + b"x" + LINES[8991:], LINES[:8999]],
    ids=[
        "emptied",
        "shorter",
        "another beginning",
        "rewritten before the place",
        "cut before the place",
    ],
)
def test_another_recording_starts_at_its_beginning(
    path: Path, recording: RecordingFile, new: bytes
) -> None:
    recording.keep_place(9000)
    assert place_after(path, new) == 0


@pytest.mark.parametrize(
    "kept", [b"", b"{", b"[]", b'{"offset":5}', b'{"offset":-5,"fingerprint":""}', b"\xff" * 100]
)
def test_a_damaged_place_is_the_beginning(path: Path, kept: bytes) -> None:
    path.with_name("capture.jsonl.position").write_bytes(kept)
    assert place_after(path, LINES) == 0


def test_a_place_that_cannot_be_written_leaves_the_old_one(
    path: Path, recording: RecordingFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording.keep_place(100)

    def no_space(descriptor: int) -> None:
        raise OSError(28, f"No space left on device {descriptor}")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        recording.keep_place(200)
    assert place_after(path, LINES) == 100


def test_recordings_of_one_name_have_marks_of_their_own(path: Path) -> None:
    marks = set()
    for second in (1, 2):
        os.utime(path, (second, second))
        file = RecordingFile(path)
        marks.add(file.mark)
        file.close()
    assert len(marks) == 2
