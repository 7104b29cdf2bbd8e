"""Says steps to a modem one by one, each after the answer to the one before.

    say -> True            next step
           False           `instead`, if there is one; else remembered as the complaint, next step
           nothing twice   as False; but when nothing was answered yet, the modem counts as silent and the rest
                           is not said

Steps that a modem writes to its flash are left out when the flash budget has no turn for them; a run
takes one turn, when it comes to the first of them. A refused step does not end the run: a modem with one
wrong setting still hears more than one that was never told to listen. Time is an argument; nothing is
sent here, `take_output` hands the bytes over.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.sources.serial_line.flash_budget import FlashBudget
from gateway.sources.serial_line.step import Step

TRIES = 2
"""The first bytes after a port was opened are lost often enough to try twice."""
SHOWN_BYTES = 60
"""Of what a modem said, in a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How it went."""

    complaint: str = ""
    """The first refusal, as a sentence; "" when there was none."""
    silent: bool = False
    put_off: bool = False
    """Whether steps that go to flash were left out."""


class Dialogue:
    """A run of steps, or none under way."""

    def __init__(self, flash: FlashBudget) -> None:
        self._flash = flash
        self._may_store: bool | None = None
        self.deadline: float | None = None
        self._left: deque[Step] = deque()
        self._step: Step | None = None
        self._tries = 0
        self._answered = False
        self._complaint = ""
        self._output = bytearray()
        self._end: End | None = None

    @property
    def running(self) -> bool:
        """Whether steps are left to be said or to be answered."""
        return self._step is not None or bool(self._left)

    @property
    def reboot_expected(self) -> bool:
        """Whether the modem was just told something that makes it start anew."""
        return self._step is not None and self._step.reboots

    def begin(self, steps: Iterable[Step], now: float, *, wait_s: float = 0.0) -> None:
        """Say these steps, the first after `wait_s`. A run under way is given up."""
        self._left = deque(steps)
        self._step, self._end = None, None
        self._answered, self._complaint = False, ""
        self._may_store = None
        self._output.clear()
        self.deadline = now + wait_s
        if not wait_s:
            self._next(now)

    def hear(self, said: bytes, now: float) -> bool:
        """Take a line or record; whether it was the answer to the step under way."""
        if self._step is None:
            return False
        verdict = self._step.judge(said)
        if verdict is None:
            return False
        self._answered = True
        if verdict:
            self._next(now)
        else:
            self._failed(f'answers "{_shown(said)}" to', now)
        return True

    def wake(self, now: float) -> None:
        """Go on when an answer is overdue, or when the wait before the first step is over."""
        if self.deadline is None or now < self.deadline:
            return
        if self._step is None:
            self._next(now)
        elif self._tries < TRIES:
            self._say(self._step, now)
        else:
            self._failed("does not answer", now)

    def take_output(self) -> bytes:
        """The bytes to send now."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def take_end(self) -> End | None:
        """How the run went, once after its last step."""
        end, self._end = self._end, None
        return end

    def _next(self, now: float) -> None:
        while self._left:
            step = self._left.popleft()
            if step.stored and not self._has_turn(now):
                continue
            self._tries = 0
            return self._say(step, now)
        put_off = self._may_store is False
        return self._finish(End(complaint=self._complaint, put_off=put_off))

    def _has_turn(self, now: float) -> bool:
        if self._may_store is None:
            self._may_store = self._flash.take(now)
        return self._may_store

    def _say(self, step: Step, now: float) -> None:
        self._step = step
        self._tries += 1
        self._output += step.say
        self.deadline = now + step.timeout_s

    def _failed(self, how: str, now: float) -> None:
        step = self._step
        assert step is not None  # noqa: S101 - only called while a step is under way
        if step.instead is not None:
            self._tries = 0
            return self._say(step.instead, now)
        if step.required:
            if not self._answered:
                return self._finish(End(silent=True))
            self._complaint = self._complaint or f'it {how} "{step.title}"; {step.remedy}'
        return self._next(now)

    def _finish(self, end: End) -> None:
        self._left.clear()
        self._step, self.deadline = None, None
        self._end = end


def _shown(said: bytes) -> str:
    text = said[:SHOWN_BYTES]
    return text.decode("ascii") if text.isascii() and text.decode().isprintable() else text.hex(" ")
