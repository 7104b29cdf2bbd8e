"""A slip in `[store] path` must cost nobody a file: what was never a store is refused and stays as it was."""

import os
from pathlib import Path

import pytest

from gateway.errors import StoreForeign, Unavailable
from gateway.store.connection import open_reader
from gateway.store.store import Store


async def test_a_file_that_was_never_a_store_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "passwords"
    path.write_bytes(os.urandom(20_000))
    before = path.read_bytes()
    with pytest.raises(StoreForeign, match="not touched"):
        Store(path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["passwords"]


async def test_a_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreForeign, match="is a folder"):
        Store(tmp_path)


async def test_a_store_whose_header_was_overwritten_is_still_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store(path)
    await store.close()
    with path.open("r+b") as file:
        file.write(b"\xff" * 100)
    store = Store(path)
    assert store.moved_aside is not None
    assert store.moved_aside.read_bytes()[:100] == b"\xff" * 100
    await store.close()


def test_a_name_that_no_disk_takes_is_told_to_who_reads(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="can be no store: File name too long"):
        open_reader(tmp_path / ("a" * 300))
