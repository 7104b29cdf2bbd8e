"""Frames from a modem on a serial port.

One task: open the port, talk with the modem, hand over what it hears; after a fault close the port at once
and try again, after 1, 2, 4 .. 30 s at most. What the bytes mean is the conversation's business. Serial
modems do not keep packets, so the guarantee is at most once; the pipeline's judgement of repeated packets
applies as for every source.
"""

import asyncio
from functools import lru_cache

from msgspec.structs import replace

from gateway.backoff import Backoff
from gateway.errors import Blocked, Unavailable
from gateway.health import Health
from gateway.model import Frame, Heard, Malformed, Modulation, Radio, Reception, Stamp
from gateway.ports import Clock, Intake
from gateway.sources.rxpk import frames_from_json
from gateway.sources.serial_line.config import SerialLineSection
from gateway.sources.serial_line.conversation import Conversation
from gateway.sources.serial_line.flash_budget import FlashBudget
from gateway.sources.serial_line.port import Port, open_port
from gateway.sources.serial_line.said import (
    Dropped,
    Event,
    JsonLine,
    Packet,
    Ready,
    Refusal,
    Silence,
    Unreadable,
)

BACKOFF_FIRST_S = 1.0
BACKOFF_MOST_S = 30.0
ABSENT_AFTER_S = 60.0
"""Longer than any replugging or restart of a modem takes: somebody should look."""

RADIOS_MAX = 64
"""Different radio settings of JSON lines that are remembered."""


class SerialLineSource:
    """One modem."""

    guarantee = "at most once"
    window = 0

    def __init__(
        self, section: SerialLineSection, name: str, *, backoff: Backoff | None = None
    ) -> None:
        self.name = name
        self.health = Health("source", name)
        self._section = section
        self._backoff = backoff or Backoff(BACKOFF_FIRST_S, BACKOFF_MOST_S)
        self._flash = FlashBudget()
        self._radios: dict[Modulation, Radio] = {
            "LORA": section.radio,
            "FSK": Radio(section.frequency_hz, "FSK"),
        }
        self._radio_of_line = lru_cache(maxsize=RADIOS_MAX)(self._completed)
        self._away_since: float | None = None
        self._port: Port | None = None

    async def run(self, intake: Intake, clock: Clock) -> None:
        """Receive until cancelled."""
        try:
            while True:
                await self._connect(intake, clock)
                await asyncio.sleep(self._backoff.next())
        finally:
            await self.close()
            self.health.stopped()

    async def close(self) -> None:
        """Give the port back; `run` does so too when it ends."""
        if self._port is not None:
            self._port.close()
            self._port = None

    async def _connect(self, intake: Intake, clock: Clock) -> None:
        """Talk with the modem until the port is gone."""
        try:
            self._port = await open_port(self._section.port, self._section.speed_baud)
            self.health.count("opened")
            self.health.sentence = f"{self._section.port} is open, the modem is being set up"
            await self._talk(self._port, intake, clock)
        except Blocked as fault:
            self.health.blocked(str(fault))
        except Unavailable as fault:
            self._is_away(fault.what)
        finally:
            await self.close()

    async def _talk(self, port: Port, intake: Intake, clock: Clock) -> None:
        """Raises Unavailable when the device is gone."""
        loop = asyncio.get_running_loop()
        conversation = Conversation(self._section.build_modem(), self._flash)
        self._take(conversation.open(loop.time()), intake, clock)
        try:
            while True:
                if (output := conversation.take_output()) and not port.write(output):
                    self.health.count("writes_not_taken")
                if await port.readable(conversation.deadline):
                    self.health.count("reads")
                    events = conversation.receive(port.read(), loop.time())
                else:
                    events = conversation.wake(loop.time())
                self._take(events, intake, clock)
                await intake.room(patient=False)
        finally:
            self._take(conversation.abandon(), intake, clock)

    def _take(self, events: list[Event], intake: Intake, clock: Clock) -> None:
        """Act on what was told: packets go on, the rest is shown in status."""
        if not events:
            return
        stamp = clock.stamp()
        heard: list[Heard] = []
        for event in events:
            if isinstance(event, Packet):
                heard.append(self._frame(event, stamp))
            elif isinstance(event, JsonLine):
                heard += self._frames(event, intake, stamp)
            elif isinstance(event, Unreadable):
                sentence = f"{self._section.modem}: {event.sentence}"
                heard.append(Malformed(self.name, event.raw, sentence, stamp))
            else:
                self._show(event)
        if heard:
            intake.submit(heard)

    def _frame(self, packet: Packet, stamp: Stamp) -> Frame:
        reception = Reception(self.name, rssi_dbm=packet.rssi_dbm, snr_db=packet.snr_db)
        return Frame(
            self.name,
            packet.payload,
            self._radios[packet.modulation],
            (reception,),
            stamp,
            packet.crc,
            address=packet.address,
        )

    def _frames(self, line: JsonLine, intake: Intake, stamp: Stamp) -> list[Heard]:
        heard, report = frames_from_json(
            line.raw, source=self.name, receiver=self.name, received=stamp
        )
        if report is not None:
            intake.report(report)
        return [
            replace(item, radio=self._radio_of_line(item.radio))
            if isinstance(item, Frame)
            else item
            for item in heard
        ]

    def _completed(self, radio: Radio) -> Radio:
        """What a line of JSON leaves out comes from the configuration."""
        told = self._section.radio
        if radio.modulation != "LORA":
            return replace(radio, frequency_hz=radio.frequency_hz or told.frequency_hz)
        return Radio(
            radio.frequency_hz or told.frequency_hz,
            radio.modulation,
            radio.spreading_factor or told.spreading_factor,
            radio.bandwidth_hz or told.bandwidth_hz,
            coding_rate=radio.coding_rate or told.coding_rate,
        )

    def _show(self, event: Dropped | Ready | Refusal | Silence) -> None:
        where = f"{self._section.modem} on {self._section.port}"
        if isinstance(event, Dropped):
            self.health.count(event.counter, event.by)
            return
        self._away_since = None
        self._backoff.reset()
        if isinstance(event, Ready):
            self.health.up(f"{where} listens")
        elif isinstance(event, Refusal):
            self.health.blocked(f"{where}: {event.sentence}")
        else:
            self.health.down(f"{where}: {event.sentence}")

    def _is_away(self, sentence: str) -> None:
        now = asyncio.get_running_loop().time()
        if self._away_since is None:
            self._away_since = now
        if now - self._away_since >= ABSENT_AFTER_S:
            sentence = f"absent for more than a minute: {sentence}"
            if not self.health.sentence.startswith("absent"):
                self.health.note("absent", why=sentence)
        self.health.down(sentence)
