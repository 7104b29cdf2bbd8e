"""What `codec test` finds out of one codec: its vectors, what becomes of its values, its speed, its dangers.

The codec runs in the codecs' process, as in the daemon, and its values go through the same stage to readings.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from msgspec import Struct

from decoders.contract import DecodeRefused
from decoders.javascript.answer import CodecAnswer
from decoders.javascript.difference import Difference, differences
from decoders.javascript.hints import hints
from decoders.javascript.vectors import Vector
from decoders.normalise import Normalised
from gateway.cli.codec_run import Asked, CodecRun

DIALECTS = {
    "decodeUplink": "LoRa Alliance TS013",
    "Decode": "ChirpStack 3",
    "Decoder": "The Things Network 2",
}
ROUNDS = 40
"""Batches whose times are taken; their median is told."""
PAYLOADS_PER_ROUND = 64
ROUND_S = 0.05
"""Fewer payloads are in a batch that would take longer."""


class Result(Struct):
    """One vector, run."""

    name: str
    f_port: int
    payload: str
    passed: bool
    differences: list[Difference]
    readings: int
    """How many would be stored."""
    refused: str | None = None
    """Why none would be."""


class Run(NamedTuple):
    """A vector with what became of it."""

    vector: Vector
    answer: CodecAnswer
    normalised: Normalised | DecodeRefused


def runs_of(
    codecs: CodecRun, codec: Path, profile: str | None, vectors: Sequence[Vector]
) -> list[Run]:
    """Each vector with the codec's answer, and what becomes of that.

    Raises:
        Unavailable: no codec can be run. Refused: the profile cannot be used.
    """
    asked = [Asked(codec, profile, one.f_port, one.payload, one.received_at) for one in vectors]
    runs = []
    for vector, one, answer in zip(vectors, asked, codecs.answers(asked), strict=True):
        normalised: Normalised | DecodeRefused
        try:
            normalised = codecs.normalised(one, answer)
        except DecodeRefused as refused:
            normalised = refused
        runs.append(Run(vector, answer, normalised))
    return runs


def result_of(run: Run) -> Result:
    """A run as it is told."""
    vector, normalised = run.vector, run.normalised
    unlike = differences(vector.expected, run.answer)
    stored = isinstance(normalised, Normalised)
    return Result(
        name=vector.name,
        f_port=vector.f_port,
        payload=vector.payload.hex(),
        passed=not unlike,
        differences=unlike,
        readings=len(normalised.readings) if isinstance(normalised, Normalised) else 0,
        refused=None if stored else str(normalised),
    )


def median_us(codecs: CodecRun, codec: Path, runs: Sequence[Run]) -> float | None:
    """The median time of a payload of these, in µs; None when there is none, or the codec hangs on one."""
    if not runs or any(run.answer.reason == "codec_timeout" for run in runs):
        return None
    vectors = [run.vector for run in runs]
    asked = [Asked(codec, None, one.f_port, one.payload, one.received_at) for one in vectors]
    batch = (asked * (PAYLOADS_PER_ROUND // len(asked) + 1))[:PAYLOADS_PER_ROUND]
    began = time.perf_counter()
    codecs.answers(batch[:1])
    fit = int(ROUND_S / (time.perf_counter() - began))
    batch = batch[: max(1, min(fit, PAYLOADS_PER_ROUND))]
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        codecs.answers(batch)
        times.append((time.perf_counter() - began) / len(batch) * 1e6)
    return round(median(times), 1)


def warnings(
    codecs: CodecRun, codec: Path, vectors: Sequence[Vector], runs: Sequence[Run]
) -> Iterator[str]:
    """What else is worth knowing: of the text, and of hosts that run codecs in strict mode."""
    text = codec.read_text(encoding="utf-8-sig")
    yield from hints(text)
    first = _first_in_strict_mode(codecs, text, vectors, runs)
    if first is not None:
        yield f"ChirpStack runs codecs in strict mode, where this one fails: {first}"


def _first_in_strict_mode(
    codecs: CodecRun, text: str, vectors: Sequence[Vector], runs: Sequence[Run]
) -> str | None:
    """What goes wrong first when the codec is strict; None when nothing does that went well before."""
    from gateway.codec_worker.worker import CodecBroken

    with tempfile.TemporaryDirectory(prefix="lora-gateway-") as folder:
        strict = Path(folder) / "codec.js"
        strict.write_text('"use strict";' + text, encoding="utf-8")  # lines keep their numbers
        try:
            codecs.look(strict)
        except CodecBroken as broken:
            return None if "is longer than" in str(broken) else str(broken)
        asked = [Asked(strict, None, one.f_port, one.payload, one.received_at) for one in vectors]
        for answer, run in zip(codecs.answers(asked), runs, strict=True):
            if answer.reason is not None and run.answer.reason is None:
                return f"{run.vector.name}: {answer.sentence}"
    return None
