"""A relay in front of a database that holds back each answer: what is uploaded is written, and not yet known."""

import threading
import time

from tests.system.relay import Relay


class HeldAnswers(Relay):
    """Answers come `delay_s` late."""

    def __init__(self, server_port: int, delay_s: float) -> None:
        super().__init__(server_port)
        self._delay_s = delay_s
        self._busy = threading.Event()

    @property
    def uploading(self) -> bool:
        """A request was sent, and its answer has not come through."""
        return self._busy.is_set()

    def opened(self) -> None:
        self._busy.clear()

    def upstream(self, _chunk: bytes) -> None:
        self._busy.set()

    def downstream(self, _chunk: bytes) -> None:
        time.sleep(self._delay_s)

    def passed_down(self) -> None:
        self._busy.clear()

    def closed_by_daemon(self) -> None:
        self._busy.clear()
