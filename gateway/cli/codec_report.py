"""The answer of `codec test`, ready for JSON: everything that was found out about one codec."""

from pathlib import Path

from msgspec import Struct

from decoders.contract import FieldValue
from decoders.javascript.vectors import Vector, Vectors
from decoders.normalise import Normalised
from gateway.cli.codec_run import CodecRun
from gateway.cli.codec_trial import DIALECTS, Result, Run, median_us, result_of, runs_of, warnings
from gateway.cli.codec_values import Dropped, Value, values_of


class StoredReading(Struct):
    """A reading of the payload that was given on the command line."""

    time: str | None
    fields: dict[str, FieldValue]
    faults: list[str]
    out_of_range: list[str]


class Tried(Struct):
    """What came of that payload."""

    f_port: int
    payload: str
    data: object
    """What the codec returned."""
    codec_warnings: list[str]
    errors: list[str]
    refused: str | None
    readings: list[StoredReading]


class Report(Struct):
    """What `codec test` says."""

    codec: str
    good: bool
    """Whether the codec can be used, something was run, and all of it is as expected."""
    fault: str | None = None
    """Why it cannot be used."""
    functions: list[str] = []
    """Where they are: `decodeUplink` or `driver.Decode`, then `normalizeUplink`."""
    dialect: str = ""
    profile: str | None = None
    vectors: str | None = None
    """Their file; None when there is none."""
    passed: int = 0
    skipped: int = 0
    """Examples of downlinks."""
    results: list[Result] = []
    tried: Tried | None = None
    fields: list[Value] = []
    dropped: list[Dropped] = []
    type_conflicts: list[str] = []
    """Fields that change their type from one vector to another."""
    median_us: float | None = None
    """Of one payload in batches, with the way to the codecs' process and back."""
    warnings: list[str] = []


def report(
    codec: Path, profile: str | None, place: Path | None, vectors: Vectors, given: Vector | None
) -> Report:
    """Try the codec on its vectors, and on a payload if one is given.

    Raises:
        Unavailable: no codec can be run. Refused: the profile cannot be used.
    """
    from gateway.codec_worker.worker import CodecBroken

    said = Report(str(codec), good=False, profile=profile, skipped=vectors.others)
    said.vectors = None if place is None else str(place)
    codecs = CodecRun()
    try:
        said.functions = codecs.look(codec).split()
        said.dialect = DIALECTS[said.functions[0].rpartition(".")[2]]
        _run(codecs, codec, said, vectors.uplinks, given)
    except CodecBroken as broken:
        said.fault = str(broken)
    finally:
        codecs.close()
    return said


def _run(
    codecs: CodecRun,
    codec: Path,
    said: Report,
    vectors: tuple[Vector, ...],
    given: Vector | None,
) -> None:
    payloads = [*vectors, given] if given is not None else list(vectors)
    runs = runs_of(codecs, codec, said.profile, payloads)
    said.results = [result_of(run) for run in runs[: len(vectors)]]
    said.passed = sum(result.passed for result in said.results)
    if given is not None:
        said.tried = _tried(runs[-1])
    values = values_of(runs)
    said.fields, said.dropped = values.fields, values.dropped
    said.type_conflicts = [value.field for value in values.conflicts()]
    said.median_us = median_us(codecs, codec, runs)
    said.warnings = list(warnings(codecs, codec, payloads, runs))
    refused = said.tried is not None and said.tried.refused is not None
    said.good = bool(runs) and said.passed == len(vectors) and not refused


def _tried(run: Run) -> Tried:
    found = run.normalised
    readings = found.readings if isinstance(found, Normalised) else ()
    return Tried(
        f_port=run.vector.f_port,
        payload=run.vector.payload.hex(),
        data=run.answer.data,
        codec_warnings=list(run.answer.warnings),
        errors=list(run.answer.errors),
        refused=None if isinstance(found, Normalised) else str(found),
        readings=[
            StoredReading(
                None if one.time is None else f"{one.time:%Y-%m-%dT%H:%M:%S.%fZ}",
                dict(one.fields), list(one.faults), list(one.out_of_range),
            )
            for one in readings
        ],
    )  # fmt: skip
