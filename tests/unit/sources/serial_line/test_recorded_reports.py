"""Guards the meaning of every recorded and published modem line, and the recorded set-ups.

`modem_reports.jsonl` says for each line what must be read in it; the lines go through the whole
conversation, once as a whole and once byte by byte. `modem_setup.jsonl` has the commands that set a
modem up, in order; simulated modems answer them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.sources.serial_line.said import Dropped, Event, Packet, Unreadable
from hil.simulators.modems import FIRMWARES
from hil.simulators.modems.firmware import TextFirmware

FOLDER = Path(__file__).parents[3] / "data" / "serial"
REPORTS = [json.loads(line) for line in (FOLDER / "modem_reports.jsonl").read_text().splitlines()]
SETUP = [json.loads(line) for line in (FOLDER / "modem_setup.jsonl").read_text().splitlines()]
SETTINGS: dict[str, dict[str, Any]] = {"ebyte_e22": {"rssi_byte": "appended"}}
EU868 = {"frequency_hz": 868_100_000, "spreading_factor": 7, "bandwidth_hz": 125_000}
AS923 = {"frequency_hz": 923_200_000, "spreading_factor": 9, "bandwidth_hz": 125_000}
NOT_SAID = {"AT+VER=?", "AT+VER", "AT+VER?"}
"""Versions are not asked for where nothing depends on them."""
SAID_MORE = {"radio rxstop"}
"""Ends what an earlier run of the program has left on."""


def expected(record: dict[str, Any]) -> list[Event]:
    if record["reads"] == "packet":
        return [
            Packet(
                bytes.fromhex(record["payload"]),
                record["rssi_dbm"],
                record["snr_db"],
                record.get("address"),
                crc="none" if record["modem"] in ("rak811", "ebyte_e22") else "ok",
                modulation=record.get("modulation", "LORA"),
            )
        ]
    if record["reads"] == "counted":
        return [Dropped(record["counter"])]
    return []


@pytest.mark.parametrize("pieces", ["whole", "byte by byte"])
@pytest.mark.parametrize("record", REPORTS, ids=lambda record: record["id"])
def test_a_recorded_line_is_read(
    record: dict[str, Any], pieces: str, talk: Callable[..., Any]
) -> None:
    said = bytes.fromhex(record["bytes"])
    modem = talk(record["modem"], **SETTINGS.get(record["modem"], {}))
    for chunk in [said] if pieces == "whole" else [bytes([byte]) for byte in said]:
        modem.says(chunk)
    modem.pass_time(10)
    told = modem.tells()
    if record["reads"] == "unreadable":
        assert [type(event) for event in told][:1] == [Unreadable]
        assert told[0].raw == said.rstrip(b"\r\n")
    elif record["reads"] == "no report":
        assert not any(isinstance(event, Packet | Unreadable) for event in told)
    else:
        assert told[: len(expected(record))] == expected(record)
        assert sum(isinstance(event, Packet | Unreadable) for event in told) <= 1


@pytest.mark.parametrize(
    ("modem", "settings"),
    [
        ("rak_rui3", EU868),
        ("rak811", EU868),
        ("wio_e5", EU868),
        ("rn2483", EU868),
        ("reyax", {**AS923, "network_id": 18, "address": 1}),
    ],
)
def test_the_recorded_setup_is_what_is_said(
    modem: str, settings: dict[str, Any], talk: Callable[..., Any]
) -> None:
    firmware = FIRMWARES[modem]()
    assert isinstance(firmware, TextFirmware)
    firmware.power_on()
    if modem == "rak_rui3":
        firmware.mode = "LoRa P2P"  # type: ignore[attr-defined]
    talk(modem, **settings).open().settle(firmware)
    recorded = [step["send"] for step in SETUP if step["modem"] == modem]
    if modem == "rn2483":
        assert recorded.pop() == "radio rx 0"  # said again after a packet only
    said = [command for command in firmware.commands if command not in SAID_MORE]
    assert said == [command for command in recorded if command not in NOT_SAID]
    assert firmware.listening


def test_every_record_names_its_source_and_its_origin() -> None:
    assert {record["origin"] for record in REPORTS} == {"published", "constructed"}
    assert all(record["source"] for record in REPORTS + SETUP)
    assert len({record["id"] for record in REPORTS + SETUP}) == len(REPORTS + SETUP)
