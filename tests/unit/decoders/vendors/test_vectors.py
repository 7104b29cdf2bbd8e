"""Guards every decoder of other makers' devices, with vectors that are published and vectors of our own.

A line of `tests/data/vendors/<vendor>.jsonl` is one payload. A published one has the publisher's values, and
`<vendor>.mapping.json` says which field of ours each of them is, with a factor or with the words it stands
for; `null` is left out. Nothing more may be in our reading than what is named there, or in `more`. A
constructed one was written by hand with the readings (`reads`) or the reason (`refuses`).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.contract import Decoded, Decoder, DecodeRefused
from decoders.registry import DECODERS

FOLDER = Path(__file__).parents[3] / "data" / "vendors"
RECEIVED_AT = datetime(2026, 11, 22, tzinfo=UTC)
REASONS = {"wrong_port", "wrong_length", "unknown_layout", "malformed", "clock_not_set"}
FREE = {"Apache-2.0", "MIT", "ISC", "BSD-3-Clause", "BSD-2-Clause", "facts"}
"""Licences whose vectors may be here; `facts` are bytes and values out of a document."""

Vector = Mapping[str, Any]


def read_vectors() -> list[Vector]:
    return [
        {**json.loads(line), "vendor": file.stem}
        for file in sorted(FOLDER.glob("*.jsonl"))
        for line in file.read_text("utf-8").splitlines()
    ]


def names_of(vector: Vector) -> list[str]:
    return [vector["decoder"], *vector.get("also", ())]


VECTORS = read_vectors()
MAPPINGS = {
    file.name.partition(".")[0]: json.loads(file.read_text("utf-8"))
    for file in FOLDER.glob("*.mapping.json")
}
PUBLISHED = [v for v in VECTORS if "publisher" in v and "refuses" not in v]
READ = [(name, v) for v in VECTORS if "reads" in v for name in names_of(v)]
REFUSED = [(name, v) for v in VECTORS if "refuses" in v for name in names_of(v)]
GOOD = [(name, v) for v in VECTORS if "refuses" not in v for name in names_of(v)]
BY_DECODER: dict[str, list[Vector]] = defaultdict(list)
for _vector in VECTORS:
    for _name in names_of(_vector):
        BY_DECODER[_name].append(_vector)
FOREIGN = sorted(name for name, decoder in DECODERS.items() if decoder.about is not None)


def decode(name: str, vector: Vector, payload: bytes | None = None) -> tuple[Decoded, ...]:
    received_at = RECEIVED_AT
    if "received_at_s" in vector:
        received_at = datetime.fromtimestamp(vector["received_at_s"], UTC)
    payload = bytes.fromhex(vector["payload"]) if payload is None else payload
    return DECODERS[name].decode(vector["f_port"], payload, received_at)


def label(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value['decoder']}-{value.get('case', value['origin'])}-{value['payload'][:24]}"


def flattened(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from flattened(part, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from flattened(part, f"{path}.{at}")
    else:
        yield path, value


def expected_fields(vector: Vector) -> dict[str, Any]:
    """The publisher's values as our fields."""
    mapping = {**MAPPINGS[vector["vendor"]], **vector.get("as", {})}
    expected = dict(vector.get("more", {}))
    for key, value in flattened(vector["publisher"]):
        target = mapping[key]
        if target is None:
            continue
        if isinstance(target, str):
            expected[target] = value if isinstance(value, str) else float(value)
        elif isinstance(target, list):
            name, factor = target
            expected[name] = float(value * factor)
        else:
            ((name, words),) = target.items()
            expected[name] = words[str(value)]
    return expected


@pytest.mark.parametrize("vector", PUBLISHED, ids=label)
def test_a_published_payload_reads_as_its_publisher_says(vector: Vector) -> None:
    expected = expected_fields(vector)
    for name in names_of(vector):
        readings = decode(name, vector)
        fields = {key: value for reading in readings for key, value in reading.fields.items()}
        impossible = {key for reading in readings for key in reading.out_of_range}
        failed = {key for reading in readings for key in reading.faults}
        assert impossible == set(vector.get("impossible", ()))
        assert failed == set(vector.get("faults", ()))
        wanted = {k: v for k, v in expected.items() if k not in impossible | failed}
        assert {k: type(v) for k, v in fields.items()} == {k: type(v) for k, v in wanted.items()}
        for key, value in wanted.items():
            nearly = pytest.approx(value, rel=1e-9, abs=1e-9) if type(value) is float else value
            assert fields[key] == nearly, key


@pytest.mark.parametrize(("name", "vector"), READ, ids=label)
def test_a_payload_gives_its_readings(name: str, vector: Vector) -> None:
    readings = decode(name, vector)
    found = [
        {
            "measurement": reading.measurement,
            "fields": dict(reading.fields),
            "tags": dict(reading.tags),
            "time_s": reading.time and reading.time.timestamp(),
            "faults": list(reading.faults),
            "out_of_range": list(reading.out_of_range),
        }
        for reading in readings
    ]
    assert found == [
        {"tags": {}, "time_s": None, "faults": [], "out_of_range": [], **reading}
        for reading in vector["reads"]
    ]
    for reading, wanted in zip(readings, vector["reads"], strict=True):
        types = {key: type(value) for key, value in reading.fields.items()}
        assert types == {key: type(value) for key, value in wanted["fields"].items()}


@pytest.mark.parametrize(("name", "vector"), REFUSED, ids=label)
def test_a_payload_is_refused_with_its_reason(name: str, vector: Vector) -> None:
    with pytest.raises(DecodeRefused) as refusal:
        decode(name, vector)
    assert refusal.value.reason == vector["refuses"]


def read_or_refused(
    name: str, f_port: int, payload: bytes, received_at: datetime | None
) -> tuple[Decoded, ...]:
    """The readings, which are as promised; none where the payload is refused, as is promised too."""
    try:
        readings = DECODERS[name].decode(f_port, payload, received_at)
    except DecodeRefused as error:
        refused = error
    else:
        check_contract(DECODERS[name], readings)
        return readings
    assert refused.reason in REASONS
    assert refused.sentence
    return ()


def check_contract(decoder: Decoder, readings: tuple[Decoded, ...]) -> None:
    """What the contract says of every reading."""
    quantities = {quantity.name: quantity for quantity in decoder.quantities}
    assert decoder.about is not None
    assert readings
    for reading in readings:
        assert reading.measurement in decoder.about.measurements
        assert reading.fields or reading.faults or reading.out_of_range
        assert not set(reading.fields) & {*reading.faults, *reading.out_of_range}
        assert {*reading.fields, *reading.faults, *reading.out_of_range} <= set(quantities)
        for name, value in reading.fields.items():
            quantity = quantities[name]
            assert type(value).__name__ == quantity.type
            if isinstance(value, float):
                assert quantity.low is not None
                assert quantity.high is not None
                assert quantity.low <= value <= quantity.high


@pytest.mark.parametrize(("name", "vector"), GOOD, ids=label)
def test_a_payload_cut_short_is_refused_or_says_what_it_still_says(
    name: str, vector: Vector
) -> None:
    payload = bytes.fromhex(vector["payload"])
    whole = decode(name, vector)
    check_contract(DECODERS[name], whole)
    for length in range(len(payload)):
        assert read_or_refused(name, vector["f_port"], payload[:length], RECEIVED_AT) != whole


@pytest.mark.parametrize(("name", "vector"), GOOD, ids=label)
def test_a_flipped_bit_or_a_byte_more_is_read_or_refused(name: str, vector: Vector) -> None:
    payload = bytes.fromhex(vector["payload"])
    damaged = [payload + b"\x00", payload + bytes(300)]
    for bit in range(8 * len(payload)):
        flipped = bytearray(payload)
        flipped[bit // 8] ^= 1 << bit % 8
        damaged.append(bytes(flipped))
    for other in damaged:
        read_or_refused(name, vector["f_port"], other, RECEIVED_AT)


@settings(deadline=None, max_examples=60)  # the machine may be busy with other things
@pytest.mark.parametrize("name", FOREIGN)
@given(data=st.data())
def test_random_bytes_are_read_or_refused(name: str, data: st.DataObject) -> None:
    good = [bytes.fromhex(vector["payload"]) for vector in BY_DECODER[name]]
    pieces = st.lists(st.sampled_from(good) | st.binary(max_size=12), max_size=6).map(b"".join)
    payload = data.draw(st.binary(max_size=260) | pieces)
    ports = {vector["f_port"] for vector in BY_DECODER[name]}
    f_port = data.draw(st.sampled_from(sorted(ports)) | st.integers(0, 255))
    received_at = data.draw(st.none() | st.datetimes(timezones=st.just(UTC)))
    read_or_refused(name, f_port, payload, received_at)


@pytest.mark.parametrize("name", FOREIGN)
def test_a_decoder_has_vectors_of_every_kind(name: str) -> None:
    decoder = DECODERS[name]
    vectors = BY_DECODER[name]
    cases = {vector.get("case") for vector in vectors}
    assert "boundary" in cases
    signed = any(
        quantity.low is not None and quantity.low < 0 and quantity.name.endswith("_c")
        for quantity in decoder.quantities
    )
    assert "sign" in cases or not signed
    reasons = {vector["refuses"] for vector in vectors if "refuses" in vector}
    assert reasons >= {"wrong_port", "wrong_length", "unknown_layout"}
    assert "clock_not_set" in reasons or not decoder.clock_ports


def test_what_is_published_has_a_source_and_a_licence_that_allows_it() -> None:
    for vector in VECTORS:
        assert vector["origin"] in {"captured", "published", "constructed"}
        if vector["origin"] == "published":
            assert vector["licence"] in FREE
            assert vector["source"]
