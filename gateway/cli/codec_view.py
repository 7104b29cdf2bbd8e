"""The answer of `codec test` as lines for people."""

import json
from collections.abc import Iterator

from decoders.javascript.vectors import SHORT
from gateway.cli.codec_report import Report, Tried
from gateway.cli.codec_trial import Result
from gateway.cli.codec_values import Value
from gateway.cli.options import number

DIFFERENCES_SHOWN = 12
"""Of one vector; --json has all."""
FAILURES_SHOWN = 20
WIDTH_MOST = 44
"""Of a column."""


def lines(report: Report) -> Iterator[str]:
    """Everything, the verdict on the vectors last."""
    if report.fault is not None:
        yield f"bad      {report.codec}: {report.fault}"
        return
    functions = " and ".join(report.functions)
    yield f"codec    {report.codec}: {functions} ({report.dialect})"
    if report.tried is not None:
        yield from _tried(report.tried)
    yield from _fields(report)
    for dropped in report.dropped:
        yield f"dropped  {dropped.path}: {dropped.why}{_times(dropped.times)}"
    yield from _conflicts(report)
    if report.median_us is not None:
        yield f"speed    {report.median_us:g} us a payload in the median, in batches, on this machine"
    for warning in report.warnings:
        yield f"note     {warning}"
    yield from _failures(report)
    yield from _verdict(report)


def _fields(report: Report) -> Iterator[str]:
    """What each value becomes, aligned."""
    wide = min(WIDTH_MOST, max((len(value.path) for value in report.fields), default=0))
    names = min(WIDTH_MOST, max((len(value.field) for value in report.fields), default=0))
    for value in report.fields:
        kind = "/".join(value.types) or "-"
        yield (
            f"{'field' if value.known else 'own':<8} {value.path:<{wide}} -> {value.field:<{names}}"
            f" {kind:<6} {_unit(value)}{_example(value)}{_missing(value)}"
        ).rstrip()
    if any(not value.known for value in report.fields):
        yield "         own: not in docs/quantities.md; a profile can give it another name"


def _unit(value: Value) -> str:
    return f"{value.unit} " if value.unit else ""


def _example(value: Value) -> str:
    if value.first is None:
        return ""
    shown = number(value.first) if type(value.first) is float else json.dumps(value.first)
    return f"(first {shown[:40]})"


def _missing(value: Value) -> str:
    said = [
        f"{what} {count} times" if count > 1 else f"{what} once"
        for what, count in (("fault", value.faults), ("out of range", value.out_of_range))
        if count
    ]
    return f" {', '.join(said)}" if said else ""


def _times(count: int) -> str:
    return f" ({count} times)" if count > 1 else ""


def _conflicts(report: Report) -> Iterator[str]:
    for value in report.fields:
        if value.field in report.type_conflicts:
            yield (
                f"conflict {value.field} is {' and '.join(value.types)}: a field keeps its first type, and"
                " payloads with another one are refused; give it one in a profile (type, map)"
            )


def _tried(tried: Tried) -> Iterator[str]:
    yield f"payload  {tried.payload} on FPort {tried.f_port}"
    data = json.dumps(tried.data, ensure_ascii=False)
    yield f"says     {data}"
    for word, said in (("warns", tried.codec_warnings), ("errors", tried.errors)):
        if said:
            yield f"{word:<8} {'; '.join(said)}"
    if tried.refused is not None:
        yield f"refused  {tried.refused}"
    for reading in tried.readings:
        fields = json.dumps(reading.fields, ensure_ascii=False)
        yield f"stored   {reading.time or 'time of its uplink'}: {fields}"
        for what, names in (("fault", reading.faults), ("out of range", reading.out_of_range)):
            if names:
                yield f"         {what}: {', '.join(names)}"
    if tried.refused is not None and "the codec says" not in tried.refused:
        return  # an exception is nothing to expect
    answer = {"errors": tried.errors} if tried.errors else {"data": tried.data}
    vector = {"fPort": tried.f_port, "bytes": tried.payload, **answer}
    yield "vector   what it says, to check by hand and keep in examples.json:"
    yield f"         {json.dumps(vector, ensure_ascii=False)}"


def _failures(report: Report) -> Iterator[str]:
    failed = [result for result in report.results if not result.passed]
    for result in failed[:FAILURES_SHOWN]:
        yield f"FAILS    {result.name}: {result.payload} on FPort {result.f_port}"
        for one in result.differences[:DIFFERENCES_SHOWN]:
            yield f"         {one.path}: expected {one.expected}, got {one.got}"
        if len(result.differences) > DIFFERENCES_SHOWN:
            yield f"         and {len(result.differences) - DIFFERENCES_SHOWN} more differences"
    if len(failed) > FAILURES_SHOWN:
        yield f"         and {len(failed) - FAILURES_SHOWN} more vectors"
    for result in report.results:
        if _surprises(result):
            yield f"note     {result.name} passes, and nothing of it would be stored: {result.refused}"


def _surprises(result: Result) -> bool:
    """A vector that passes with data, of which nothing is stored all the same."""
    return result.passed and result.refused is not None and "the codec says" not in result.refused


def _verdict(report: Report) -> Iterator[str]:
    if report.vectors is None:
        yield "vectors  none: no examples.json beside the codec, and no --vectors. One is a line of JSON:"
        yield f"         {SHORT}"
        if report.tried is None:
            yield "         or try a payload: --f-port 2 --hex 0a1b"
        return
    left_out = f", {report.skipped} of downlinks left out" if report.skipped else ""
    count = len(report.results)
    yield f"vectors  {report.vectors}: {report.passed} of {count} pass{left_out}"
