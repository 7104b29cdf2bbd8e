"""What is taken over of a network server's own values: flattened, floats, bounded, under the lock of types."""

from typing import Any

import msgspec
import pytest

from decoders.contract import DecodeRefused
from decoders.normalise.fields import FIELDS_MAX
from decoders.normalise.flatten import DEPTH_MAX
from decoders.normalise.profile_file import parse_profile
from gateway.pipeline.server_object import ServerObjects
from tests.pipeline_bench import NEAR, START_S, device_of, event_of, heard_by, who

ONE = who()
DEVICE = device_of(ONE, decoder="network_server", measurement="room")


def taken(text: bytes, types: dict[tuple[str, str], str] | None = None) -> Any:
    event = event_of(ONE, 1, b"\x01", START_S, object_json=text)
    (decoded,) = ServerObjects(types or {}).decoded(DEVICE, event)
    assert decoded.measurement == "room"
    assert decoded.time is None
    return dict(decoded.fields)


def refused(text: bytes | None, types: dict[tuple[str, str], str] | None = None) -> str:
    event = event_of(ONE, 1, b"\x01", START_S, object_json=text)
    with pytest.raises(DecodeRefused) as caught:
        ServerObjects(types or {}).decoded(DEVICE, event)
    return str(caught.value.reason)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (b'{"t": 21, "ok": true, "name": "x"}', {"t": 21.0, "ok": True, "name": "x"}),
        (b'{"a": {"b": 1, "c": [2, {"d": 3}]}}', {"a_b": 1.0, "a_c_0": 2.0, "a_c_1_d": 3.0}),
        (b'{"CO2 (ppm)": 400, "-x-": 1}', {"CO2_ppm": 400.0, "x": 1.0}),
        (b'{"time": 5, "in": {"time": 6}}', {"time_": 5.0, "in_time": 6.0}),
        (b'{"a": null, "b": [], "c": {}, "d": 0}', {"d": 0.0}),
        (b"7.5", {"value": 7.5}),
        (b"[1, 2]", {"0": 1.0, "1": 2.0}),
        (b'{"huge": 1' + b"0" * 400 + b', "d": 1}', {"d": 1.0}),
        (b'{"big": 18446744073709551616}', {"big": 18446744073709551616.0}),
    ],
)
def test_objects_become_flat_fields(text: bytes, fields: dict[str, Any]) -> None:
    found = taken(text)
    assert found == fields
    assert [type(value) for value in found.values()] == [type(v) for v in fields.values()]


def test_long_names_and_texts_are_cut() -> None:
    ((name, value),) = taken(msgspec.json.encode({"n" * 100: "v" * 5000})).items()
    assert (len(name), len(value)) == (64, 1024)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no_decoder"),
        (b"", "malformed"),
        (b'{"a": ', "malformed"),
        (b'{"a": NaN}', "malformed"),
        (b'{"a": 1e999}', "malformed"),
        (b'{"a": "\xff"}', "malformed"),
        (b"[" * 100_000 + b"]" * 100_000, "malformed"),
        (b"{}", "codec_error"),
        (b'{"a": null}', "codec_error"),
        (b'{"a":' * (DEPTH_MAX + 1) + b"1" + b"}" * (DEPTH_MAX + 1), "codec_error"),
        (msgspec.json.encode(dict.fromkeys(map(str, range(FIELDS_MAX + 1)), 1)), "codec_error"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_reason(text: bytes | None, reason: str) -> None:
    assert refused(text) == reason


def test_the_deepest_and_widest_objects_are_taken() -> None:
    assert len(taken(msgspec.json.encode(dict.fromkeys(map(str, range(FIELDS_MAX)), 1)))) == 64
    assert taken(b'{"a":' * DEPTH_MAX + b"1" + b"}" * DEPTH_MAX) == {"_".join("a" * DEPTH_MAX): 1.0}


def test_a_field_keeps_the_type_it_had_first() -> None:
    types = {("room", "door"): "bool", ("hall", "name"): "float"}
    assert refused(b'{"door": 1}', types) == "type_conflict"
    assert taken(b'{"door": false, "name": "x"}', types) == {"door": False, "name": "x"}


def test_a_profile_says_what_the_values_mean() -> None:
    profile = parse_profile('[fields]\nt = "temperature_c"\n[records.log]\ntime = "at"\n')
    device = device_of(ONE, decoder="network_server", measurement="room", profile=profile)
    text = b'{"t": 21.5, "humidity": 40, "log": [{"at": %d, "t": 20}]}' % (START_S - 60)
    event = event_of(ONE, 1, b"\x01", START_S, object_json=text)
    own, logged = ServerObjects({}).decoded(device, event, START_S * 10**9)
    assert dict(own.fields) == {"temperature_c": 21.5, "humidity_pct": 40.0}
    assert dict(logged.fields) == {"temperature_c": 20.0}
    assert logged.time is not None
    assert logged.time.timestamp() == START_S - 60


def test_without_a_profile_names_stay_as_the_server_has_them() -> None:
    fields = {"TempC_SHT": 21.0, "humidity": 40.0, "door": "open", "history_0_t": 1.0}
    text = b'{"TempC_SHT": 21, "humidity": 40, "door": "open", "history": [{"t": 1}]}'
    assert taken(text) == fields


def test_a_raw_frame_carries_no_values_to_take_over() -> None:
    with pytest.raises(DecodeRefused, match="no_decoder"):
        ServerObjects({}).decoded(DEVICE, heard_by(NEAR, START_S, b"\x01"))
