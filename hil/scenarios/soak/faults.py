"""What each fault does to the bench, and what it says of itself afterwards.

A fault returns a few words; it raises `FaultFailed` when the daemon did not keep a promise while it went on.
"""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable

from hil.scenarios.soak.attacks import ATTACKS
from hil.scenarios.soak.bench import READER, Bench
from hil.scenarios.soak.daemon import STOP_S_MAX
from hil.scenarios.soak.truth import UNCOMMITTED_S
from hil.simulators.mqtt_publisher import connected

DRAIN_S_MAX = 8.0
COMMITTED_S = 0.5
"""Some commits' time."""
UNREAD_S = 0.5
"""What came so shortly before may not have been read yet."""


class FaultFailed(Exception):
    """The daemon did not do what it promises."""


Act = Callable[[Bench, float], Awaitable[str]]


# -- the daemon -----------------------------------------------------------------------------------------


async def kill(bench: Bench, lasts_s: float) -> str:
    """SIGKILL, and a start after a while."""
    async with bench.spine:
        bench.changing = True
        bench.close_ways(UNCOMMITTED_S)
        await bench.daemon.kill()
        await bench.restart(lasts_s)
    return f"away for {lasts_s:.1f} s"


async def kill_twice(bench: Bench, lasts_s: float) -> str:
    """SIGKILL, and again right after the start."""
    async with bench.spine:
        bench.changing = True
        bench.close_ways(UNCOMMITTED_S)
        await bench.daemon.kill()
        await bench.daemon.start()
        await asyncio.sleep(lasts_s)
        await bench.daemon.kill()
        await bench.restart(0.0)
    return f"{lasts_s:.1f} s between"


async def stop(bench: Bench, lasts_s: float) -> str:
    """SIGTERM while frames come."""
    async with bench.spine:
        bench.changing = True
        bench.close_ways()
        code, took_s = await bench.daemon.stop()
        await bench.restart(lasts_s)
    if code or took_s > STOP_S_MAX:
        raise FaultFailed(f"ended with code {code} after {took_s:.1f} s")
    return f"ended in {took_s:.1f} s"


async def stall(bench: Bench, lasts_s: float) -> str:
    """The machine does nothing for it, for a while."""
    async with bench.spine:
        bench.stalled_since = time.time() - UNREAD_S
        bench.daemon.send(signal.SIGSTOP)
        await asyncio.sleep(lasts_s)
        bench.daemon.send(signal.SIGCONT)
        await asyncio.sleep(UNREAD_S)
        bench.stalled_since = None
    return f"{lasts_s:.1f} s"


# -- the broker -----------------------------------------------------------------------------------------


async def restart_broker(bench: Bench, lasts_s: float) -> str:
    """An orderly end, and a start."""
    await asyncio.to_thread(bench.broker.stop)
    await asyncio.sleep(lasts_s)
    await asyncio.to_thread(bench.broker.start)
    return f"away for {lasts_s:.1f} s"


async def kill_broker(bench: Bench, lasts_s: float) -> str:
    """SIGKILL while nothing waits in it: what does is lost with it, and no gateway can help that."""
    async with bench.wire, bench.spine:
        bench.publishing.clear()
        try:
            drained = await _drained(bench)
            if drained:
                await asyncio.to_thread(bench.broker.kill)
        finally:
            bench.publishing.set()
    if not drained:
        return "left out: its queue was not empty in time"
    await asyncio.sleep(lasts_s)
    await asyncio.to_thread(bench.broker.start)
    return f"away for {lasts_s:.1f} s"


async def _drained(bench: Bench) -> bool:
    """Wait until the daemon has taken and acknowledged what was published, and the session is on disk.

    Messages of no use are published last: when they have come and nothing comes after them, all is there.
    """
    deadline = time.monotonic() + DRAIN_S_MAX
    first = before = await _messages(bench)
    for gateway in (bench.gateways.near, bench.gateways.far):
        gateway.publish(b"")
    while time.monotonic() < deadline:
        await asyncio.sleep(COMMITTED_S)
        now = await _messages(bench)
        calm = not bench.gateways.unacknowledged and bench.broker.saved.exists()
        if first is not None and now is not None:
            if calm and now == before and now >= first + 2:
                return True
        else:
            first = now
        before = now
    return False


async def _messages(bench: Bench) -> int | None:
    """How many messages the daemon has had on its connections; None while it has none."""
    bench.status = {}
    await bench.look()
    live = bench.status.get("daemon") or {"sources": {}}
    source = live["sources"].get("gateways", {"state": "down"})
    return source["counters"].get("messages", 0) if source["state"] == "up" else None


async def duplicate_client(bench: Bench, lasts_s: float) -> str:
    """Somebody connects with our client id, gets what is ours, acknowledges nothing, and is put out by us."""
    user = (READER, "reads")

    def connect() -> None:
        other = connected("127.0.0.1", bench.broker.port, "soak-01", user, clean_session=False)
        time.sleep(lasts_s)
        other.close()

    try:
        await asyncio.to_thread(connect)
    except OSError:
        return "left out: the broker was away"
    return f"{lasts_s:.1f} s"


def link(mode: str) -> Act:
    """The network between broker and daemon."""

    async def act(bench: Bench, lasts_s: float) -> str:
        async with bench.wire:
            await bench.to_broker.become(mode)
            await asyncio.sleep(lasts_s)
            await bench.to_broker.become("pass")
        return f"{lasts_s:.1f} s"

    return act


# -- the database ---------------------------------------------------------------------------------------


def database(mode: str) -> Act:
    """What the way to the database, or the database, does."""

    async def act(bench: Bench, lasts_s: float) -> str:
        await bench.to_influx.become(mode)
        await asyncio.sleep(lasts_s)
        await bench.to_influx.become("pass")
        return f"{lasts_s:.1f} s"

    return act


async def rotate(bench: Bench, lasts_s: float) -> str:
    """The password is another one, and the daemon is told later, by its file."""
    password = f"password-{bench.rng.randrange(10**9)}"
    await asyncio.to_thread(bench.influx.change_password, password)
    await asyncio.sleep(lasts_s)
    bench.write_secret("influxdb.secret", password)
    return f"{lasts_s:.1f} s between"


# -- the rest -------------------------------------------------------------------------------------------


async def unplug(bench: Bench, lasts_s: float) -> str:
    """The modem is pulled out and put in again, as another device."""
    # What a port holds unread goes with it.
    bench.book.close("modem", bench.stalled_since or time.time() - UNREAD_S)
    await asyncio.to_thread(bench.modem.unplug)
    bench.book.close("modem")
    await asyncio.sleep(lasts_s)
    await asyncio.to_thread(bench.modem.plug)
    return f"{lasts_s:.1f} s"


async def noise(bench: Bench, _lasts_s: float) -> str:
    """Garbage on the line."""
    for _ in range(5):
        bench.modem.noise()
    return "5 bursts of 700 bytes"


async def fill(bench: Bench, lasts_s: float) -> str:
    """No byte is left on the daemon's disk."""
    if not bench.on_tmpfs:
        return "left out: needs root, for a disk of its own"
    async with bench.spine:
        bench.changing = True
        bench.close_ways(UNCOMMITTED_S)
        await asyncio.to_thread(bench.fill_disk)
        await asyncio.sleep(lasts_s)
        await asyncio.to_thread(bench.empty_disk)
        bench.changing = False
    return f"{lasts_s:.1f} s"


async def ask(bench: Bench, _lasts_s: float) -> str:
    """A long read beside the writer."""
    code, answer = await bench.daemon.command("query", "air_quality", "--since", "1 day")
    if code not in (0, 1):
        raise FaultFailed(f"query ended with code {code}")
    return f"{len(answer.get('points', ()))} points"


def attack(name: str) -> Act:
    """A stranger."""

    async def act(bench: Bench, _lasts_s: float) -> str:
        return await ATTACKS[name](bench)

    return act


ACTS: dict[str, Act] = {
    "daemon killed": kill,
    "daemon killed twice": kill_twice,
    "daemon stopped under load": stop,
    "machine stalls": stall,
    "broker restarted": restart_broker,
    "broker killed": kill_broker,
    "another client with our id": duplicate_client,
    "broker half-open": link("blackhole"),
    "connection to the broker reset": link("rst"),
    "link to the broker slow": link("slow"),
    "database refuses": database("refuse"),
    "database blackhole": database("blackhole"),
    "database resets": database("rst"),
    "database slow": database("slow"),
    "answers lost after the write": database("cut"),
    "database answers 500": database("500"),
    "database answers 503": database("503"),
    "database answers 404": database("404"),
    "database answers 429": database("429"),
    "credentials rotated": rotate,
    "modem unplugged": unplug,
    "modem unplugged and in at once": unplug,
    "noise on the serial line": noise,
    "disk full": fill,
    "query of all there is": ask,
    **{name: attack(name) for name in ATTACKS},
}
"""By the names of `plan`."""
