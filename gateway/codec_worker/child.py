"""The process that runs codecs: `python -I`, no environment, a pipe in, a pipe out.

It gives up what it does not need before it reads a first script: memory, files, processes, output to a terminal.
It ends when the gateway closes the pipe, and its CPU limit ends it when there is no gateway any more.
"""

import contextlib
import os
import resource
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gateway.codec_worker.protocol import (
    BROKEN,
    HEAD_BYTES,
    LEARNT,
    ORDER_BYTES_MAX,
    OUTPUT_BYTES_MAX,
    READY,
    STACK_BYTES_MAX,
    THREW,
    TOO_LONG,
    UNUSABLE,
    decode_order,
    framed,
    length_of,
)  # fmt: skip
from gateway.codec_worker.realm import Broken, Codec

ADDRESS_SPACE_BYTES_MAX = 64 * 1024 * 1024
"""Of this process, which begins with 22 MB; hundreds of codecs as they are published need a few more. With the
gateway it stays below the memory that the service unit gives them both."""
ORDER_CPU_S_MAX = 60
"""For one order. The gateway kills a stuck process much earlier."""
STACK_BYTES = 2 * STACK_BYTES_MAX
"""Of this process: the engine trusts that what it is allowed is there."""
FILES_MAX = 8
PROBE = "function decodeUplink() {}"
"""Made before the first codec: a process that cannot run this is not to be blamed on a codec."""

Codecs = dict[int, Codec | str]
"""By number; a text says why one cannot be used."""


def main() -> None:
    """Serve orders until the pipe is closed."""
    orders, answers = _take_pipes()
    try:
        # Not `quickjs`, its public face: that begins a thread, which this process must not have.
        import _quickjs as engine  # type: ignore[import-not-found]
    except ImportError as error:
        _say(answers, UNUSABLE, f"the JavaScript engine is not installed ({error})")
        return
    _give_up_rights()
    Codec(engine, PROBE)
    _say(answers, READY, "")
    with contextlib.suppress(BrokenPipeError):
        _serve(engine, orders, answers)


def _serve(engine: Any, orders: int, answers: int) -> None:
    codecs: Codecs = {}
    while head := _read(orders, HEAD_BYTES):
        length = length_of(head)
        if length > ORDER_BYTES_MAX:
            return
        order = decode_order(_read(orders, length))
        _limit(resource.RLIMIT_CPU, _cpu_s() + ORDER_CPU_S_MAX, keep_hard=True)
        for number in order.forget:
            codecs.pop(number, None)
        for number, script in order.learn:
            try:
                codec = codecs[number] = _with_room(codecs, partial(Codec, engine, script))
            except Broken as broken:
                codecs[number] = str(broken)
                _say(answers, BROKEN, str(broken))
            else:
                _say(answers, LEARNT, codec.places)
        for number, f_port, payload, received_ms in order.decode:
            known = codecs[number]
            if isinstance(known, str):
                _say(answers, BROKEN, known)
                continue
            kind, text = known.decode(f_port, payload, received_ms)
            if kind == THREW and "memory" in text.lower():
                _drop_all(codecs)
                kind, text = known.decode(f_port, payload, received_ms)
            _say(answers, kind, text)


def _with_room(codecs: Codecs, make: Callable[[], Codec]) -> Codec:
    """A new codec; where memory ends, once more without what the others hold.

    Raises:
        Broken: it cannot be used.
    """
    try:
        return make()
    except Broken as broken:
        if "memory" not in str(broken).lower():
            raise
    _drop_all(codecs)
    return make()


def _drop_all(codecs: Codecs) -> None:
    """Let go of all realms: each is made anew when it is next asked."""
    for codec in codecs.values():
        if isinstance(codec, Codec):
            codec.drop()


def _take_pipes() -> tuple[int, int]:
    """Move the two pipes away from where output goes by mistake."""
    orders, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for place in (0, 1, 2):
        os.dup2(nowhere, place)
    os.close(nowhere)
    return orders, answers


def _give_up_rights() -> None:
    with contextlib.suppress(OSError):  # in a shortage of memory this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    _limit(resource.RLIMIT_STACK, STACK_BYTES)
    _limit(resource.RLIMIT_AS, ADDRESS_SPACE_BYTES_MAX)
    _limit(resource.RLIMIT_NOFILE, FILES_MAX)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(what: int, most: int, *, keep_hard: bool = False) -> None:
    hard = resource.getrlimit(what)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with contextlib.suppress(ValueError, OSError):  # a host may forbid it: the other limits hold
        resource.setrlimit(what, (most, hard if keep_hard else most))


def _cpu_s() -> int:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return int(used.ru_utime + used.ru_stime)


def _read(pipe: int, length: int) -> bytes:
    """So many bytes; b"" when the gateway has closed the pipe."""
    parts = []
    while length:
        part = os.read(pipe, min(length, 1 << 16))
        if not part:
            return b""
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _say(pipe: int, kind: int, text: str) -> None:
    body = text[: OUTPUT_BYTES_MAX + 1].encode(errors="replace")
    if len(body) > OUTPUT_BYTES_MAX:
        kind, body = TOO_LONG, str(len(text)).encode()
    left = framed(bytes([kind]) + body)
    while left:
        left = left[os.write(pipe, left) :]
