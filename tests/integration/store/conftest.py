"""Stores of the tests' own, in the test's folder."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.store.store import Store
from tests.store_bench import close, opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store of this test is."""
    return tmp_path / "store.db"


@pytest.fixture
async def open_store(path: Path) -> AsyncIterator[Callable[..., Store]]:
    """Opens it, again after it was closed or killed; what is open at the end is closed."""
    stores: list[Store] = []

    def open_it(**more: Any) -> Store:
        stores.append(opened(path, **more))
        return stores[-1]

    yield open_it
    for store in stores:
        if store._worker._thread.is_alive():
            await close(store)
