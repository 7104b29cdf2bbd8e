"""How a source or a sink is: up or down, since when and why. Logs once when it goes and once when it returns."""

from typing import Literal

from gateway.journal import Journal

State = Literal["starting", "up", "down", "blocked", "stopped"]


class Health:
    """The state of one way in or out, read by `status`, written by its owner only."""

    def __init__(self, kind: str, name: str) -> None:
        self.state: State = "starting"
        self.sentence = "starting"
        """What a person should know, and do, about it."""
        self.counters: dict[str, int] = {}
        """Events of this connection: reconnects, oversize datagrams, ... by name."""
        self._journal = Journal(f"{kind}.{name}")

    def up(self, sentence: str, **details: object) -> None:
        """It works (again)."""
        if self.state != "up":
            self._journal.info("up", why=sentence, **details)
        self.state, self.sentence = "up", sentence

    def down(self, sentence: str, **details: object) -> None:
        """It is away and will be tried again."""
        if self.state != "down":
            self._journal.warning("down", why=sentence, **details)
        self.state, self.sentence = "down", sentence

    def blocked(self, sentence: str, **details: object) -> None:
        """An operator must act; it is probed meanwhile."""
        if self.state != "blocked" or self.sentence != sentence:
            self._journal.error("blocked", why=sentence, **details)
        self.state, self.sentence = "blocked", sentence

    def stopped(self) -> None:
        """It was stopped on purpose."""
        self.state, self.sentence = "stopped", "stopped"

    def count(self, name: str, by: int = 1) -> None:
        """Count an event that is not worth a log line each time."""
        self.counters[name] = self.counters.get(name, 0) + by

    def note(self, event: str, **details: object) -> None:
        """Log something worth a line that changes no state."""
        self._journal.warning(event, **details)
