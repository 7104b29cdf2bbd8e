"""Guards how what was found becomes a reading, and that a name which comes twice has what was said last."""

from datetime import UTC, datetime

from decoders.findings import Findings


def test_findings_become_a_reading() -> None:
    findings = Findings()
    findings.found("a", 1.0)
    findings.missing("b", "fault")
    findings.missing("c", "out_of_range")
    findings.missing("d", "fault")
    time = datetime(2026, 1, 1, tzinfo=UTC)
    reading = findings.reading("m", {"channel": "1"}, time)
    assert (reading.measurement, reading.tags, reading.time) == ("m", {"channel": "1"}, time)
    assert (reading.fields, reading.faults, reading.out_of_range) == (
        {"a": 1.0},
        ("b", "d"),
        ("c",),
    )


def test_the_last_word_counts() -> None:
    findings = Findings()
    findings.missing("a", "fault")
    findings.found("a", 1.0)
    findings.found("b", 1.0)
    findings.missing("b", "fault")
    findings.missing("b", "out_of_range")
    reading = findings.reading("m")
    assert (reading.fields, reading.faults, reading.out_of_range) == ({"a": 1.0}, (), ("b",))
    assert (reading.tags, reading.time) == ({}, None)
