"""Codecs' files: read once, read again when they change, and what is wrong with them said."""

import os
from pathlib import Path

import pytest

from gateway.codec_worker.codec_files import CodecFiles, Unreadable
from gateway.codec_worker.protocol import CODEC_BYTES_MAX


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_text("one")
    files = CodecFiles()
    first = files.script(path)
    assert files.script(path) is first
    path.write_text("other")
    os.utime(path, ns=(1, 1))
    assert files.script(path).text == "other"
    assert files.script(path).number != first.number


def test_equal_texts_share_a_number(tmp_path: Path) -> None:
    for name in ("a.js", "b.js"):
        (tmp_path / name).write_text("same")
    files = CodecFiles()
    assert files.script(tmp_path / "a.js") == files.script(tmp_path / "b.js")


def test_a_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_bytes(b"\xef\xbb\xbfvar a")
    assert CodecFiles().script(path).text == "var a"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe", "is not UTF-8"),
        (b" " * (CODEC_BYTES_MAX + 1), "is longer than 512 KiB"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "a.js"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unreadable, match=said):
        CodecFiles().script(path)


def test_the_longest_file_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.js"
    path.write_bytes(b" " * CODEC_BYTES_MAX)
    assert len(CodecFiles().script(path).text) == CODEC_BYTES_MAX


def test_a_pipe_is_no_codec_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.js")
    with pytest.raises(Unreadable, match="is no plain file"):
        CodecFiles().script(tmp_path / "a.js")
