"""Guards the serial source on real pseudo-terminals: every modem from its set-up to its frames, unplugging and
plugging in, a port that another program has, garbage, refusals, and an intake without room.

The modems are simulators that write their own bytes. After an unplug, reads and openings are counted:
a loop that spins would show in them.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from gateway.backoff import Backoff
from gateway.model import Frame, Heard, Malformed, Radio, ReceiverReport, Reception, Stamp
from gateway.ports import Receipt
from gateway.sources.serial_line import source as source_module
from gateway.sources.serial_line.config import SerialLineSection
from gateway.sources.serial_line.source import SerialLineSource
from hil.simulators.modems import FIRMWARES
from hil.simulators.modems.rak_rui3 import RakRui3Firmware
from hil.simulators.modems.reyax import ReyaxFirmware
from hil.simulators.modems.rn2483 import Rn2483Firmware
from hil.simulators.modems.terminal import ModemTerminal
from hil.simulators.modems.untold import EbyteE22Firmware, JsonLinesFirmware

PATIENCE_S = 10
PAYLOADS = [b"\x40\x11\x22\x33\x44", bytes.fromhex("c0dbdcdd0d0a2c2b00ff"), b"x" * 200]
EU868: dict[str, Any] = {
    "frequency_hz": 868_100_000,
    "spreading_factor": 7,
    "bandwidth_hz": 125_000,
}
AS_TOLD = Radio(868_100_000, "LORA", 7, 125_000)
SETTINGS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("rak_rui3", "rak811", "wio_e5", "rn2483", "reyax", "rnode"), EU868),
    "ebyte_e22": {"frequency_hz": 868_125_000, "rssi_byte": "appended"},
    "json_lines": {},
}


class MachineClock:
    """This machine's clocks."""

    boot_id = "test"

    def stamp(self) -> Stamp:
        return Stamp(time.time_ns(), time.monotonic_ns(), True)


class Heap:
    """An intake that keeps what it is given, and has room while `open` is set."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.reports: list[ReceiverReport] = []
        self.open = asyncio.Event()
        self.open.set()

    def submit(self, heard: Sequence[Heard], receipt: Receipt | None = None) -> None:
        assert receipt is None
        assert heard
        self.heard += heard

    def report(self, report: ReceiverReport) -> None:
        self.reports.append(report)

    async def room(self, *, patient: bool = True) -> None:
        await self.open.wait()

    def payloads(self) -> list[bytes]:
        return [heard.phy for heard in self.heard if isinstance(heard, Frame)]


class CountedBackoff(Backoff):
    """Short waits, counted."""

    def __init__(self) -> None:
        super().__init__(0.01, 0.02)
        self.waits = 0

    def next(self) -> float:
        self.waits += 1
        return super().next()


@asynccontextmanager
async def running(
    intake: Heap, port: Path | str, modem: str, backoff: Backoff | None = None, **keys: Any
) -> AsyncIterator[SerialLineSource]:
    """A source at work; fails the test with what ended it, if anything did."""
    section = SerialLineSection.model_validate({"port": str(port), "modem": modem, **keys})
    source = SerialLineSource(section, "bench", backoff=backoff or CountedBackoff())
    task = asyncio.create_task(source.run(intake, MachineClock()))
    try:
        yield source
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(done: Callable[[], bool]) -> None:
    """Let the loop turn until it is so, at most `PATIENCE_S`."""
    async with asyncio.timeout(PATIENCE_S):
        while not done():
            await asyncio.sleep(0.001)


async def transmit(terminal: ModemTerminal, payload: bytes) -> None:
    """Put a packet on the air once the modem listens."""
    assert await asyncio.to_thread(terminal.wait_listening, PATIENCE_S)
    assert terminal.transmit(payload, rssi_dbm=-101, snr_db=-7)


def open_files() -> list[str]:
    """What this process has open."""
    names = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            names.append(str(entry.readlink()))
    return names


@pytest.fixture
def link(tmp_path: Path) -> Path:
    """Where the modem's link will be, as in /dev/serial/by-id."""
    return tmp_path / "usb-Maker_Modem_0001-if00"


@pytest.mark.parametrize("modem", sorted(FIRMWARES))
async def test_a_modem_is_set_up_and_its_packets_become_frames(modem: str, link: Path) -> None:
    intake = Heap()
    with ModemTerminal(FIRMWARES[modem](), link) as terminal:
        async with running(intake, link, modem, **SETTINGS[modem]) as source:
            await until(lambda: source.health.state == "up")
            for count, payload in enumerate(PAYLOADS, start=1):
                await transmit(terminal, payload)
                await until(lambda count=count: len(intake.heard) >= count)  # type: ignore[misc]
    assert intake.payloads() == PAYLOADS
    snr_db = None if modem == "ebyte_e22" else -7
    for frame in intake.heard:
        assert isinstance(frame, Frame)
        assert frame.source == "bench"
        assert frame.receptions == (Reception("bench", rssi_dbm=-101, snr_db=snr_db, stamp=""),)
        assert frame.live
        assert not frame.recorded
        assert frame.address == (50 if modem == "reyax" else None)
        assert frame.crc == ("none" if modem in ("rak811", "ebyte_e22") else "ok")
        assert frame.radio == {
            "ebyte_e22": Radio(868_125_000),
            "json_lines": Radio(923_200_000, "LORA", 7, 125_000, coding_rate="4/5"),
        }.get(modem, AS_TOLD)


async def test_what_a_line_of_json_lacks_comes_from_the_configuration(link: Path) -> None:
    intake = Heap()
    with ModemTerminal(JsonLinesFirmware(), link) as terminal:
        async with running(intake, link, "json_lines", **EU868, coding_rate="4/6") as source:
            await until(lambda: source.health.state == "up")
            terminal.write(b'{"data":"QUI="}\n{"data":"QUI=","datr":"SF9BW125","modu":"LORA"}\n')
            terminal.write(b'{"data":"QUI=","datr":50000,"modu":"FSK"}\n{"mac":c56e806d7cfb}\n')
            terminal.write(b'{"stat":{"rxnb":2}}\n')
            await until(lambda: bool(intake.reports))
    radios = [heard.radio for heard in intake.heard if isinstance(heard, Frame)]
    assert radios == [
        Radio(868_100_000, "LORA", 7, 125_000, coding_rate="4/6"),
        Radio(868_100_000, "LORA", 9, 125_000, coding_rate="4/6"),
        Radio(868_100_000, "FSK", bit_rate=50_000),
    ]
    assert [heard.raw for heard in intake.heard if isinstance(heard, Malformed)] == [
        b'{"mac":c56e806d7cfb}'
    ]


async def test_an_unplugged_modem_is_noticed_without_a_spin_and_heard_again_when_it_is_back(
    link: Path,
) -> None:
    intake, backoff = Heap(), CountedBackoff()
    terminal = ModemTerminal(RakRui3Firmware(), link)
    with terminal:
        async with running(intake, link, "rak_rui3", backoff, **EU868) as source:
            await until(lambda: source.health.state == "up")
            await transmit(terminal, b"before")
            await until(lambda: intake.payloads() == [b"before"])
            reads = source.health.counters["reads"]
            terminal.unplug()
            await until(lambda: source.health.state == "down")
            assert "unplugged" in source.health.sentence
            waits = backoff.waits
            await until(lambda: backoff.waits > waits + 20)
            assert source.health.counters["reads"] <= reads + 1
            assert source.health.counters["opened"] == 1
            assert "is not there" in source.health.sentence
            terminal.plug()
            await until(lambda: source.health.state == "up")
            await transmit(terminal, b"after")
            await until(lambda: intake.payloads() == [b"before", b"after"])
            assert source.health.counters["opened"] == 2


async def test_a_packet_whose_signal_was_still_asked_for_at_the_unplug_is_kept(link: Path) -> None:
    intake = Heap()
    firmware = Rn2483Firmware()
    firmware.replies["radio get snr"] = ""
    terminal = ModemTerminal(firmware, link)
    with terminal:
        async with running(intake, link, "rn2483") as source:
            await until(lambda: source.health.state == "up")
            await transmit(terminal, b"held")
            await until(lambda: "radio get snr" in firmware.commands)
            terminal.unplug()
            await until(lambda: bool(intake.heard))
    assert intake.payloads() == [b"held"]


async def test_a_modem_that_starts_anew_is_set_up_again(link: Path) -> None:
    intake = Heap()
    with ModemTerminal(RakRui3Firmware(), link) as terminal:
        async with running(intake, link, "rak_rui3") as source:
            await until(lambda: source.health.state == "up")
            terminal.reset()
            await transmit(terminal, b"again")
            await until(lambda: intake.payloads() == [b"again"])
            assert source.health.counters["boots"] == 2  # one by AT+NWM=0


async def test_a_wrong_crc_does_not_leave_the_modem_deaf(link: Path) -> None:
    intake = Heap()
    with ModemTerminal(RakRui3Firmware(), link) as terminal:
        async with running(intake, link, "rak_rui3") as source:
            await until(lambda: source.health.state == "up")
            terminal.transmit_broken()
            assert not terminal.firmware.listening
            await transmit(terminal, b"heard")
            await until(lambda: intake.payloads() == [b"heard"])
            assert source.health.counters["radio_errors"] == 1


async def test_a_refused_setting_is_shown_with_its_words_and_packets_are_taken(link: Path) -> None:
    intake = Heap()
    firmware = ReyaxFirmware()
    firmware.replies["AT+NETWORKID=7"] = "+ERR=15"
    with ModemTerminal(firmware, link) as terminal:
        async with running(intake, link, "reyax", network_id=7) as source:
            await until(lambda: source.health.state == "blocked")
            assert 'it answers "+ERR=15" to "AT+NETWORKID=7"' in source.health.sentence
            await transmit(terminal, b"all the same")
            await until(lambda: intake.payloads() == [b"all the same"])


async def test_a_packet_comes_through_a_megabyte_of_garbage(link: Path) -> None:
    intake = Heap()
    with ModemTerminal(ReyaxFirmware(), link) as terminal:
        async with running(intake, link, "reyax") as source:
            await until(lambda: source.health.state == "up")
            await asyncio.to_thread(terminal.write, b"\xa5" * (1 << 20) + b"\n")
            await transmit(terminal, b"through")
            await until(lambda: intake.payloads() == [b"through"])
            assert source.health.counters["lines_too_long"] == 1


async def test_a_broken_report_is_kept_with_its_bytes_and_a_sentence(link: Path) -> None:
    intake = Heap()
    with ModemTerminal(RakRui3Firmware(), link) as terminal:
        async with running(intake, link, "rak_rui3") as source:
            await until(lambda: source.health.state == "up")
            terminal.write(b"+EVT:RXP2P:-28:5:486\r\n")
            await until(lambda: bool(intake.heard))
    [malformed] = intake.heard
    assert isinstance(malformed, Malformed)
    assert malformed.raw == b"+EVT:RXP2P:-28:5:486"
    assert malformed.sentence == "rak_rui3: the payload is not made of pairs of hex digits"


async def test_the_pause_between_packets_of_a_transparent_module_is_kept_by_the_clock(
    link: Path,
) -> None:
    intake = Heap()
    with ModemTerminal(EbyteE22Firmware(rssi_appended=False), link) as terminal:
        async with running(intake, link, "ebyte_e22", idle_gap="200 ms") as source:
            await until(lambda: source.health.state == "up")
            terminal.write(b"one ")
            terminal.write(b"packet")
            await until(lambda: bool(intake.heard))
    assert intake.payloads() == [b"one packet"]


async def test_without_room_nothing_more_is_read_and_nothing_is_lost(link: Path) -> None:
    intake = Heap()
    with ModemTerminal(ReyaxFirmware(), link) as terminal:
        async with running(intake, link, "reyax") as source:
            await until(lambda: source.health.state == "up")
            intake.open.clear()
            await transmit(terminal, b"first")
            await until(lambda: len(intake.heard) == 1)
            reads = source.health.counters["reads"]
            await transmit(terminal, b"second")
            for _ in range(100):
                await asyncio.sleep(0)
            assert source.health.counters["reads"] == reads
            intake.open.set()
            await until(lambda: intake.payloads() == [b"first", b"second"])


async def test_two_sections_on_one_port_are_told_so_and_the_first_is_not_disturbed(
    link: Path,
) -> None:
    intake = Heap()
    with ModemTerminal(ReyaxFirmware(), link) as terminal:
        async with running(intake, link, "reyax") as first:
            await until(lambda: first.health.state == "up")
            async with running(Heap(), link, "reyax") as second:
                await until(lambda: second.health.state == "blocked")
                assert "in use by another section of this configuration" in second.health.sentence
                await transmit(terminal, b"undisturbed")
                await until(lambda: intake.payloads() == [b"undisturbed"])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.exists, "is not there: plug the modem in, or mend `port`"),
        (lambda path: path.write_text("no port"), "cannot be used as a serial port"),
        (Path.mkdir, "cannot be used as a serial port"),
    ],
)
async def test_what_is_no_port_is_told_and_tried_again(
    make: Callable[[Path], object], words: str, link: Path
) -> None:
    make(link)
    backoff = CountedBackoff()
    async with running(Heap(), link, "reyax", backoff) as source:
        await until(lambda: backoff.waits >= 3)
        assert source.health.state == "down"
        assert words in source.health.sentence
        assert str(link) in source.health.sentence


async def test_absence_for_more_than_a_minute_is_said_once(
    link: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(source_module, "ABSENT_AFTER_S", 0.05)
    backoff = CountedBackoff()
    async with running(Heap(), link, "reyax", backoff) as source:
        await until(lambda: source.health.sentence.startswith("absent for more than a minute"))
        waits = backoff.waits
        await until(lambda: backoff.waits > waits + 5)
    absences = [record for record in caplog.records if record.getMessage().startswith("absent")]
    assert len(absences) == 1


async def test_the_port_is_given_back_at_the_end_and_the_health_says_stopped(link: Path) -> None:
    with ModemTerminal(ReyaxFirmware(), link) as terminal:
        async with running(Heap(), link, "reyax") as source:
            await until(lambda: source.health.state == "up")
        assert source.health.state == "stopped"
        await source.close()
        assert open_files().count(terminal.device) == 1  # the simulator's own
