"""Sealed history: rows of the tail become compressed blocks, readings by device, measurement and hour. Pure.

block.data      zlib(MessagePack [[seq, index, reading], ...])           reading as in `packing`
raw_block.data  zlib(MessagePack [[seq, device, outcome, about, session, f_cnt, wall, boot time,
                                   boot, trusted, source, receiver, phy, radio, sentence], ...])
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from decoders.contract import FieldValue
from gateway.errors import GatewayError
from gateway.store.packing import unpack_body

HOUR_NS = 3_600_000_000_000
AGE_UNKNOWN_NS = 1 << 62
"""Newest reception time of a chunk without a trusted one: its age cannot be told."""
BLOCK_READINGS_MAX = 1000
"""Readings in one block: what a query has to unpack for a few of them."""
COMPRESSION = 6
"""zlib's default: level 9 gains 1 % here for twice the time."""

FRAME_COLUMNS = (
    "seq, device, readings, held, outcome, about, session, f_cnt, wall, boot_time, boot, clock_trusted,"
    " source, receiver, phy, radio, body"
)
"""The order of a frame row everywhere."""

FrameRow = tuple[
    int, int | None, int, int, str, int | None, int | None, int | None, int, int, int, int,
    int, int | None, bytes, bytes, bytes,
]  # fmt: skip

RawRow = tuple[
    int, int | None, str, int | None, int | None, int | None, int, int, int, int, int, int | None,
    bytes, bytes, str | None,
]  # fmt: skip

Member = tuple[int, int, list[int | FieldValue]]
"""(seq, index, reading) of one reading in a block."""

ROTTEN = (zlib.error, msgspec.DecodeError, LookupError, ValueError)
"""What unpacking bytes that were not written so raises: checksum, MessagePack, series, text."""

_encoder = msgspec.msgpack.Encoder()
_readings = msgspec.msgpack.Decoder(list[tuple[int, int, list[int | float | bool | str]]])
_raw = msgspec.msgpack.Decoder(list[RawRow])


@dataclass(slots=True, kw_only=True)
class Sealed:
    """What a chunk of tail rows becomes."""

    seq_low: int
    seq_high: int
    rows: int
    readings: int
    wall_low: int
    wall_high: int
    outcomes: str
    """JSON object: how many rows of each outcome."""
    data: bytes
    blocks: list[tuple[int, int, int, int, int, int, bytes]] = field(default_factory=list)
    """(device, measurement, hour, seq_low, seq_high, readings, data); a device's hour stays together."""


class Rotted(GatewayError):
    """Bytes of a block or a row are not what was written; see `rot`."""

    def __init__(self, what: Literal["block", "frame"], row: int) -> None:
        super().__init__(f"the bytes of {what} {row} have rotted; what else there is goes on")
        self.what = what
        self.row = row


def seal(rows: Sequence[FrameRow], place: Mapping[int, tuple[int, int]]) -> Sealed:
    """Compress a chunk of rows, ascending by seq, at least one.

    `place` gives the name ids of device and measurement of a series id.

    Raises:
        Rotted: a row's readings cannot be read.
    """
    groups: dict[tuple[int, int, int], list[Member]] = {}
    raw: list[RawRow] = []
    for row in rows:
        try:
            readings, sentence = unpack_body(row[16])
            places = [place[int(reading[0])] for reading in readings]
        except ROTTEN as error:
            raise Rotted("frame", row[0]) from error
        if not row[3]:  # a held row's readings live on in the row that released it
            for index, reading in enumerate(readings):
                device, measurement = places[index]
                hour = int(reading[1]) // HOUR_NS
                groups.setdefault((device, hour, measurement), []).append((row[0], index, reading))
        raw.append((row[0], row[1], *row[4:16], sentence))
    return Sealed(
        seq_low=raw[0][0],
        seq_high=raw[-1][0],
        rows=len(raw),
        readings=sum(map(len, groups.values())),
        wall_low=min(row[6] for row in raw),
        wall_high=max((row[6] for row in raw if row[9]), default=AGE_UNKNOWN_NS),
        outcomes=msgspec.json.encode(Counter(row[2] for row in raw)).decode(),
        data=zlib.compress(_encoder.encode(raw), COMPRESSION),
        blocks=[
            (device, measurement, hour, part[0][0], part[-1][0], len(part),
             zlib.compress(_encoder.encode(part), COMPRESSION))
            for (device, hour, measurement), members in sorted(groups.items())
            for part in _parts(members)
        ],
    )  # fmt: skip


def _parts(members: list[Member]) -> Iterator[list[Member]]:
    for start in range(0, len(members), BLOCK_READINGS_MAX):
        yield members[start : start + BLOCK_READINGS_MAX]


def open_block(data: bytes) -> list[Member]:
    """(seq, index, reading) of a block, ascending. Raises: one of ROTTEN."""
    return _readings.decode(zlib.decompress(data))


def open_raw_block(data: bytes) -> list[RawRow]:
    """The sealed rows, ascending by seq. Raises: one of ROTTEN."""
    return _raw.decode(zlib.decompress(data))


def counted(texts: Iterable[str | bytes]) -> Counter[str]:
    """The sum of several `outcomes` texts."""
    total: Counter[str] = Counter()
    for text in texts:
        total.update(msgspec.json.decode(text, type=dict[str, int]))
    return total
