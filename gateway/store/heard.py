"""Who was heard: each device's newest frame, and those that nobody configured, with what they are known by.

Of a device whose frames are sealed, the newest reading's time stands for that of its frame.
"""

from dataclasses import dataclass
from typing import cast

import apsw

from gateway.errors import Refused
from gateway.lorawan.phy_payload import DataFrame, JoinRequest, RejoinRequest, parse
from gateway.store.blocks import ROTTEN, open_block
from gateway.store.connection import reading
from gateway.store.packing import APPLICATION, RadioPart, unpack_radio

STRANGERS_MAX = 10_000
"""DevAddrs and DevEUIs that are told apart: anyone can send any."""
PAGE_ROWS = 5000


@dataclass(slots=True)
class LastHeard:
    """When a device was heard for the last time."""

    wall_ns: int
    rssi_dbm: float | None = None
    """Of the best receiver of its newest frame; None when that is sealed."""


@dataclass(slots=True)
class Stranger:
    """Somebody on the air whom no device of the configuration is."""

    kind: str
    """dev_addr or dev_eui."""
    address: str
    frames: int
    wall_ns: int
    """Of the newest frame."""
    source: str
    rssi_dbm: float | None


def last_heard(connection: apsw.Connection) -> dict[str, LastHeard]:
    """By name, every device that the store knows a frame of.

    Raises:
        StoreDamaged, Unavailable: the store cannot be read.
    """
    with reading(connection):
        names = dict(
            cast(
                "list[tuple[int, str]]", connection.execute("SELECT id, text FROM name").fetchall()
            )
        )
        newest = "SELECT device, max(seq), wall, radio FROM frame WHERE device IS NOT NULL GROUP BY device"
        rows = connection.execute(newest).fetchall()
        sealed = connection.execute("SELECT DISTINCT device FROM block").fetchall()
    found = {
        names[cast("int", device)]: LastHeard(cast("int", wall), _best_rssi(cast("bytes", radio)))
        for device, _, wall, radio in rows
    }
    for (device,) in sealed:
        name = names.get(cast("int", device))
        if name is not None and name not in found:
            time_ns = _newest_sealed(connection, cast("int", device))
            if time_ns is not None:
                found[name] = LastHeard(time_ns)
    return found


def _newest_sealed(connection: apsw.Connection, device: int) -> int | None:
    """The newest reading's time of a device whose rows are all sealed."""
    query = "SELECT data FROM block WHERE device = ? ORDER BY hour DESC, id DESC LIMIT 1"
    with reading(connection):
        data = connection.execute(query, (device,)).get
    try:
        return max(
            (int(packed[1]) for _, _, packed in open_block(cast("bytes", data))), default=None
        )
    except ROTTEN:
        return None


def strangers(connection: apsw.Connection) -> list[Stranger]:
    """Everybody whom nobody configured, those heard most first; joins and frames apart.

    Raises:
        StoreDamaged, Unavailable: the store cannot be read.
    """
    found: dict[tuple[str, str], Stranger] = {}
    after = 0
    query = (
        "SELECT seq, wall, name.text, phy, radio FROM refused JOIN name ON name.id = refused.source"
        " WHERE seq > ? AND (outcome IN ('unknown_device', 'no_session') OR (outcome = 'join' AND device IS NULL))"
        " ORDER BY seq LIMIT ?"
    )
    while True:
        with reading(connection):
            rows = connection.execute(query, (after, PAGE_ROWS)).fetchall()
        for row in rows:
            seq, wall, source, phy, radio = cast("tuple[int, int, str, bytes, bytes]", row)
            after = seq
            part = unpack_radio(radio)
            who = _who(phy, part)
            if who is None or (who not in found and len(found) >= STRANGERS_MAX):
                continue
            known = found.setdefault(who, Stranger(*who, 0, 0, source, None))
            known.frames += 1
            known.wall_ns, known.source, known.rssi_dbm = wall, source, _best_of(part)
        if len(rows) < PAGE_ROWS:
            return sorted(found.values(), key=lambda one: -one.frames)


def _who(phy: bytes, part: RadioPart) -> tuple[str, str] | None:
    """What a frame's sender is known by."""
    if part.kind == APPLICATION and part.server is not None:
        return "dev_eui", part.server.dev_eui
    try:
        frame = parse(phy)
    except Refused:
        return None
    if isinstance(frame, DataFrame):
        return "dev_addr", f"{frame.dev_addr:08x}"
    if isinstance(frame, JoinRequest | RejoinRequest):
        return "dev_eui", frame.dev_eui
    return None


def _best_rssi(radio: bytes) -> float | None:
    return _best_of(unpack_radio(radio))


def _best_of(part: RadioPart) -> float | None:
    heard = (one.rssi_dbm for one in part.receptions if one.rssi_dbm is not None)
    return max(heard, default=None)
