"""A worker's calls run in order in one thread, and their results come back to the loop that asked."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from gateway.worker import Worker

PATIENCE_S = 5.0


@pytest.fixture
def worker() -> Iterator[Worker]:
    one = Worker("test-worker")
    yield one
    one.stop()
    one.join(PATIENCE_S)


async def test_calls_run_in_order_in_a_thread_of_its_name(worker: Worker) -> None:
    seen: list[tuple[int, str]] = []
    calls = [
        worker.call(lambda n: seen.append((n, threading.current_thread().name)), n)
        for n in range(50)
    ]
    await asyncio.gather(*calls)
    assert seen == [(n, "test-worker") for n in range(50)]


async def test_results_and_errors_come_back(worker: Worker) -> None:
    assert await worker.call(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await worker.call(divmod, 7, 0)
    with pytest.raises(SystemExit):
        await worker.call(_leave)
    assert await worker.call(divmod, 9, 2) == (4, 1), "an error ends nothing"


def _leave() -> None:
    raise SystemExit(3)


async def test_the_event_loop_goes_on_meanwhile(worker: Worker) -> None:
    gate = threading.Event()
    call = worker.call(gate.wait, PATIENCE_S)
    await asyncio.sleep(0)
    assert not call.done()
    gate.set()
    assert await call


async def test_a_call_that_nobody_waits_for_any_more_is_made_all_the_same(worker: Worker) -> None:
    gate, made = threading.Event(), threading.Event()
    worker.call(gate.wait, PATIENCE_S)
    given_up = worker.call(made.set)
    given_up.cancel()
    gate.set()
    assert await worker.call(made.wait, PATIENCE_S)


async def test_what_is_queued_before_stop_is_done(worker: Worker) -> None:
    calls = [worker.call(divmod, n, 2) for n in (3, 4)]
    worker.stop()
    assert await asyncio.gather(*calls) == [(1, 1), (2, 0)]
    worker.join(PATIENCE_S)
    assert "test-worker" not in {thread.name for thread in threading.enumerate()}


def test_a_loop_that_has_closed_ends_the_thread(worker: Worker) -> None:
    gate = threading.Event()

    async def ask() -> None:
        worker.call(gate.wait, PATIENCE_S)

    asyncio.run(ask())
    gate.set()
    worker.join(PATIENCE_S)
    assert "test-worker" not in {thread.name for thread in threading.enumerate()}


def test_the_thread_does_not_hold_up_the_end_of_the_process(worker: Worker) -> None:
    (thread,) = (one for one in threading.enumerate() if one.name == "test-worker")
    assert thread.daemon
    assert worker is not None
