"""Guards the city payloads that simulators write: the published vectors must come out of what was measured,
and any record must be readable again by a second reading of the format that is written here on its own."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.simulators.city_fields import AIR_QUALITY, CCTV_HEALTH, ENERGY, FAMILIES, Family
from hil.simulators.city_payloads import Record, expected, report, stored

DATA = Path(__file__).parents[3] / "data" / "hil"
VECTORS = json.loads((DATA / "city_payload_vectors.json").read_text())["vectors"]
BY_NAME = {family.name: family for family in FAMILIES}


def records_of(vector: dict[str, Any]) -> list[Record]:
    return [Record(values=x["values"], faults=tuple(x["faults"])) for x in vector["sends"]]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["payload"][:24])
def test_what_was_measured_becomes_the_published_payload(vector: dict[str, Any]) -> None:
    family, records = BY_NAME[vector["family"]], records_of(vector)
    if vector["f_port"] == family.f_port:
        payload = report(family, records[0])
    else:
        payload = stored(family, vector["t0"], vector["step"], records)
    assert payload.hex() == vector["payload"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["payload"][:24])
def test_the_truth_is_the_published_reading(vector: dict[str, Any]) -> None:
    family = BY_NAME[vector["family"]]
    for record, reads in zip(records_of(vector), vector["reads"], strict=True):
        said = expected(family, record, reads["time_s"])
        assert said.measurement == vector["family"]
        assert said.fields == reads["fields"]
        assert said.tags == reads["tags"]
        assert list(said.faults) == reads["faults"]
        assert list(said.out_of_range) == reads["out_of_range"]
        assert said.time_s == reads["time_s"]


def test_truth_holds_what_was_sent_not_what_was_asked_for() -> None:
    said = expected(AIR_QUALITY, Record(values={"temperature_c": 25.123456, "illuminance_lx": 7}))
    assert said.fields == {"temperature_c": 25.12, "illuminance_lx": 8.0}


def test_numbers_are_floats_and_flags_are_booleans() -> None:
    said = expected(ENERGY, Record(values={"energy_import_wh": 5, "tamper": True}))
    assert {name: type(value) for name, value in said.fields.items()} == {
        "energy_import_wh": float,
        "relay_on": bool,
        "tamper": bool,
        "phase_loss": bool,
        "overload": bool,
    }


@pytest.mark.parametrize(
    "values",
    [
        {"noise_dba": 127.5},  # 255: the sentinel
        {"noise_dba": 128},
        {"noise_dba": -0.5},
        {"temperature_c": -327.68},  # -32768: the sentinel
        {"temperature_c": 327.68},
    ],
)
def test_a_value_that_cannot_be_sent_is_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cannot be sent"):
        report(AIR_QUALITY, Record(values=values))


@pytest.mark.parametrize(
    "record", [Record(values={"relay_on": True}), Record(faults=("uptime_h",))]
)
def test_a_name_of_another_family_is_refused(record: Record) -> None:
    with pytest.raises(ValueError, match="air_quality cannot send"):
        report(AIR_QUALITY, record)


def test_stored_records_must_have_the_same_fields() -> None:
    records = [Record(values={"co2_ppm": 400}), Record(values={"co_ppm": 1})]
    with pytest.raises(ValueError, match="same fields"):
        stored(AIR_QUALITY, 1_790_000_000, 60, records)


@st.composite
def sent(draw: st.DrawFn) -> tuple[Family, Record, dict[str, int]]:
    """A family, a record and the integer that each of its fields must become."""
    family = draw(st.sampled_from(FAMILIES))
    chosen = draw(st.sets(st.sampled_from(family.fields), min_size=1))
    values: dict[str, float | bool] = {}
    integers: dict[str, int] = {}
    for field in chosen:
        width = int(field.type[1:])
        low, high = (1 - 2 ** (width - 1), 2 ** (width - 1) - 1)
        if field.type.startswith("u"):
            low, high = 0, 2**width - 2
        if field.flags:
            integers[field.name] = draw(st.integers(0, 2 ** len(field.flags) - 1))
            values |= {n: bool(integers[field.name] >> i & 1) for i, n in enumerate(field.flags)}
        else:
            integers[field.name] = draw(st.integers(low, high))
            values[field.name] = float(integers[field.name] * Fraction(field.scale))
    return family, Record(values=values), integers


def read_again(payload: bytes, types: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A second reading of the format: bits from the least significant up, widths from the types."""
    bitmap = payload[1] * 256 + payload[2]
    at = 3
    for bit, (name, kind) in enumerate(types.items()):
        if bitmap & 2**bit:
            width = int(kind[1:]) // 8
            raw = sum(
                byte << 8 * place for place, byte in enumerate(payload[at : at + width][::-1])
            )
            negative = kind[0] == "i" and payload[at] & 0x80
            yield name, raw - (256**width if negative else 0)
            at += width
    assert at == len(payload)


@given(sent())
def test_any_record_is_read_again_as_the_integers_of_the_table(
    case: tuple[Family, Record, dict[str, int]],
) -> None:
    family, record, integers = case
    payload = report(family, record)
    assert payload[0] == 1
    types = {field.name: field.type for field in family.fields}
    assert dict(read_again(payload, types)) == integers


@given(sent())
def test_any_truth_is_the_exact_product_or_out_of_range(
    case: tuple[Family, Record, dict[str, int]],
) -> None:
    family, record, integers = case
    said = expected(family, record)
    for field in family.fields:
        if field.name not in integers or field.flags or field.name == "camera":
            continue
        exact = integers[field.name] * Fraction(field.scale)
        if field.low <= exact <= field.high:
            assert said.fields[field.name] == float(exact)
        else:
            assert field.name in said.out_of_range
            assert field.name not in said.fields


@given(st.sets(st.sampled_from(sorted(CCTV_HEALTH.faultable)), min_size=1))
def test_faulty_fields_are_present_as_sentinels_and_absent_from_the_reading(
    names: set[str],
) -> None:
    record = Record(faults=tuple(names))
    types = {field.name: field.type for field in CCTV_HEALTH.fields}
    for name, integer in read_again(report(CCTV_HEALTH, record), types):
        bits = int(types[name][1:])
        assert integer == (-(2 ** (bits - 1)) if types[name][0] == "i" else 2**bits - 1)
    said = expected(CCTV_HEALTH, record)
    assert (said.fields, set(said.faults)) == ({}, names)
    assert said.tags == ({} if "camera" in names else {"camera": "1"})
