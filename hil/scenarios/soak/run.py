"""One run: the senders speak, the lanes of the plan do their worst, somebody watches; then everything is set
right, what is left is delivered, and the verdict is found.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hil.scenarios.soak import verdict as verdicts
from hil.scenarios.soak.bench import Bench
from hil.scenarios.soak.daemon import STOP_S_MAX
from hil.scenarios.soak.faults import ACTS, FaultFailed
from hil.scenarios.soak.plan import Lane, Planned, plan
from hil.scenarios.soak.verdict import Verdict
from hil.scenarios.soak.vital_signs import VitalSigns

RATES = {"gateways": 28.0, "roof": 7.0, "modem": 2.5}
"""Uplinks a second."""
LOOK_EVERY_S = 1.0
SIGNS_EVERY_S = 1.0
UP_S_MAX = 30.0
SETTLE_S_MAX = 180.0
"""For everything to be acknowledged and delivered after the last fault."""


@dataclass(slots=True)
class Happened:
    """One fault that was done."""

    at_s: float
    planned: Planned
    words: str
    good: bool = True


@dataclass(slots=True)
class Outcome:
    """All that a run has to tell."""

    seed: int
    seconds: float
    happened: list[Happened] = field(default_factory=list)
    signs: VitalSigns = field(default_factory=VitalSigns)
    looks: int = 0
    """Answers of `status` while it ran."""
    unbalanced: int = 0
    """Of these, those whose sums did not hold."""
    starts: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    broker_words: str = ""
    settled_s: float = 0.0
    store_bytes: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    """Frames by outcome."""
    closed_s: dict[str, float] = field(default_factory=dict)
    fatal: str = ""

    @property
    def passed(self) -> bool:
        """Whether every promise held."""
        return not self.complaints

    @property
    def complaints(self) -> list[str]:
        """Everything that did not."""
        found = [self.fatal] if self.fatal else []
        found += [f"{one.planned.fault.name}: {one.words}" for one in self.happened if not one.good]
        if self.unbalanced:
            found.append(f"{self.unbalanced} of {self.looks} answers of status did not add up")
        return [*found, *self.signs.complaints(), *self.verdict.complaints]


class Soak:
    """One run on one bench. `tell` is called several times a second, for whoever watches."""

    def __init__(
        self, folder: Path, seed: int, seconds: float, tell: Callable[["Soak"], None]
    ) -> None:
        self.outcome = Outcome(seed, seconds)
        self.bench = Bench(folder, seed, seconds)
        self.under_way: dict[Lane, str] = {}
        self.stage = "starting"
        self.began = time.monotonic()
        self._tell = tell
        self._plan = plan(seed, seconds)

    @property
    def elapsed_s(self) -> float:
        """Since the first frame."""
        return time.monotonic() - self.began

    async def run(self) -> Outcome:
        """To the end; what went wrong stands in the outcome."""
        async with self.bench:
            try:
                await self._until_up()
                await self._fault_phase()
                await self._settle()
                await self._find_verdict()
            except (RuntimeError, FaultFailed, TimeoutError) as fault:
                self.outcome.fatal = f"{self.stage}: {fault}"
            self.outcome.starts = self.bench.daemon.starts
        return self.outcome

    # -- the phases ---------------------------------------------------------------------------------------

    async def _until_up(self) -> None:
        async with asyncio.timeout(UP_S_MAX):
            while not self._all_up() or not self.bench.modem.terminal.firmware.listening:
                await self._look()
        await asyncio.sleep(1)
        self._take_sign()
        self.outcome.signs.note_calm()

    def _all_up(self) -> bool:
        live = self.bench.status.get("daemon")
        return live is not None and all(one["state"] == "up" for one in live["sources"].values())

    async def _fault_phase(self) -> None:
        self.stage = "faults"
        self.began = time.monotonic()
        bench = self.bench
        bench.book.began = time.time()
        speakers = [
            (bench.gateways.speak, RATES["gateways"], bench.publishing),
            (bench.roof.speak, RATES["roof"], None),
            (bench.modem.speak, RATES["modem"], None),
        ]
        tasks = [asyncio.create_task(self._speak(*speaker)) for speaker in speakers]
        tasks += [
            asyncio.create_task(self._watch()),
            asyncio.create_task(self._keep_signs()),
            asyncio.create_task(self._keep_telling()),
        ]
        lanes = [
            asyncio.create_task(self._lane(lane, faults)) for lane, faults in self._plan.items()
        ]
        rest = asyncio.create_task(asyncio.sleep(self.outcome.seconds))
        try:
            done, _ = await asyncio.wait([*tasks, rest], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            # A fault that waited for another one still has its time.
            await asyncio.wait_for(asyncio.gather(*lanes), SETTLE_S_MAX)
        finally:
            for task in (*tasks, *lanes, rest):
                task.cancel()
            await asyncio.gather(*tasks, *lanes, rest, return_exceptions=True)

    async def _settle(self) -> None:
        """Set everything right, and wait until nothing waits any more."""
        self.stage = "settling"
        began = time.monotonic()
        bench = self.bench
        await bench.to_broker.become("pass")
        await bench.to_influx.become("pass")
        bench.empty_disk()
        telling = asyncio.create_task(self._keep_telling())
        try:
            async with asyncio.timeout(SETTLE_S_MAX):
                still = 0
                before = -1
                while still < 3:
                    await self._look()
                    heard = self._heard()
                    calm = heard == before and self._nothing_waits()
                    still, before = (still + 1 if calm else 0), heard
                    await asyncio.sleep(0.3)
        except TimeoutError:
            raise RuntimeError(f"not everything was delivered in time: {self._state()}") from None
        finally:
            telling.cancel()
        self.outcome.settled_s = time.monotonic() - began
        self._take_sign()

    def _heard(self) -> int:
        return int(self.bench.status["frames"]["heard"]) if self.bench.status else -1

    def _nothing_waits(self) -> bool:
        status = self.bench.status
        pending = status["readings"]["sinks"].get("city", {"pending": 1})["pending"]
        return not pending and not self.bench.gateways.unacknowledged and self._all_up()

    def _state(self) -> str:
        live = self.bench.status.get("daemon") or {}
        ways = {**live.get("sources", {}), **live.get("sinks", {})}
        said = {name: (one["state"], one["why"]) for name, one in ways.items()}
        waits = self.bench.gateways.unacknowledged
        return f"{waits} not acknowledged to publishers; {said}; stalled: {live.get('stalled')}"

    async def _find_verdict(self) -> None:
        self.stage = "comparing"
        bench, outcome = self.bench, self.outcome
        self._tell(self)
        live = bench.status.get("daemon") or {"sources": {"gateways": {"why": "", "counters": {}}}}
        outcome.broker_words = str(live["sources"]["gateways"]["why"])
        code, took_s = await bench.daemon.stop()
        if code or took_s > STOP_S_MAX:
            outcome.verdict.complaints.append(f"the last stop: code {code} after {took_s:.1f} s")
        outcome.verdict = await asyncio.to_thread(verdicts.compare, bench.book, bench.influx)
        _, status = await bench.daemon.command("status")
        outcome.verdict.complaints += verdicts.sums(status, outcome.verdict)
        store = bench.store / "store.db"
        outcome.verdict.complaints += await asyncio.to_thread(verdicts.integrity, store)
        outcome.store_bytes = store.stat().st_size
        outcome.refused = dict(status["frames"]["outcomes"])
        outcome.closed_s = {way: bench.book.closed_s(way) for way in ("roof", "modem")}

    # -- what goes on meanwhile ---------------------------------------------------------------------------

    async def _speak(
        self, speak: Callable[[], None], rate: float, allowed: asyncio.Event | None
    ) -> None:
        due = time.monotonic()
        while True:
            if allowed is not None:
                await allowed.wait()
            speak()
            due = max(due + 1 / rate, time.monotonic() - 1.0)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _lane(self, lane: Lane, faults: list[Planned]) -> None:
        for planned in faults:
            await asyncio.sleep(planned.at_s - self.elapsed_s)
            self.under_way[lane] = planned.fault.name
            happened = Happened(self.elapsed_s, planned, "")
            try:
                happened.words = await ACTS[planned.fault.name](self.bench, planned.lasts_s)
            except (FaultFailed, RuntimeError) as fault:
                happened.words, happened.good = str(fault), False
            self.outcome.happened.append(happened)
            self.under_way.pop(lane, None)

    async def _watch(self) -> None:
        """Ask for `status` all the time, and see that the daemon does not end by itself."""
        while True:
            await self._look()
            if self.bench.daemon.ended and not self.bench.changing:
                raise RuntimeError(f"the daemon ended by itself: see {self.bench.daemon.log}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self) -> None:
        self.outcome.looks += 1
        if not await self.bench.look():
            self.outcome.unbalanced += 1

    async def _keep_signs(self) -> None:
        while True:
            self._take_sign()
            await asyncio.sleep(SIGNS_EVERY_S)

    def _take_sign(self) -> None:
        daemon = self.bench.daemon
        if daemon.pid:
            age_s = time.monotonic() - daemon.started_at
            self.outcome.signs.look(daemon.pid, daemon.starts, age_s)

    async def _keep_telling(self) -> None:
        while True:
            self._tell(self)
            await asyncio.sleep(0.25)
