"""What every system test uses: a broker of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.broker import Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """Mosquitto, with persistent sessions and unbounded queues."""
    with Mosquitto(tmp_path / "mosquitto") as running:
        yield running
