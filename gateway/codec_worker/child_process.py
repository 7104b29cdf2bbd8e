"""The child as a process: begun, given an order, listened to until its answers stop, and ended. Blocking.

An answer that does not come in time is waited for longer while the child gets no CPU: on a busy machine it is not
to blame.
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import NoReturn

from gateway.codec_worker.protocol import READY, Messages, Order, encode_order, framed
from gateway.errors import Unavailable

START_S_MAX = 20.0
"""For Python to begin: 30 ms on a PC, seconds on a small machine that is busy."""
STARVED_S_MAX = 10.0
"""For an answer whose child hardly gets any CPU."""
BUSY_SHARE = 0.25
"""Of the time given, as CPU: below it the child is starved, not stuck."""
QUICK_S = 0.05
"""Nearly all answers come within it; only after it the child's CPU time is looked at."""
END_S_MAX = 1.0
READ_BYTES = 64 * 1024

_ROOT = Path(__file__).parents[2]
_CODE = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from gateway.codec_worker.child import main; main()"
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Ended(Exception):
    """The child is gone; the text says how."""


class Stuck(Exception):
    """The child does not answer, and is gone now."""


class Process:
    """A running child."""

    def __init__(self) -> None:
        """Begin it and wait until it is ready.

        Raises:
            Unavailable: it cannot be begun, or can do nothing.
        """
        self._messages = Messages()
        self._ready: deque[tuple[int, str]] = deque()
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-c", _CODE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"TZ": "UTC", "LANG": "C.UTF-8"},
                cwd="/",
                start_new_session=True,  # what a terminal sends is for the gateway
                bufsize=0,
            )
        except OSError as error:
            raise Unavailable(f"the codecs' process cannot be begun: {error.strerror}") from error
        assert self._child.stdin is not None  # noqa: S101 - asked for above
        assert self._child.stdout is not None  # noqa: S101 - asked for above
        self._in, self._out = self._child.stdin.fileno(), self._child.stdout.fileno()
        os.set_blocking(self._in, False)
        self._writing, self._reading = select.poll(), select.poll()
        self._writing.register(self._in, select.POLLOUT)
        self._reading.register(self._out, select.POLLIN)
        try:
            kind, text = self.answer(START_S_MAX)
        except (Ended, Stuck) as error:
            raise Unavailable(f"the codecs' process does not begin: {error}") from error
        if kind != READY:
            self.close()
            raise Unavailable(text)

    def give(self, order: Order, answer_s: float) -> None:
        """Hand over an order; the child reads all of it before it answers.

        Raises:
            Ended, Stuck: it does not take it.
        """
        left = memoryview(framed(encode_order(order)))
        while left:
            if not self._writing.poll(STARVED_S_MAX * 1000):
                self._stuck(answer_s)
            try:
                left = left[os.write(self._in, left) :]
            except BlockingIOError:
                continue
            except OSError:
                self._ended()

    def answer(self, answer_s: float) -> tuple[int, str]:
        """(kind, text) of the next thing the child says, within this time.

        Raises:
            Ended, Stuck: it says nothing more; the child is gone.
        """
        while not self._ready:
            self._wait(answer_s)
            try:
                chunk = os.read(self._out, READ_BYTES)
                self._ready += self._messages.feed(chunk)
            except (OSError, ValueError) as error:
                self._ended(f"it wrote what cannot be read: {error}")
            if not chunk:
                self._ended()
        return self._ready.popleft()

    def end(self) -> None:
        """Kill it, from any thread. Harmless when it is gone."""
        try:
            self._child.kill()
            self._child.wait(END_S_MAX)
        except (OSError, subprocess.TimeoutExpired):
            return

    def close(self) -> None:
        """Kill it and give its pipes back."""
        self.end()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    def _wait(self, answer_s: float) -> None:
        """Until there is something to read."""
        if self._reading.poll(QUICK_S * 1000):
            return
        began, used = time.monotonic(), self._cpu_s()
        while not self._reading.poll(answer_s * 1000):
            starved = self._cpu_s() - used < answer_s * BUSY_SHARE
            if not starved or time.monotonic() - began > STARVED_S_MAX:
                self._stuck(answer_s)

    def _cpu_s(self) -> float:
        """What the child has used; endless when nobody can tell."""
        try:
            text = Path(f"/proc/{self._child.pid}/stat").read_text(encoding="ascii")
            after_name = text.rpartition(")")[2].split()
            return (int(after_name[11]) + int(after_name[12])) / _TICKS_PER_S
        except (OSError, ValueError, IndexError):
            return float("inf")

    def _stuck(self, answer_s: float) -> NoReturn:
        self.close()
        raise Stuck(f"no answer within {answer_s:g} s")

    def _ended(self, how: str = "") -> NoReturn:
        self.close()
        code = self._child.returncode
        if not how and code is not None and code < 0:
            how = f"it was ended by {signal.Signals(-code).name}"
        raise Ended(how or "it ended")
