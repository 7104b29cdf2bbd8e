"""What four logs of a real gateway say must come of each of their frames, worked out from the logs alone.

    first with its counter        authentic, opened; refused as `no_decoder`, for the devices have none
    same counter, same MIC, sent
    again at another `tmst`       `repeated`
    join request of a device
    that is in no list            `join`

The logs hold nothing else; a record that fits none of these fails the test that asks.

Source of the logs: github.com/pablomodernell/lorawan_conformance_testing (MIT), gateway logs with the keys of each
session; tests/data/captured_sessions.jsonl has their datagrams, decoded by other programs.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from hil.simulators.device_list import write_devices

RECORDS = Path(__file__).parents[1] / "data" / "captured_sessions.jsonl"
HEADER_BYTES = 12
"""Of a PUSH_DATA: version, token, kind and the gateway's EUI; JSON follows."""

Record = Mapping[str, Any]


class Opened(NamedTuple):
    """One frame as `query --uplinks` must list it."""

    outcome: str
    dev_addr: str | None
    f_cnt: int | None
    f_port: int | None
    payload: str | None


@cache
def logs() -> dict[str, list[Record]]:
    """The records that the gateway sent, by the name of their log."""
    found: dict[str, list[Record]] = {}
    for line in RECORDS.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if record["direction"] == "gateway_to_server":
            name = Path(record["source"].partition(":")[0]).stem
            found.setdefault(name, []).append(record)
    return found


def datagrams(records: Iterable[Record]) -> list[bytes]:
    """What the gateway sent, keepalives and all."""
    return [bytes.fromhex(record["datagram_hex"]) for record in records]


def json_bodies(records: Iterable[Record]) -> list[bytes]:
    """The JSON of the gateway's PUSH_DATA, byte by byte as it was."""
    return [
        bytes.fromhex(record["datagram_hex"])[HEADER_BYTES:]
        for record in records
        if record["type"] == "PUSH_DATA"
    ]


def expected(records: Iterable[Record]) -> list[Opened]:
    """Each frame of a log in order, with what must come of it."""
    heard: dict[tuple[str, int], tuple[str, int]] = {}
    return [_expected(packet, frame, heard) for packet, frame in _frames(records)]


def write_sessions(path: Path, records: Iterable[Record]) -> None:
    """The devices file: each session of the log as an ABP device without a decoder."""
    sessions = {
        frame["dev_addr"]: (frame["nwk_s_key"], frame["app_s_key"])
        for _, frame in _frames(records)
        if "nwk_s_key" in frame
    }
    write_devices(
        path,
        (
            {
                "name": f"session-{dev_addr}",
                "dev_addr": dev_addr,
                "nwk_s_key": nwk_s_key,
                "app_s_key": app_s_key,
            }
            for dev_addr, (nwk_s_key, app_s_key) in sessions.items()
        ),
    )


def _frames(records: Iterable[Record]) -> Iterator[tuple[Record, Record]]:
    """(rxpk, LoRaWAN) of each frame."""
    for record in records:
        if "lorawan" in record:
            yield from zip(record["json"]["rxpk"], record["lorawan"], strict=True)


def _expected(
    packet: Record, frame: Record, heard: dict[tuple[str, int], tuple[str, int]]
) -> Opened:
    assert packet["stat"] == 1
    assert frame["mic_ok"]
    if frame["mtype"] == "JoinRequest":
        return Opened("join", None, None, None, None)
    # The log's counters never come near 65,536: the 16 bits on the air are the whole counter.
    dev_addr, f_cnt = frame["dev_addr"], frame["fcnt16"]
    opened = Opened("no_decoder", dev_addr, f_cnt, frame["fport"], frame["frm_payload"])
    assert opened.f_port
    assert opened.payload
    mic, tmst = heard.setdefault((dev_addr, f_cnt), (frame["mic"], packet["tmst"]))
    assert mic == frame["mic"]
    assert f_cnt == max(count for address, count in heard if address == dev_addr)
    return opened if tmst == packet["tmst"] else opened._replace(outcome="repeated")
