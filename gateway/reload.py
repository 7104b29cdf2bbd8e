"""The devices file read again while the daemon runs: new, changed and removed devices without a restart.

    a file changed, or SIGHUP -> all of it read and checked in a thread -> one step of the event loop swaps it in

Looked at are the devices file, the keys file, and the files that devices name; codecs are looked after where
they run. Nothing is half taken: a fault leaves the devices as they were and is told once. In the one step no
frame is under way, and each session that goes on keeps its counters. One that begins takes up what an earlier
run has kept of it; one that ends is put on disk.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from gateway.config import Config
from gateway.config import devices as devices_file
from gateway.config.device_files import leads_to
from gateway.config.faults import Faults
from gateway.device import Device
from gateway.errors import ConfigError, GatewayError, StoreFull, Unavailable
from gateway.journal import Journal
from gateway.lorawan.region import region
from gateway.lorawan.session import Session
from gateway.lorawan.unwrap import Lorawan
from gateway.model import SessionState
from gateway.pipeline.fleet import Fleet
from gateway.pipeline.interpret import Interpreter
from gateway.pipeline.readings import ReadingMaker
from gateway.pipeline.sessions import SessionBook
from gateway.store import recovery
from gateway.store.connection import open_reader
from gateway.store.store import Store

LOOK_S = 2.0
"""Between two looks at the files; a change is taken when the second one finds nothing new."""
EDITED_LATELY_S = 60.0
"""A file this young when the daemon starts may have changed after it was read: it is read once more."""

Signature = tuple[tuple[str, int, int, int] | None, ...]
"""Of each file its name, mtime in ns, size and inode; None for one that is not there."""
Counters = list[tuple[int, int, int, bytes]]


class Difference(NamedTuple):
    """What a new devices file changes, by name."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class Reload:
    """Watches the files of one gateway's devices and swaps what they say into its ingest side."""

    def __init__(
        self,
        config: Config,
        interpreter: Interpreter,
        book: SessionBook,
        maker: ReadingMaker,
        store: Store,
    ) -> None:
        self._config = config
        self._fleet: Fleet = interpreter.fleet
        self._lorawan: Lorawan = interpreter.lorawan
        self._book = book
        self._maker = maker
        self._store = store
        self._journal = Journal("devices")
        self._asked = asyncio.Event()
        self._refused: str | None = None
        self._loads = 0
        self._begun_with = _look(config.path)
        self.restart_needed = False
        """The gateway's own file has changed since the start."""
        self._files: list[Path] = self._watched()
        self._seen = self._signature()
        if any(one and time.time_ns() - one[1] < EDITED_LATELY_S * 1e9 for one in self._seen):
            self._seen = ()

    def ask(self) -> None:
        """Read the files at once: SIGHUP."""
        self._asked.set()

    def status(self) -> Mapping[str, Any]:
        """For `status`, as JSON-able values."""
        return {
            "configured": len(self._fleet.by_name),
            "reloads": self._loads,
            "refused": self._refused,
            "restart_needed": self.restart_needed,
        }

    async def watch(self) -> None:
        """Take every change until cancelled."""
        before = self._seen
        while True:
            asked = await self._pause()
            now = await asyncio.to_thread(self._signature)
            await asyncio.to_thread(self._look_at_config)
            if asked or (now == before and now != self._seen):
                self._seen = now
                await self.reload(asked=asked)
            before = now

    async def _pause(self) -> bool:
        """Wait until the next look; True when somebody asked for it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await self._asked.wait()
        asked = self._asked.is_set()
        self._asked.clear()
        return asked

    async def reload(self, *, asked: bool = False) -> Difference | None:
        """Read the files and take what they say; None when they are refused."""
        try:
            devices = await asyncio.to_thread(self._load)
            difference = await self._take(devices)
        except ConfigError as fault:
            more = (
                f" (and {len(fault.others)} more faults: check shows them)" if fault.others else ""
            )
            self._refuse(f"{fault}{more}")
            return None
        except GatewayError as error:  # the store could not be asked for counters
            self._refuse(str(error))
            self._seen = ()  # it may be answered at the next look
            return None
        except (
            OSError,
            ValueError,
            RecursionError,
        ) as error:  # a file must not end what works without it
            self._refuse(f"{self._config.gateway.devices} cannot be taken: {error}")
            return None
        self._refused = None
        if difference or asked:
            self._loads += 1
            self._journal.info(
                "reloaded",
                configured=len(self._fleet.by_name),
                added=len(difference.added),
                changed=len(difference.changed),
                removed=len(difference.removed),
            )
        return difference

    def _refuse(self, why: str) -> None:
        if why != self._refused:
            self._journal.error("refused", why=why, instead="the devices stay as they were")
        self._refused = why

    def _load(self) -> tuple[Device, ...]:
        """The devices as the files have them now. In a thread.

        Raises:
            ConfigError: something in them is wrong.
        """
        gateway = self._config.gateway
        if gateway.devices is None:
            return ()
        self._files = self._watched()
        faults = Faults()
        sources = [source.name for source in self._config.sources]
        loaded = devices_file.load(gateway.devices, gateway.keys_file, sources, faults)
        faults.raise_any()
        return loaded.devices

    async def _take(self, devices: tuple[Device, ...]) -> Difference:
        difference, lorawan = await asyncio.to_thread(self._prepared, devices)
        wanted = lorawan.identities() - self._lorawan.identities()
        states, counters = await asyncio.to_thread(self._kept, wanted) if wanted else ([], [])
        # From here on nothing is awaited until all of it is swapped.
        gone, new = self._lorawan.become(lorawan)
        self._fleet.become(devices)
        self._book.part(gone)
        self._meet(new, states, counters)
        for each in (*difference.changed, *difference.removed):
            self._maker.forget_device(each)
        for each in difference.removed:
            self._lorawan.forget_elsewhere(each)
        with contextlib.suppress(
            StoreFull, Unavailable
        ):  # it stays in the batch that is tried again
            await self._store.commit()
        return difference

    def _prepared(self, devices: tuple[Device, ...]) -> tuple[Difference, Lorawan]:
        """What takes long with many devices. In a thread."""
        name = self._config.gateway.region
        fresh = Fleet(devices, region(name) if name else None)
        return _difference(self._fleet.by_name, devices), fresh.lorawan()

    def _meet(self, new: list[Session], states: list[SessionState], counters: Counters) -> None:
        """Sessions that came back with their counters in memory need none from the file."""
        begun = {(session.dev_addr, session.fingerprint) for session in new}
        mine = [state for state in states if (state.dev_addr, state.fingerprint) in begun]
        self._book.meet(mine, counters)

    def _kept(self, wanted: set[tuple[str, str]]) -> tuple[list[SessionState], Counters]:
        """What the store has of sessions that nobody used in this run. In a thread.

        Raises:
            StoreDamaged, Unavailable: it cannot be read.
        """
        connection = open_reader(self._store.path)
        try:
            states = [
                state
                for state in recovery.sessions(connection)
                if (state.dev_addr, state.fingerprint) in wanted
            ]
            if not states:
                return [], []
            rows = {state.id for state in states}
            after = recovery.counters_after(connection, min(state.flushed for state in states))
            return states, [row for row in after if row[1] in rows]
        finally:
            connection.close()

    def _signature(self) -> Signature:
        """How the files are now."""
        return tuple(_look(path) for path in self._files)

    def _look_at_config(self) -> None:
        """Say once that what it says of sources, sinks and all else is not taken while this runs."""
        changed = _look(self._config.path) != self._begun_with
        if changed and not self.restart_needed:
            says = "sources, sinks and all else of it are as they were at the start; restart to change them"
            self._journal.warning("not_reloaded", file=self._config.path, says=says)
        self.restart_needed = changed

    def _watched(self) -> list[Path]:
        """The files that say something about devices. Reads the devices file."""
        gateway = self._config.gateway
        if gateway.devices is None:
            return []
        keys, named = leads_to(gateway.devices)
        return [path for path in (gateway.devices, keys or gateway.keys_file, *named) if path]


def _look(path: Path) -> tuple[str, int, int, int] | None:
    try:
        told = path.stat()
    except OSError:
        return None
    return str(path), told.st_mtime_ns, told.st_size, told.st_ino


def _difference(before: Mapping[str, Device], devices: tuple[Device, ...]) -> Difference:
    after = {device.name: device for device in devices}
    return Difference(
        added=tuple(name for name in after if name not in before),
        changed=tuple(
            name
            for name, device in after.items()
            if name in before and _as_written(device) != _as_written(before[name])
        ),
        removed=tuple(name for name in before if name not in after),
    )


def _as_written(device: Device) -> Device:
    """Without what other files say: those are read anew each time, and are never equal."""
    return replace(device, register_map=None, profile=None)
