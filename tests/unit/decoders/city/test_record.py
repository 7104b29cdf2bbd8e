"""Guards what becomes of an integer: a number, a fault or out of range. Every number of every family.

The expected values come from `decimal`, the payloads from the test's own encoder (conftest.py).
"""

import random
from typing import Any

from decoders.contract import Decoded
from decoders.registry import DECODERS


def read(family: Any, integers: dict[str, int]) -> Decoded:
    (reading,) = DECODERS[family.name].decode(family.f_port, family.report(integers), None)
    return reading


def test_the_fault_sentinel_is_a_fault_and_no_number(number: Any) -> None:
    family, field = number
    reading = read(family, {field.name: field.sentinel})
    assert reading.fields == {}
    assert reading.faults == (field.name,)
    assert reading.out_of_range == ()


def test_the_limits_of_the_range_are_measurements_and_the_next_integers_are_not(
    number: Any,
) -> None:
    family, field = number
    low, high = field.edges
    for raw in (low, high):
        reading = read(family, {field.name: raw})
        assert reading.fields == {field.name: field.value(raw)}
        assert (reading.faults, reading.out_of_range) == ((), ())
    for raw in (low - 1, high + 1):
        if raw in field.carried:
            reading = read(family, {field.name: raw})
            assert reading.fields == {}
            assert (reading.faults, reading.out_of_range) == ((), (field.name,))


def test_a_number_is_the_float_nearest_to_the_exact_decimal(number: Any) -> None:
    family, field = number
    low, high = field.edges
    drawn = random.Random(field.name).choices(range(low, high + 1), k=2000)
    for raw in (low, high, *drawn):
        value = read(family, {field.name: raw}).fields[field.name]
        assert value == field.value(raw)
        assert type(value) is float


def test_zero_is_a_measurement_wherever_it_is_possible(number: Any) -> None:
    family, field = number
    reading = read(family, {field.name: 0})
    if field.possible(0):
        assert str(reading.fields[field.name]) == "0.0"
    else:
        assert reading.out_of_range == (field.name,)


def test_a_report_with_every_field_has_every_number(family: Any) -> None:
    integers = {field.name: field.edges[1] for field in family.numbers}
    flags = {field.name: 0 for field in family.fields if field.scale == "flags"}
    tags = {field.name: 1 for field in family.fields if field.scale == "tag"}
    fields = read(family, integers | flags | tags).fields
    for field in family.numbers:
        assert fields[field.name] == field.value(field.edges[1])


def test_each_field_is_found_whatever_else_is_sent(family: Any) -> None:
    drawn = random.Random(family.name)
    for _ in range(500):
        present = drawn.sample(family.numbers, drawn.randint(1, len(family.numbers)))
        integers = {field.name: drawn.randint(*field.edges) for field in present}
        expected = {field.name: field.value(integers[field.name]) for field in present}
        assert read(family, integers).fields == expected


def test_a_report_of_nothing_but_faults_is_a_reading(family: Any) -> None:
    reading = read(family, {field.name: field.sentinel for field in family.numbers})
    assert reading.fields == {}
    assert reading.faults == tuple(field.name for field in family.numbers)


def test_faults_and_impossible_values_are_in_the_order_of_the_payload(families: Any) -> None:
    integers = {"pm10_ug_m3": 65000, "no2_ppb": 65000, "noise_dba": 255, "battery_v": 65535}
    reading = read(families["air_quality"], integers | {"co2_ppm": 400})
    assert reading.fields == {"co2_ppm": 400.0}
    assert reading.faults == ("noise_dba", "battery_v")
    assert reading.out_of_range == ("pm10_ug_m3", "no2_ppb")
