"""An MQTT source under test: run in the test's event loop, with an intake that gives receipts when it is told to.

`run_source`   a function (broker, **keys of the section) -> a Running, ended with the test
`frame`        a message of a gateway, told apart by a number
"""

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from random import Random
from typing import Any

import pytest_asyncio

from gateway.backoff import Backoff
from gateway.model import Frame, Heard, Malformed, ReceiverReport, Stamp
from gateway.ports import Receipt
from gateway.sources.mqtt.config import MqttSection
from gateway.sources.mqtt.source import MqttSource

PATIENCE_S = 20
TOPIC = "gateway/0016c001ff10a235/event/up"


def frame(number: int, size: int = 20) -> bytes:
    """A gateway's message whose frame begins with the number."""
    return json.dumps({
        "phyPayload": b64encode(number.to_bytes(4, "big") + bytes(size - 4)).decode(),
        "txInfo": {"frequency": 923200000},
        "rxInfo": {"gatewayId": "0016c001ff10a235", "rssi": -50, "snr": 7.5, "crcStatus": "CRC_OK"},
    }).encode()  # fmt: skip


class MachineClock:
    """This machine's clocks."""

    boot_id = "test"
    trusted = True

    def stamp(self) -> Stamp:
        """Now."""
        return Stamp(time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME), self.trusted)


class Held:
    """An intake that keeps what it is given and gives receipts when told."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.receipts: list[Receipt] = []
        self.reports: list[ReceiverReport] = []
        self.at_once = False
        """Whether receipts are given by themselves, in the next turn of the event loop."""
        self.roomy = asyncio.Event()
        self.roomy.set()
        self.asked_for_room = 0

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        """Keep it."""
        self.heard += heard
        if receipt is not None:
            self.receipts.append(receipt)
            if self.at_once and len(self.receipts) == 1:
                asyncio.get_running_loop().call_soon(self.settle)

    def report(self, report: ReceiverReport) -> None:
        """Keep it."""
        self.reports.append(report)

    async def room(self, *, patient: bool = True) -> None:
        """While `roomy` is set."""
        assert patient
        self.asked_for_room += 1
        await self.roomy.wait()

    def settle(self, count: int | None = None) -> None:
        """Give the oldest receipts, all without a number."""
        due, self.receipts[:] = self.receipts[:count], self.receipts[len(self.receipts[:count]) :]
        for receipt in due:
            receipt()

    def frames(self) -> list[Frame]:
        """The frames among what was heard."""
        return [heard for heard in self.heard if isinstance(heard, Frame)]

    def numbers(self) -> list[int]:
        """Their numbers, in the order in which they came."""
        return [int.from_bytes(heard.phy[:4], "big") for heard in self.frames()]

    def malformed(self) -> list[Malformed]:
        """What could not be read."""
        return [heard for heard in self.heard if isinstance(heard, Malformed)]


class Running:
    """A source that runs."""

    def __init__(self, broker: Any, **keys: Any) -> None:
        url = broker if isinstance(broker, str) else broker.url
        section = MqttSection.model_validate(
            {"url": url, "client_id": "kk-01", "topics": ["gateway/+/event/#"], **keys}
        )
        self.intake = Held()
        self.clock = MachineClock()
        self.source = MqttSource(section, "city", Backoff(0.05, 0.2, Random(1)))
        self.task = asyncio.create_task(self.source.run(self.intake, self.clock))

    @property
    def health(self) -> Any:
        """Of the source."""
        return self.source.health

    @property
    def connection(self) -> Any:
        """Its present connection."""
        return self.source._connection

    async def until(self, so: Callable[[], object], what: str = "") -> None:
        """Let the event loop turn until it is so; fails with what ended the source, if anything did."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not so():
                    if self.task.done():
                        self.task.result()
                    await asyncio.sleep(0.002)
        except TimeoutError:
            state = f"{self.health.state}: {self.health.sentence} {self.health.counters}"
            raise AssertionError(f"not in time: {what or so}; {state}") from None

    async def up(self) -> "Running":
        """Wait until it is connected and subscribed."""
        await self.until(lambda: self.health.state == "up", "up")
        return self

    async def heard(self, *numbers: int) -> None:
        """Wait for as many frames, and see that they are these."""
        await self.until(lambda: len(self.intake.numbers()) >= len(numbers), f"{numbers}")
        assert self.intake.numbers() == list(numbers)

    async def end(self) -> None:
        """Cancel `run`; what ended it before has been told by `until`."""
        self.task.cancel()
        await asyncio.wait([self.task])

    async def close(self) -> None:
        """End in order: cancel, give the receipts that are due, close."""
        await self.end()
        await self.source.close()

    async def cut(self) -> None:
        """End as a kill would: no goodbye, nothing acknowledged any more."""
        await self.end()
        if self.connection is not None:
            self.connection.abandon()


@pytest_asyncio.fixture
async def run_source() -> AsyncIterator[Callable[..., Running]]:
    """A function (broker, **keys) -> a Running."""
    started: list[Running] = []

    def start(broker: Any, **keys: Any) -> Running:
        started.append(Running(broker, **keys))
        return started[-1]

    yield start
    for running in started:
        await running.cut()


async def in_thread(call: Callable[..., Any], *args: Any, **keys: Any) -> Any:
    """The result of a call that blocks, while the event loop turns."""
    result: Awaitable[Any] = asyncio.to_thread(call, *args, **keys)
    return await result
