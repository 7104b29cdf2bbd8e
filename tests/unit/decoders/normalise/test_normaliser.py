"""Guards the whole way of an output: readings, records with times, preference, collisions, limits, refusals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from decoders.contract import Decoded, DecodeRefused
from decoders.normalise import AS_GIVEN, Mapped, Normalised, Normaliser, Profile
from decoders.normalise.fields import FIELDS_MAX
from decoders.normalise.normaliser import READINGS_MAX, TARGETS_KEPT
from decoders.normalise.profile_file import parse_profile

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = 3600
NOW_S = int(NOW.timestamp())


def output(
    data: Any, profile: Profile | None = None, normalized: Any = None, at: datetime | None = NOW
) -> Normalised:
    return Normaliser(profile, "room").readings(data, normalized, at)


def fields(data: Any, profile: Profile | None = None, normalized: Any = None) -> dict[str, Any]:
    (reading,) = output(data, profile, normalized).readings
    return dict(reading.fields)


def refused(data: Any, profile: Profile | None = None, at: datetime | None = NOW) -> str:
    with pytest.raises(DecodeRefused) as caught:
        output(data, profile, at=at)
    return str(caught.value)


def test_an_output_is_a_reading_of_the_devices_measurement() -> None:
    assert output({"temperature": 21, "note": "x"}).readings == (
        Decoded(measurement="room", fields={"temperature_c": 21.0, "note": "x"}),
    )


def test_what_is_faulty_or_impossible_is_listed_and_is_no_value() -> None:
    (reading,) = output({"temperature": "NULL", "humidity": 127.5, "co2": 500}).readings
    assert dict(reading.fields) == {"co2_ppm": 500.0}
    assert (reading.faults, reading.out_of_range) == (("temperature_c",), ("humidity_pct",))


def test_a_report_of_faults_alone_is_a_reading() -> None:
    (reading,) = output({"temperature": "error"}).readings
    assert (reading.fields, reading.faults) == ({}, ("temperature_c",))


def test_what_is_in_no_reading_is_told_with_its_reason() -> None:
    found = output({"a": None, "b": float("nan"), "appKey": "00" * 16, "c": 1})
    assert [(one.path, one.why.partition(",")[0]) for one in found.dropped] == [
        ("a", "null"), ("b", "not a finite number"), ("appKey", "the profile drops it"),
    ]  # fmt: skip
    assert found.mapped == (Mapped("c", "c", False),)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"temperature": 1, "Temp": 2}, {"temperature_c": 1.0, "temp": 2.0}),
        ({"Temp": 2, "temperature_c": 1}, {"temp": 2.0, "temperature_c": 1.0}),
        ({"a-b": 1, "a_b": 2, "a b": 3}, {"a_b": 1.0, "a_b_dup2": 2.0, "a_b_dup3": 3.0}),
        ({"door_open": True, "Door Open": False}, {"door_open": True, "door_open_dup2": False}),
    ],
)  # fmt: skip
def test_two_values_never_share_a_name_and_none_is_lost(data: Any, named: dict[str, Any]) -> None:
    assert fields(data) == named


def test_records_have_their_own_times() -> None:
    data = {
        "battery": 90,
        "history": [
            {"timestamp": NOW_S - HOUR, "temperature": 20},
            {"timestamp": (NOW_S - 2 * HOUR) * 1000, "temperature": 19},
        ],
    }
    now, first, second = output(data).readings
    assert (now.time, dict(now.fields)) == (None, {"battery": 90.0})
    assert (first.time, dict(first.fields)) == (NOW - timedelta(hours=1), {"temperature_c": 20.0})
    assert (second.time, dict(second.fields)) == (NOW - timedelta(hours=2), {"temperature_c": 19.0})


def test_records_of_one_time_are_kept_apart() -> None:
    data = {"pins": [{"ts": NOW_S - HOUR, "state": "high"}, {"ts": NOW_S - HOUR, "state": "low"}]}
    one, other = output(data).readings
    assert one.time is not None
    assert other.time == one.time + timedelta(milliseconds=1)


def test_a_record_whose_time_cannot_be_true_is_left_out_and_told() -> None:
    data = {"t": 1, "history": [{"timestamp": 5, "t": 2}, {"timestamp": NOW_S - HOUR, "t": 3}]}
    found = output(data)
    assert [dict(reading.fields) for reading in found.readings] == [{"t": 1.0}, {"t": 3.0}]
    (dropped,) = found.dropped
    assert dropped.path == "history.1.t"
    assert "1970-01-01" in dropped.why


def test_only_records_with_impossible_times_are_refused() -> None:
    data = {"history": [{"timestamp": 5, "t": 2}]}
    assert refused(data).startswith("clock_not_set: 1970-01-01")
    assert refused(data, at=None).startswith("clock_not_set: 1970-01-01")


def test_while_no_clock_is_trusted_times_of_this_century_are_taken() -> None:
    data = {"history": [{"timestamp": NOW_S - 400 * 24 * HOUR, "t": 2}]}
    assert refused(data).startswith("clock_not_set")
    assert len(output(data, at=None).readings) == 1


def test_samples_with_the_time_of_reception_are_the_messages_own() -> None:
    data = {
        "samples": [{"variable": "temperature", "value": 21, "date": "2026-11-22T12:00:00.000Z"}]
    }
    (reading,) = output(data).readings
    assert (reading.time, dict(reading.fields)) == (None, {"temperature_c": 21.0})


def test_a_profile_names_the_time_of_the_whole_message() -> None:
    profile = parse_profile('time = "at"\n')
    (reading,) = output({"at": NOW_S - 60, "t": 1}, profile).readings
    assert (reading.time, dict(reading.fields)) == (NOW - timedelta(minutes=1), {"t": 1.0})
    found = output({"at": 5, "t": 1}, profile)
    assert found.readings[0].time is None
    assert found.dropped[0].path == "at"


def test_messages_of_numbered_measurements_are_one_reading() -> None:
    data = {
        "messages": [[
            {"type": "report_telemetry", "measurementId": 4097, "measurementValue": 21.4},
            {"type": "report_telemetry", "measurementId": "4098", "measurementValue": 31.4},
            {"type": "upload_battery", "battery_percentage": 100},
        ]]
    }  # fmt: skip
    assert fields(data) == {
        "temperature_c": 21.4, "humidity_pct": 31.4, "type": "upload_battery", "battery_pct": 100.0,
    }  # fmt: skip


def test_the_normalized_payload_is_preferred_and_the_rest_is_kept() -> None:
    data = {"TempC_SHT": "21.54", "BatV": 3.1, "pm2_5": 12}
    normalized = {"air": {"temperature": 21.5}, "battery": 3.1}
    assert fields(data, normalized=normalized) == {
        "temperature_c": 21.5, "battery_v": 3.1, "temp_c_sht": "21.54", "bat_v": 3.1, "pm2_5_ug_m3": 12.0,
    }  # fmt: skip


def test_a_normalized_payload_that_is_not_of_the_schema_is_ignored() -> None:
    for normalized in ({"air": {"smell": 5}}, {"battery": "full"}, [], 7, [{"battery": 3}, 5]):
        assert fields({"temperature": 20}, normalized=normalized) == {"temperature_c": 20.0}


def test_several_normalized_measurements_are_readings_with_their_times() -> None:
    normalized = [
        {"time": "2026-11-22T11:00:00Z", "soil": {"moisture": 30}},
        {"time": "2026-11-22T11:30:00Z", "soil": {"moisture": 400}},
    ]
    first, second = output({"moisture": [30, 400]}, normalized=normalized).readings
    assert (first.time, dict(first.fields)) == (
        NOW - timedelta(hours=1),
        {"soil_moisture_pct": 30.0},
    )
    assert second.out_of_range == ("soil_moisture_pct",)


def test_a_profile_can_ignore_the_normalized_payload() -> None:
    profile = parse_profile('normalized = "ignore"\n')
    assert fields({"temperature": 20}, profile, {"air": {"temperature": 5}}) == {
        "temperature_c": 20.0
    }


def test_a_profile_comes_before_spellings_and_leaves_out_what_it_is_told() -> None:
    profile = parse_profile(
        'drop = ["raw", "h"]\n[fields]\nTemp = "soil_temperature_c"\n"a.*" = "ai{}_v"\n'
    )
    data = {
        "Temp": 12,
        "raw": {"x": 1},
        "h": [{"ts": NOW_S, "t": 1}],
        "a": {"1": 3, "2": 4},
        "co2": 500,
    }
    assert fields(data, profile) == {
        "soil_temperature_c": 12.0, "ai1_v": 3.0, "ai2_v": 4.0, "co2_ppm": 500.0,
    }  # fmt: skip
    only = parse_profile('others = "drop"\n[fields]\nTemp = "soil_temperature_c"\n')
    assert fields(data, only) == {"soil_temperature_c": 12.0}


def test_a_message_that_the_profile_drops_entirely_is_no_fault() -> None:
    assert output({"raw": 1}, parse_profile('drop = ["raw"]\n')).readings == ()


def test_as_given_nothing_is_renamed_or_converted() -> None:
    data = {"TempC": "21", "t": {"value": 1, "unit": "V"}, "history": [{"timestamp": 5, "t": 2}]}
    assert fields(data, AS_GIVEN) == {
        "TempC": "21", "t_value": 1.0, "t_unit": "V", "history_0_timestamp": 5.0, "history_0_t": 2.0,
    }  # fmt: skip


@pytest.mark.parametrize("data", [{}, [], None, {"a": None}, {"a": {}}, {"a": []}])
def test_an_output_without_values_is_refused(data: Any) -> None:
    assert refused(data) == "codec_error: the output holds no values"


def test_more_than_a_reading_holds_is_refused_with_the_way_out() -> None:
    many = {f"v{number}": number for number in range(FIELDS_MAX + 1)}
    assert 'others = "drop"' in refused(many)
    assert len(fields(dict(list(many.items())[:FIELDS_MAX]))) == FIELDS_MAX


def test_more_records_than_a_payload_holds_are_refused() -> None:
    records = [{"ts": NOW_S - number, "t": 1} for number in range(READINGS_MAX + 1)]
    assert "records" in refused({"h": records})
    assert len(output({"h": records[:-1]}).readings) == READINGS_MAX


def test_a_codec_that_makes_up_keys_does_not_fill_the_memory() -> None:
    normaliser = Normaliser(None, "room")
    for number in range(TARGETS_KEPT + 10):
        normaliser.readings({f"k{number}": 1})
    assert len(normaliser._targets) <= TARGETS_KEPT
    normaliser = Normaliser(None, "room")
    (reading,) = normaliser.readings({"k" * 5000: 1}).readings
    assert dict(reading.fields) == {"k" * 64: 1.0}
    assert not normaliser._targets


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"battery": "90%"}, {"battery_pct": 90.0}),
        ({"battery": "3290 mV"}, {"battery_v": 3.29}),
        ({"power": "1.5 kW"}, {"active_power_w": 1500.0}),
        ({"battery": "3.3(low battery)"}, {"battery": "3.3(low battery)"}),
        ({"note": "90%"}, {"note": "90%"}),
        ({"battery": "90"}, {"battery": "90"}),
    ],
)
def test_a_unit_behind_the_number_in_a_text_is_a_unit_that_is_said(
    data: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert fields(data) == expected


def test_contacts_are_known_by_the_names_of_their_makers() -> None:
    said = {"magnet_status": "open", "tamper_status": "not installed", "gpio_input_1": "on"}
    said |= {"gpio_output_2": "off", "digital_input_2": "off", "digital_output_1": "off"}
    assert fields(said) == {
        "door_open": True,
        "tamper": True,
        "di1": True,
        "do2": False,
        "di2": False,
        "do1": False,
    }
