"""One codec in the engine: its script is run once, then its function is asked payload by payload.

The realm, all that the script can see and change, is its own and is kept from payload to payload: making one
costs fifty times as much as a payload. It is made anew after an exception, and after 10,000 payloads, so that
what a codec piles up goes. Runs in the child only; the engine is an argument.
"""

from typing import Any

import msgspec

from decoders.javascript import faults, host
from gateway.codec_worker.protocol import (
    ANSWER,
    BROKEN,
    DECODE_CPU_S_MAX,
    HEAP_BYTES_MAX,
    LOAD_CPU_S_MAX,
    STACK_BYTES_MAX,
    THREW,
    TOO_SLOW,
)  # fmt: skip

PAYLOADS_PER_REALM_MAX = 10_000
"""Then a codec's realm is made anew."""
MESSAGE_CHARACTERS_MAX = 500
"""Of what an exception says."""


class Broken(Exception):
    """A codec that cannot be used; the text says why."""


class Codec:
    """One codec's script and its realm."""

    def __init__(self, engine: Any, script: str) -> None:
        """Run the script for the first time.

        Raises:
            Broken: it cannot be used.
        """
        self._engine = engine
        self._script = script
        self._begin()

    def _begin(self) -> None:
        realm: Any = self._engine.Context()
        self._realm = realm
        realm.set_memory_limit(HEAP_BYTES_MAX)
        realm.set_max_stack_size(STACK_BYTES_MAX)
        realm.set_time_limit(LOAD_CPU_S_MAX)
        try:
            caller = realm.eval(host.PRELUDE)
            for script in host.before(self._script):
                realm.eval(script)
            self._run_script()
            found = realm.eval(host.FIND)
            if found is None:
                raise Broken(faults.NO_FUNCTION)
            self._run = caller(found)
            self.places: str = self._run()
        except (self._engine.JSException, UnicodeDecodeError, MemoryError) as error:
            raise Broken(faults.load_fault(self._script, str(error))) from None
        realm.set_time_limit(DECODE_CPU_S_MAX)
        self._left = PAYLOADS_PER_REALM_MAX

    def _run_script(self) -> None:
        try:
            self._realm.eval(self._script)
        except TypeError:
            return  # its last value, which nobody wants, has no equal in Python: a BigInt
        except UnicodeDecodeError:
            return  # or half a surrogate pair

    def drop(self) -> None:
        """Let go of the realm; the next payload makes a new one."""
        self._realm = self._run = None
        self._left = 0

    def decode(self, f_port: int, payload: bytes, received_ms: float | None) -> tuple[int, str]:
        """(kind, text) of the answer to one payload."""
        if not self._left:
            try:
                self._begin()
            except Broken as broken:
                return BROKEN, str(broken)
        self._left -= 1
        kind, text = self._asked(f_port, payload, received_ms)
        if kind != ANSWER:
            self._left = 0
        return kind, text

    def _asked(self, f_port: int, payload: bytes, received_ms: float | None) -> tuple[int, str]:
        try:
            text: str = self._run(f_port, str(list(payload)), received_ms)
        except self._engine.JSException as error:
            message = str(error).partition("\n")[0][:MESSAGE_CHARACTERS_MAX]
            return (TOO_SLOW, "") if "interrupted" in message else (THREW, message)
        except (UnicodeDecodeError, MemoryError) as error:
            return THREW, type(error).__name__
        if text[:1] != "!":
            return ANSWER, text
        try:
            return THREW, msgspec.json.decode(text[1:], type=str)
        except msgspec.MsgspecError:  # half a surrogate pair
            return THREW, text[1:].strip('"')
