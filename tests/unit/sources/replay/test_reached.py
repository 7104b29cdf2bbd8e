"""Guards the account of what is on disk: never ahead of a receipt that has not come."""

import asyncio

import pytest

from gateway.sources.replay.reached import Reached


def test_a_group_is_on_disk_with_its_receipt() -> None:
    reached = Reached(10)
    first = reached.handed_over(20)
    second = reached.handed_over(30)
    assert reached.on_disk == 10
    first()
    assert reached.on_disk == 20
    second()
    assert reached.on_disk == 30


def test_lines_that_held_nothing_wait_for_the_groups_before_them() -> None:
    reached = Reached(0)
    reached.passed(10)
    assert reached.on_disk == 10
    receipt = reached.handed_over(20)
    reached.passed(30)
    assert reached.on_disk == 10
    receipt()
    assert reached.on_disk == 30


async def test_it_is_settled_when_no_receipt_is_missing() -> None:
    reached = Reached(0)
    await reached.settled()
    first, second = reached.handed_over(1), reached.handed_over(2)
    waiting = asyncio.create_task(reached.settled())
    await asyncio.sleep(0)
    first()
    await asyncio.sleep(0)
    assert not waiting.done()
    second()
    async with asyncio.timeout(1):
        await waiting


@pytest.mark.parametrize("order", [range(5), reversed(range(5))])
def test_a_lost_order_of_receipts_does_not_leave_it_unsettled(order: range) -> None:
    reached = Reached(0)
    receipts = [reached.handed_over(n + 1) for n in range(5)]
    for place in order:
        receipts[place]()
    assert reached.on_disk == 5
