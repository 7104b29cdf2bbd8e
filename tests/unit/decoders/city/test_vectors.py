"""Guards the published cases of the payload formats, and the same payloads cut short, lengthened and damaged.

`tests/data/sensor-payload-vectors.json` holds payloads with their readings or the reason of their refusal.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from decoders.contract import Decoded, DecodeRefused
from decoders.registry import DECODERS

RECEIVED_AT = datetime(2026, 11, 22, tzinfo=UTC)
VECTORS = json.loads(
    (Path(__file__).parents[3] / "data" / "sensor-payload-vectors.json").read_text("utf-8")
)["vectors"]
GOOD = [vector for vector in VECTORS if "readings" in vector]
STORED = [vector for vector in GOOD if vector["f_port"] % 10 == 1]
REPORTS = [vector for vector in GOOD if vector["f_port"] % 10 == 0]
STORED_HEADER_BYTES = 9
STEP_BITS = range(5 * 8, 7 * 8)


def name_of(vector: dict[str, Any]) -> str:
    return f"{vector['decoder']}-{vector['f_port']}-{vector['payload'][:20]}"


def decode(vector: dict[str, Any], payload: bytes) -> tuple[Decoded, ...]:
    return DECODERS[vector["decoder"]].decode(vector["f_port"], payload, RECEIVED_AT)


def as_case(reading: Decoded) -> dict[str, Any]:
    case = {
        "measurement": reading.measurement,
        "fields": dict(reading.fields),
        "tags": dict(reading.tags),
        "faults": list(reading.faults),
        "out_of_range": list(reading.out_of_range),
    }
    return case | ({} if reading.time is None else {"time_s": reading.time.timestamp()})


@pytest.mark.parametrize("vector", VECTORS, ids=name_of)
def test_a_published_case_gives_its_readings_or_its_reason(vector: dict[str, Any]) -> None:
    payload = bytes.fromhex(vector["payload"])
    if "refused" in vector:
        with pytest.raises(DecodeRefused) as refusal:
            decode(vector, payload)
        assert refusal.value.reason == vector["refused"]
        return
    readings = decode(vector, payload)
    assert [as_case(reading) for reading in readings] == vector["readings"]
    for reading, expected in zip(readings, vector["readings"], strict=True):
        types = {name: type(value) for name, value in reading.fields.items()}
        assert types == {name: type(value) for name, value in expected["fields"].items()}


@pytest.mark.parametrize("vector", REPORTS, ids=name_of)
def test_a_report_cut_short_is_refused(vector: dict[str, Any]) -> None:
    payload = bytes.fromhex(vector["payload"])
    for length in range(len(payload)):
        with pytest.raises(DecodeRefused) as refusal:
            decode(vector, payload[:length])
        assert refusal.value.reason == "wrong_length"


@pytest.mark.parametrize("vector", STORED, ids=name_of)
def test_stored_samples_cut_short_are_refused_or_fewer_whole_ones(vector: dict[str, Any]) -> None:
    payload = bytes.fromhex(vector["payload"])
    whole = decode(vector, payload)
    record_bytes = (len(payload) - STORED_HEADER_BYTES) // len(whole)
    for length in range(len(payload)):
        samples, rest = divmod(length - STORED_HEADER_BYTES, record_bytes)
        if samples > 0 and not rest:
            assert decode(vector, payload[:length]) == whole[:samples]
            continue
        with pytest.raises(DecodeRefused) as refusal:
            decode(vector, payload[:length])
        assert refusal.value.reason == "wrong_length"


@pytest.mark.parametrize("vector", GOOD, ids=name_of)
def test_a_trailing_byte_is_refused(vector: dict[str, Any]) -> None:
    for trailing in (b"\x00", b"\xff"):
        with pytest.raises(DecodeRefused) as refusal:
            decode(vector, bytes.fromhex(vector["payload"]) + trailing)
        assert refusal.value.reason == "wrong_length"


@pytest.mark.parametrize("vector", GOOD, ids=name_of)
def test_a_flipped_bit_changes_the_reading_or_is_refused(vector: dict[str, Any]) -> None:
    payload = bytes.fromhex(vector["payload"])
    whole = decode(vector, payload)
    without_meaning = STEP_BITS if vector in STORED and len(whole) == 1 else range(0)
    for bit in set(range(8 * len(payload))) - set(without_meaning):
        damaged = bytearray(payload)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            readings = decode(vector, bytes(damaged))
        except DecodeRefused:
            continue
        # An impossible value may be followed by another: the reading names it without its value.
        assert readings != whole or any(reading.out_of_range for reading in readings)
