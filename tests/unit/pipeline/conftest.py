"""Stores of the tests' own, closed after them."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.device import Device
from tests.pipeline_bench import Bench


@pytest.fixture
async def open_bench(tmp_path: Path) -> AsyncIterator[Callable[..., Bench]]:
    """Opens the store of this test, again after it was closed."""
    opened: list[Bench] = []

    def open_it(*devices: Device, **more: Any) -> Bench:
        opened.append(Bench(tmp_path / "store.db", devices, **more))
        return opened[-1]

    yield open_it
    for bench in opened:
        if not bench.closed:
            await bench.close()
