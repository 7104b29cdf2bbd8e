"""Guards the normalized payload of The Things Stack: its paths, its types, what spoils it."""

from typing import Any

import pytest

from decoders.normalise.things_stack import BY_PATH, Measured, measurements

SCHEMA = {
    "battery", "air.location", "air.temperature", "air.relativeHumidity", "air.pressure", "air.co2",
    "air.lightIntensity", "wind.speed", "wind.direction", "rain.intensity", "rain.cumulative", "soil.depth",
    "soil.moisture", "soil.temperature", "soil.ec", "soil.pH", "soil.n", "soil.p", "soil.k", "water.leak",
    "water.temperature.current", "metering.water.total", "action.motion.detected", "action.motion.count",
    "action.contactState", "position.latitude", "position.longitude",
}  # fmt: skip
"""Every path of the schema of 2026-04-14 but `time` and the statistics of the water's temperature."""


def test_every_path_of_the_schema_has_its_quantity() -> None:
    assert set(BY_PATH) == SCHEMA


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"air": {"temperature": 21, "location": "indoor"}}, {"temperature_c": 21.0, "air_location": "indoor"}),
        ({"battery": 3.1, "water": {"leak": True}}, {"battery_v": 3.1, "leak": True}),
        ({"water": {"leak": "no leak"}}, {"leak": False}),
        ({"action": {"contactState": "open", "motion": {"detected": False, "count": 0}}},
         {"door_open": True, "motion": False, "motion_count": 0.0}),
        ({"water": {"temperature": {"min": 1, "current": 5}}}, {"water_temperature_c": 5.0}),
        ({"position": {"latitude": -6.2, "longitude": 106.8}}, {"latitude_deg": -6.2, "longitude_deg": 106.8}),
    ],
)  # fmt: skip
def test_a_measurement_becomes_fields_of_the_vocabulary(given: Any, fields: dict[str, Any]) -> None:
    assert measurements(given) == (Measured(None, fields, ()),)


def test_a_number_out_of_range_spoils_itself_alone() -> None:
    given = {"air": {"temperature": 21, "relativeHumidity": 250}}
    assert measurements(given) == (Measured(None, {"temperature_c": 21.0}, ("humidity_pct",)),)


def test_several_measurements_keep_their_times() -> None:
    rows = measurements([{"time": "2026-11-22T12:00:00Z", "battery": 3}, {"battery": 3.1}])
    assert rows is not None
    assert [row.time for row in rows] == ["2026-11-22T12:00:00Z", None]


@pytest.mark.parametrize(
    "given",
    [
        None, 5, "x", [], {}, [{}], {"air": {}}, {"air": {"smell": 1}}, {"battery": "3.1"}, {"battery": True},
        {"battery": None}, {"air": 5}, {"water": {"leak": 1}}, {"water": {"leak": "perhaps"}},
        {"time": 5, "battery": 3},
        {"action": {"contactState": "ajar"}}, [{"battery": 3}, {"battery": "x"}], {"air": {"temperature": [21]}},
    ],
)  # fmt: skip
def test_anything_else_spoils_all_of_it(given: Any) -> None:
    assert measurements(given) is None
