"""Guards the promise of normalisation with random JSON: valid fields or `DecodeRefused`, the same ones each time.

Keys are drawn from words that codecs use, so that spellings, units, records and collisions come up.
"""

import math
import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.contract import Decoded, DecodeRefused
from decoders.normalise import AS_GIVEN, Normalised, Normaliser, Profile
from decoders.normalise.fields import FIELDS_MAX
from decoders.normalise.names import RESERVED
from decoders.quantities import quantity_named

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
WORDS = [
    "temperature", "Temp", "TempC_SHT", "battery", "BatV", "battery_voltage", "unit", "value", "data",
    "history", "samples", "messages", "timestamp", "date", "variable", "name", "measurementId",
    "measurementValue", "time", "device", "door", "door_open", "motion", "tamper", "relay1", "current_l1",
    "air", "water", "leak", "pressure", "temperature_unit", "faults", "PM2.5", "Überschuss", "电池", "",
    "a-b", "a_b", "__proto__", "n" * 90, "di1_status", "firmware", "appKey",
]  # fmt: skip
TEXTS = ["open", "closed", "yes", "ON", "22.5", "25 °C", "3.3(low)", "NULL", "", "°C", "V", "%", "temperature",
         "2026-11-22T11:00:00Z", "2023-07-19T07:51:25.508306410Z", "1763811000"]  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(TEXTS)
    | st.integers(1_700_000_000, 1_800_000_000) | st.just(10**400)
)  # fmt: skip
KEYS = st.sampled_from(WORDS) | st.text(max_size=12)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=40,
)
PROFILES = (None, AS_GIVEN, Profile(others="drop"), Profile(drop=("history", "*.date")))


def check(reading: Decoded, strict_names: bool) -> None:
    assert reading.fields or reading.faults or reading.out_of_range
    assert len(reading.fields) <= FIELDS_MAX
    assert reading.time is None or reading.time.tzinfo is not None
    for name, value in reading.fields.items():
        assert 1 <= len(name) <= 64
        assert re.fullmatch(r"[a-z0-9_]+" if strict_names else r"[A-Za-z0-9_]+", name)
        assert type(value) in (float, bool, str)
        if isinstance(value, float):
            assert math.isfinite(value)
        if strict_names:
            assert name not in RESERVED
            check_quantity(name, value)


def check_quantity(name: str, value: object) -> None:
    """What bears a name of the vocabulary has its type and a possible value."""
    quantity = quantity_named(name)
    if quantity is None:
        return
    assert type(value).__name__ == quantity.type
    if isinstance(value, float):
        assert quantity.low is not None
        assert quantity.high is not None
        assert quantity.low <= value <= quantity.high


def outcome(normaliser: Normaliser, data: object, normalized: object) -> Normalised | str:
    try:
        return normaliser.readings(data, normalized, NOW)
    except DecodeRefused as refused:
        return str(refused)


@settings(max_examples=120)
@given(JSON, st.none() | JSON)
def test_any_json_gives_valid_fields_or_is_refused(data: object, normalized: object) -> None:
    for profile in PROFILES:
        found = outcome(Normaliser(profile, "sensor"), data, normalized)
        if isinstance(found, Normalised):
            for reading in found.readings:
                check(reading, profile is not AS_GIVEN)


@settings(max_examples=50)
@given(JSON, JSON)
def test_the_same_output_gives_the_same_readings_whatever_came_between(
    data: object, other: object
) -> None:
    normaliser = Normaliser(None, "sensor")
    first = outcome(normaliser, data, None)
    outcome(normaliser, other, other)
    assert outcome(normaliser, data, None) == first
    assert outcome(Normaliser(None, "sensor"), data, None) == first


@settings(max_examples=100)
@given(JSON)
def test_a_field_of_the_vocabulary_given_again_stays_as_it_is(data: object) -> None:
    """Its name is its own spelling, its value possible, its type right."""
    found = outcome(Normaliser(None, "sensor"), data, None)
    readings = found.readings if isinstance(found, Normalised) else ()
    for name, value in (field for reading in readings for field in reading.fields.items()):
        if quantity_named(name) is not None:
            again = outcome(Normaliser(None, "sensor"), {name: value}, None)
            assert isinstance(again, Normalised)
            assert dict(again.readings[0].fields) == {name: value}
