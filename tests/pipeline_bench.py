"""The left half of the flow on a store of the test's own: real decoders, real LoRaWAN, frames by the simulators.

What the interpreter decided is read back from the file, so a test sees what a later start would see.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from decoders.registry import DECODERS
from gateway.device import Device, DeviceKeys
from gateway.lorawan.region import region
from gateway.model import ApplicationUplink, Frame, Heard, Radio, Reception, Record, Stamp
from gateway.pipeline.fleet import Fleet
from gateway.pipeline.interpret import Interpreter
from gateway.pipeline.payloads import Payloads
from gateway.pipeline.readings import ReadingMaker
from gateway.pipeline.server_object import ServerObjects
from gateway.pipeline.sessions import SessionBook
from gateway.pipeline.times import GatewayClocks
from gateway.store import recovery
from gateway.store.store import Store
from hil.simulators.air import AS923_1, Hearing, Receiver
from hil.simulators.device_list import Identity, identity

START_S = 1_795_305_600
"""2026-11-22T00:00:00Z."""
UP_S = 1_000
"""How long the machine had been up at START_S."""
BACKFILL_MAX_S = 7 * 86400.0
NEAR = Receiver("02c17aff00000001", START_S - 5_000)
FAR = Receiver("02c17aff00000002", START_S - 77)
AIR_PORT = 20
FIELD_BITS = 0x0001
"""The bitmap of a report that carries the first field of its family only."""
REGION = "AS923-1"


def air_report(pm1_0_ug_m3: float = 30.5) -> bytes:
    """A report of one quantity, written by hand: layout 1, bit 0, u16 in 0.1 µg/m³."""
    return struct.pack(">BHH", 1, FIELD_BITS, round(pm1_0_ug_m3 * 10))


def stored_air(first_s: int, step_s: int, *pm1_0_ug_m3: float) -> bytes:
    """Stored samples of one quantity, for the port above that of the report."""
    head = struct.pack(">BIHH", 1, first_s, step_s, FIELD_BITS)
    return head + b"".join(struct.pack(">H", round(one * 10)) for one in pm1_0_ug_m3)


def stamp(at_s: float, *, trusted: bool = True, off_s: float = 0.0) -> Stamp:
    """Received at this true time by a machine whose wall clock is off by so much."""
    boot_ns = round((at_s - START_S + UP_S) * 1000) * 1_000_000
    return Stamp(round((at_s + off_s) * 1000) * 1_000_000, boot_ns, trusted)


def who(number: int = 1, **more: Any) -> Identity:
    """An air station of the simulated city."""
    return identity(7, number, name=f"air-{number:02}", decoder="air_quality", **more)


def device_of(one: Identity, **more: Any) -> Device:
    """The identity as the configuration would have it."""
    known: dict[str, Any] = {
        "name": one.name,
        "dev_eui": one.dev_eui,
        "decoder": one.decoder,
        "dev_addr": one.dev_addr,
        "keys": DeviceKeys(nwk_s_key=one.nwk_s_key, app_s_key=one.app_s_key),
        "tags": tuple(sorted(one.tags.items())),
    }
    return Device(**(known | more))


def frame_of(hearing: Hearing, *, received: Stamp | None = None, **more: Any) -> Frame:
    """A hearing as a source hands it over, at once."""
    channel = hearing.channel
    reception = Reception(
        hearing.receiver, 0, hearing.rssi_dbm, hearing.snr_db, channel.index, str(hearing.tmst)
    )
    radio = Radio(channel.frequency_hz, "LORA", channel.spreading_factor, channel.bandwidth_hz)
    known = {
        "source": "udp",
        "phy": hearing.phy,
        "radio": radio,
        "receptions": (reception,),
        "received": received or stamp(hearing.at),
        "crc": hearing.crc,
    }
    return Frame(**(known | more))


def heard_by(
    receiver: Receiver, at_s: float, phy: bytes, *, snr_db: float = 7.5, rssi_dbm: int = -80, **more: Any
) -> Frame:  # fmt: skip
    """A transmission at this time as this receiver hears it."""
    hearing = receiver.hear(at_s, phy, AS923_1[2], rssi_dbm=rssi_dbm, snr_db=snr_db)
    return frame_of(hearing, **more)


def event_of(
    one: Identity, f_cnt: int, payload: bytes, at_s: float, **more: Any
) -> ApplicationUplink:
    """What a network server tells of an uplink."""
    known: dict[str, Any] = {
        "source": "events", "server": "chirpstack", "event_id": f"{one.dev_eui}-{f_cnt}-{at_s}",
        "session_id": "", "dev_eui": one.dev_eui, "dev_addr": one.dev_addr, "f_cnt": f_cnt,
        "f_port": AIR_PORT, "payload": payload, "object_json": None,
        "radio": Radio(923_600_000, "LORA", 7, 125_000),
        "receptions": (Reception(NEAR.eui, 0, -80, 7.5, 2, ""),), "received": stamp(at_s),
    }  # fmt: skip
    return ApplicationUplink(**(known | more))


@dataclass(slots=True)
class Row:
    """A kept row as a test likes to look at it."""

    seq: int
    record: Record

    @property
    def outcome(self) -> str:
        return self.record.outcome

    def fields(self, measurement: str) -> list[dict[str, Any]]:
        """The fields of its readings of this measurement."""
        return [
            dict(zip(one.series.fields, one.values, strict=True))
            for one in self.record.readings
            if one.series.measurement == measurement
        ]

    def tags(self, measurement: str) -> list[dict[str, str]]:
        """The tags of its readings of this measurement."""
        return [
            dict(r.series.tags) for r in self.record.readings if r.series.measurement == measurement
        ]

    def times_s(self) -> list[float]:
        """The times of all its readings."""
        return [reading.time_ns / 1e9 for reading in self.record.readings]


class Bench:
    """Store and interpreter, as the composition root puts them together."""

    def __init__(
        self,
        path: Path,
        devices: Iterable[Device],
        *,
        region_name: str | None = REGION,
        remembered_rows: int = 1000,
    ) -> None:
        self.closed = False
        self.store = Store(path)
        self.store.begin_boot("b" * 32)
        fleet = Fleet(devices, region(region_name) if region_name else None)
        self.lorawan = fleet.lorawan()
        self.clocks = GatewayClocks(BACKFILL_MAX_S)
        self.book = SessionBook(self.lorawan, self.store)
        self.interpreter = Interpreter(
            fleet, self.lorawan, self.store, ReadingMaker("kk-01", {"site": "hall"}), self.clocks,
            Payloads(DECODERS, ServerObjects(self.store.tables.types)),
        )  # fmt: skip
        connection = self.store.connection
        states = recovery.sessions(connection)
        self.book.restore(states, partial(recovery.counters_after, connection))
        epochs = {state.id: state.epoch for state in states}
        for seq, record in recovery.newest_records(connection, self.store.tables, remembered_rows):
            self.interpreter.recall(seq, record, epochs.get(record.session or 0, 0))

    def hear(self, *heard: Heard) -> list[str]:
        """Interpret these, in order; their outcomes."""
        return [self.interpreter.interpret(one)[0] for one in heard]

    async def rows(self) -> list[Row]:
        """Everything that is kept, after a commit."""
        await self.store.commit()
        found: Iterator[tuple[int, Record]] = iter(
            recovery.newest_rows_page(self.store.connection, self.store.tables, 0, 10_000)
        )
        return [Row(seq, record) for seq, record in found]

    async def close(self, *, flush: bool = True) -> None:
        """End as the daemon does, or without the last flush of counters."""
        self.closed = True
        if flush:
            self.book.flush_all()
        await self.store.close()
