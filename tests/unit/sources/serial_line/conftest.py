"""Two voices on a port that does not exist: what the modem says and what is said to it, in a made-up time."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.sources.serial_line.config import SerialLineSection
from gateway.sources.serial_line.conversation import Conversation
from gateway.sources.serial_line.flash_budget import FlashBudget
from gateway.sources.serial_line.said import Event
from hil.simulators.modems.firmware import Firmware

TURNS_MAX = 500
"""More exchanges than this in one test are an endless loop."""


class Talk:
    """A conversation with the modem that a configuration names."""

    def __init__(self, modem: str, flash: FlashBudget | None = None, **settings: Any) -> None:
        section = SerialLineSection(port="/dev/modem", modem=modem, **settings)
        self.conversation = Conversation(section.build_modem(), flash or FlashBudget())
        self.now = 1000.0
        self.events: list[Event] = []
        """Everything told since `tells` was asked last."""

    def open(self) -> "Talk":
        """Open the port and wait until the first step is due."""
        self.events += self.conversation.open(self.now)
        return self

    def play(self, script: str) -> list[Event]:
        """Lines `> said to the modem` must be said, lines `< said by the modem` are; events come back."""
        for entry in script.strip().splitlines():
            voice, _, text = entry.strip().partition(" ")
            if voice == "<":
                self.says(text.encode() + b"\r\n")
            else:
                assert self.hears() == text.encode() + b"\r\n"
        return self.tells()

    def says(self, chunk: bytes) -> list[Event]:
        """The modem says these bytes."""
        self.events += self.conversation.receive(chunk, self.now)
        return self.events

    def hears(self) -> bytes:
        """What is said to the modem next; waits for it when it is due later."""
        for _ in range(TURNS_MAX):
            if said := self.conversation.take_output():
                return said
            if (deadline := self.conversation.deadline) is None:
                return b""
            self._wake(deadline)
        raise AssertionError("nothing is said, but something is always due")

    def pass_time(self, seconds: float) -> None:
        """Let time go by while the modem neither says nor hears anything."""
        end = self.now + seconds
        for _ in range(TURNS_MAX):
            self.conversation.take_output()
            deadline = self.conversation.deadline
            if deadline is None or deadline > end:
                self.now = end
                return
            self._wake(deadline)
        raise AssertionError("the conversation wakes without end")

    def _wake(self, deadline: float) -> None:
        self.now = max(self.now, deadline)
        self.events += self.conversation.wake(self.now)

    def tells(self) -> list[Event]:
        """What was told since this was asked last."""
        told, self.events = self.events, []
        return told

    def settle(self, firmware: Firmware, *, seconds: float = 5.0) -> list[Event]:
        """Let a simulated modem answer everything for a while."""
        end = self.now + seconds
        for _ in range(TURNS_MAX):
            if said := self.conversation.take_output():
                self.says(firmware.hear(said))
                continue
            deadline = self.conversation.deadline
            if deadline is None or deadline > end:
                return self.tells()
            self._wake(deadline)
        raise AssertionError("the two talk without end")


@pytest.fixture
def talk() -> Callable[..., Talk]:
    """Begins a conversation."""
    return Talk
