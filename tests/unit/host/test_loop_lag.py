"""The lag of the event loop: measured while the loop is free, and while something blocks it."""

import asyncio
import time

import pytest

from gateway.host import loop_lag
from gateway.host.loop_lag import LoopLag


async def test_a_blocked_loop_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_lag, "PAUSE_S", 0.01)
    lag = LoopLag()
    watch = asyncio.create_task(lag.watch())
    await asyncio.sleep(0.02)
    time.sleep(0.2)  # noqa: ASYNC251 - this is what is measured
    async with asyncio.timeout(5):
        while lag.worst_s < 0.15:
            await asyncio.sleep(0.01)
    watch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watch
    assert lag.take_worst() >= 0.15
    assert lag.worst_s == 0.0
