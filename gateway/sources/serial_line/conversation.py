"""One modem on one open port as a state machine: bytes and time in, events and bytes out.

    open      the modem is left alone for `settle_s`, then told all its steps
    quiet     nothing heard for 10 minutes: the steps again, without those that it keeps in flash. A modem
              that was reset without a word listens again, and one that died is noticed
    silent    no answer: all steps again each minute, until it is plugged in, powered or mended
    boot      a line that a modem prints when it starts: all steps again
    ask       a modem that must be told to go on after each packet or error; after 5 s again if it did not

Each line or record is first offered to the modem as a report, then to the dialogue as an answer, then
taken for a boot line: packets are taken at any time, also while the modem refuses its steps.
"""

from gateway.sources.serial_line.dialogue import Dialogue, End
from gateway.sources.serial_line.flash_budget import FlashBudget
from gateway.sources.serial_line.modem import Modem
from gateway.sources.serial_line.said import (
    Ask,
    Dropped,
    Event,
    Piece,
    Ready,
    Refusal,
    Report,
    Silence,
)
from gateway.sources.serial_line.step import Step

QUIET_S = 600.0
"""A modem that hears a city's sensors is rarely quiet for so long; being told again costs it 0.2 s."""
RETRY_S = 60.0
ASK_RETRY_S = 5.0
"""A modem that was not made to listen after a packet is deaf until then."""
BOOTS_MAX = 5
"""Boots in a row without a completed set-up, after which the supply is to blame and not a new setting."""

_SILENCE = "it does not answer; check its power and wiring, `baud` and `modem`"
_REBOOTS = "it starts anew again and again; check its power supply"


class Conversation:
    """A modem and what has been said between it and this program since the port was opened."""

    def __init__(self, modem: Modem, flash: FlashBudget) -> None:
        self._modem = modem
        self._dialogue = Dialogue(flash)
        self._told_at: float | None = None
        """When the steps are to be said again."""
        self._all_steps = True
        self._asked: tuple[Step, ...] = ()
        self._asking = False
        self._complaint = ""
        self._boots = 0
        self._state: Event | None = None

    @property
    def deadline(self) -> float | None:
        """When `wake` is due at the latest."""
        due = (self._modem.framer.deadline, self._dialogue.deadline, self._told_at)
        return min((moment for moment in due if moment is not None), default=None)

    def open(self, now: float) -> list[Event]:
        """The port was opened."""
        return self._tell_all(now)

    def receive(self, chunk: bytes, now: float) -> list[Event]:
        """What a chunk of any size tells."""
        return self._hear_all(self._modem.framer.feed(chunk, now), now)

    def wake(self, now: float) -> list[Event]:
        """What the time tells. Harmless when it is too early."""
        events = self._hear_all(self._modem.framer.wake(now), now)
        if self._told_at is not None and now >= self._told_at:
            events += self._tell_again(now)
        self._dialogue.wake(now)
        return events + self._ended(now)

    def take_output(self) -> bytes:
        """The bytes to send now."""
        return self._dialogue.take_output()

    def abandon(self) -> list[Event]:
        """What was held back for an answer that will not come: the port is closed."""
        return _outward(self._modem.asked()) if self._asking or self._asked else []

    def _hear_all(self, pieces: list[Piece], now: float) -> list[Event]:
        events: list[Event] = []
        for piece in pieces:
            if isinstance(piece, bytes):
                events += self._hear(piece, now)
            else:
                events.append(piece)
        return events

    def _hear(self, said: bytes, now: float) -> list[Event]:
        reports = self._modem.read(said)
        if reports is not None:
            return self._reported(reports, now)
        if self._dialogue.hear(said, now):
            return self._ended(now)
        if not self._modem.booted(said):
            return [Dropped("not_understood")]
        return [] if self._dialogue.reboot_expected else self._booted(now)

    def _reported(self, reports: tuple[Report, ...], now: float) -> list[Event]:
        for report in reports:
            if isinstance(report, Ask):
                self._ask(report.steps, now)
        if self._told_at is not None and isinstance(self._state, Ready):
            self._told_at = now + QUIET_S
        return _outward(reports)

    def _ask(self, steps: tuple[Step, ...], now: float) -> None:
        if self._dialogue.running:
            self._asked = steps
        else:
            self._begin_asking(steps, now)

    def _begin_asking(self, steps: tuple[Step, ...], now: float) -> None:
        self._asking, self._asked, self._all_steps = True, (), False
        self._dialogue.begin(steps, now)

    def _booted(self, now: float) -> list[Event]:
        events = self.abandon()
        events.append(Dropped("boots"))
        self._boots += 1
        events += self._tell_all(now)
        if self._boots >= BOOTS_MAX:
            events += self._became(Refusal(_REBOOTS))
        return events

    def _tell_again(self, now: float) -> list[Event]:
        self._told_at = None
        if self._dialogue.running:
            return []  # its end says when the next one is due
        if isinstance(self._state, Silence):
            return self._tell_all(now)
        self._all_steps = False
        self._dialogue.begin((step for step in self._modem.steps() if not step.stored), now)
        return []

    def _tell_all(self, now: float) -> list[Event]:
        steps = self._modem.steps()
        self._asking, self._asked, self._all_steps = False, (), True
        self._told_at = None
        if not steps:
            return self._became(Ready())
        self._dialogue.begin(steps, now, wait_s=self._modem.settle_s)
        return []

    def _ended(self, now: float) -> list[Event]:
        end = self._dialogue.take_end()
        if end is None:
            return []
        events: list[Event] = []
        if end.put_off:
            events.append(Dropped("settings_put_off"))
        retry_s = RETRY_S
        if self._asking:
            self._asking, retry_s = False, ASK_RETRY_S
            events += _outward(self._modem.asked())
        events += self._judge(end, now, retry_s)
        if self._asked:
            self._begin_asking(self._asked, now)
        return events

    def _judge(self, end: End, now: float, retry_s: float) -> list[Event]:
        if self._all_steps and not end.silent:
            self._complaint = end.complaint
            self._boots = 0
        if isinstance(self._state, Silence) and not self._all_steps and not end.silent:
            self._told_at = now  # it is back, but nobody knows with which settings
            return []
        self._told_at = now + (retry_s if end.silent or end.complaint else QUIET_S)
        if end.silent:
            return self._became(Silence(_SILENCE))
        complaint = end.complaint or self._complaint
        return self._became(Refusal(complaint) if complaint else Ready())

    def _became(self, state: Event) -> list[Event]:
        if state == self._state:
            return []
        self._state = state
        return [state]


def _outward(reports: tuple[Report, ...]) -> list[Event]:
    return [report for report in reports if not isinstance(report, Ask)]
