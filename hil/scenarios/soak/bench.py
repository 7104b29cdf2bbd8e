"""The bench: every server, proxy, sender and the daemon of one run, and what they know of each other.

folder/gateway.toml, devices.toml, *.secret     the configuration
folder/store/                                   the daemon's disk: a small tmpfs where root runs this
folder/daemon.log, broker/, influxdb/           what is worth reading after a failure
"""

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any, Self

from hil.scenarios.shipped_broker import ShippedBroker
from hil.scenarios.soak.daemon import Daemon
from hil.scenarios.soak.fault_proxy import FaultProxy
from hil.scenarios.soak.influx_server import DATABASE, WRITER, InfluxServer
from hil.scenarios.soak.senders import PASSWORDS, FieldGateways, ModemAtTheCable, Roof
from hil.scenarios.soak.truth import AT_MOST_ONCE, Book
from hil.simulators.fleet import Fleet, Quirks

SITE = "soak"
DEVICES = {"gateways": 30, "roof": 9, "modem": 6}
READER = "lora-gateway"
QUIRKS = Quirks(fault=0.03, out_of_range=0.02, stored=0)
LISTENS_S = 2.0
"""After a start; a way that takes longer is opened by `look`."""
DISK_BYTES_LEAST = 48 * 2**20
DISK_BYTES_PER_S = 48 * 1024
"""What a second of the run may leave on the disk, many times over."""

CONFIG = """\
[gateway]
name = "soak-01"
region = "AS923-1"
devices = "devices.toml"
tags = {{ site = "{site}" }}

[store]
path = "store/store.db"
size_max = "{size_max} MiB"

[[sources.mqtt]]
name = "gateways"
url = "mqtt://127.0.0.1:{broker}"
client_id = "soak-01"
username = "{reader}"
password_file = "broker.secret"
topics = ["as923/gateway/+/event/up"]
keepalive = "5 s"

[[sources.semtech_udp]]
name = "roof"
listen = "127.0.0.1:{udp}"

[[sources.serial_line]]
name = "modem"
port = "{modem}"
modem = "rak_rui3"
frequency_hz = 923_200_000
spreading_factor = 7
bandwidth_hz = 125_000

[[sinks.influxdb]]
name = "city"
url = "http://127.0.0.1:{database}"
version = "1"
database = "{database_name}"
username = "{writer}"
password_file = "influxdb.secret"
timeout = "3 s"
probe_interval = "2 s"
"""


class Bench:
    """Everything of one run. Use as an async context manager."""

    def __init__(self, folder: Path, seed: int, seconds: float) -> None:
        self.folder = folder
        self.rng = Random(f"{seed} bench")
        self.udp_port = _free_udp_port()
        self.on_tmpfs = False
        self.disk_bytes = int(DISK_BYTES_LEAST + seconds * DISK_BYTES_PER_S)
        self.store = folder / "store"
        self.status: Mapping[str, Any] = {}
        """The newest answer of `status`."""
        self.spine = asyncio.Lock()
        """Held by a fault that no other may disturb: the daemon's process and its disk."""
        self.wire = asyncio.Lock()
        """Held by a fault of the link to the broker, and by one that needs the link to be whole."""
        self.changing = False
        """The daemon is ended or started on purpose."""
        self.stalled_since: float | None = None
        """Unix time since which the daemon gets no processor: what a port holds unread goes with the port."""
        self.publishing = asyncio.Event()
        self.publishing.set()
        self._stack = ExitStack()
        self._fleet = Fleet(sum(DEVICES.values()), seed=seed, quirks=QUIRKS)
        self.book = Book(
            SITE, {one.identity.name: dict(one.identity.tags) for one in self._fleet.devices}
        )
        passwords = {READER: "reads", **PASSWORDS}
        self.broker = ShippedBroker(folder / "broker", users=passwords)
        self.influx_password = "first-password"  # noqa: S105 - of this run, on loopback
        self.influx = InfluxServer(folder / "influxdb", self.influx_password)
        self.daemon = Daemon(folder / "gateway.toml")

    async def __aenter__(self) -> Self:
        try:
            await self._set_up()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self.daemon.ended:
            await self.daemon.kill()
        await asyncio.to_thread(self._stack.close)
        for proxy in (getattr(self, "to_broker", None), getattr(self, "to_influx", None)):
            if proxy is not None:
                await proxy.stop()

    async def _set_up(self) -> None:
        self.store.mkdir()
        self._mount()
        self._stack.enter_context(self.broker)
        await asyncio.to_thread(self._stack.enter_context, self.influx)
        self.to_broker = FaultProxy(self.broker.port)
        self.to_influx = FaultProxy(self.influx.port)
        await self.to_broker.start()
        await self.to_influx.start()
        devices = iter(self._fleet.devices)
        groups = {way: [next(devices) for _ in range(count)] for way, count in DEVICES.items()}
        self.modem = ModemAtTheCable(groups["modem"], self.book, self.folder / "modem")
        self._stack.callback(self.modem.close)
        self._write_files()
        await self.daemon.start()
        self.gateways = FieldGateways(groups["gateways"], self.book, self.broker.port, self.rng)
        self._stack.callback(self.gateways.close)
        self.roof = Roof(groups["roof"], self.book, self.udp_port)
        self._stack.callback(self.roof.close)

    def _write_files(self) -> None:
        self._fleet.write(self.folder / "devices.toml")
        self.write_secret("broker.secret", "reads")
        self.write_secret("influxdb.secret", self.influx_password)
        self.daemon.config.write_text(
            CONFIG.format(
                site=SITE, broker=self.to_broker.port, reader=READER, udp=self.udp_port,
                modem=self.modem.terminal.link, database=self.to_influx.port,
                database_name=DATABASE, writer=WRITER, size_max=self.disk_bytes * 4 // 5 // 2**20,
            ),
            encoding="utf-8",
        )  # fmt: skip

    def write_secret(self, name: str, text: str) -> None:
        """A file that only its owner reads, replaced as a whole."""
        fresh = self.folder / f"{name}.new"
        fresh.touch(0o600)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.folder / name)

    # -- the daemon ---------------------------------------------------------------------------------------

    async def restart(self, pause_s: float) -> None:
        """Start the daemon that was ended, after a while; its ways are open from when its log says so."""
        await asyncio.sleep(pause_s)
        await self.daemon.start()
        self.changing = False
        until = time.monotonic() + LISTENS_S
        while time.monotonic() < until and any(map(self.book.is_closed, AT_MOST_ONCE)):
            for way in AT_MOST_ONCE:
                if self.daemon.has_said(f" source.{way}: up ") and self.can_be_heard(way):
                    self.book.open(way)
            await asyncio.sleep(0.05)

    def close_ways(self, before_s: float = 0.0) -> None:
        """Nobody hears UDP and the modem from now on; `look` opens them again."""
        for way in AT_MOST_ONCE:
            self.book.close(way, time.time() - before_s)

    async def look(self) -> bool:
        """Ask for `status`; open the ways that are up again. False when its sums do not hold."""
        if self.daemon.ended:
            return True
        calm, starts = not self.changing, self.daemon.starts
        code, answer = await self.daemon.command("status")
        if not answer:
            return True  # it was being started or ended
        self.status = answer
        live = answer["daemon"]
        calm = calm and not self.changing and starts == self.daemon.starts
        if live is not None and calm and not (live["full"] or live["stalled"]):
            for way in AT_MOST_ONCE:
                if live["sources"][way]["state"] == "up" and self.can_be_heard(way):
                    self.book.open(way)
        return code == 0

    def can_be_heard(self, way: str) -> bool:
        """Whether no fault of the way itself is under way."""
        return way != "modem" or self.modem.terminal.firmware.listening

    # -- the disk -----------------------------------------------------------------------------------------

    def _mount(self) -> None:
        """A disk of its own for the store, when this may be done."""
        if os.geteuid() != 0:
            return
        command = [
            "mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={self.disk_bytes}",
            "tmpfs",
            str(self.store),
        ]
        self.on_tmpfs = subprocess.run(command, capture_output=True, check=False).returncode == 0
        if self.on_tmpfs:
            self._stack.callback(
                subprocess.run, ["umount", "-l", str(self.store)], capture_output=True, check=False
            )

    def fill_disk(self) -> None:
        """Take every byte that is left on the daemon's disk."""
        with (self.store / "filler").open("ab", buffering=0) as filler:
            for piece in (2**20, 4096, 1):
                try:
                    while True:
                        filler.write(bytes(piece))
                except OSError:
                    continue

    def empty_disk(self) -> None:
        """Give it back."""
        (self.store / "filler").unlink(missing_ok=True)


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
