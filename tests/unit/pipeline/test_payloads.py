"""Guards which decoder a payload is for: a built-in one by name, a register map of the device's own, or none."""

from datetime import UTC, datetime
from typing import Any

import pytest

from decoders.contract import DecodeRefused
from decoders.register_map.loading import decoder_of
from decoders.registry import DECODERS
from gateway.device import Device
from gateway.pipeline.payloads import Payloads

MAP = decoder_of(
    {
        "measurement": "energy",
        "f_port": 2,
        "layout": [
            {
                "length": 2,
                "value": [{"quantity": "voltage_v", "type": "u16", "offset": 0, "scale": 0.1}],
            }
        ],
    },
    "/maps/meter.toml",
)
HEARD: Any = None  # only a network server's values are taken from it
JANUARY_NS = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 10**9


@pytest.fixture
def payloads() -> Payloads:
    nobody: Any = None
    return Payloads(DECODERS, nobody)


def reason(payloads: Payloads, device: Device, f_port: int | None, payload: str) -> str:
    with pytest.raises(DecodeRefused) as refused:
        payloads.decoded(device, f_port, bytes.fromhex(payload), HEARD, None)
    return refused.value.reason


def test_a_device_with_a_register_map_is_decoded_by_it(payloads: Payloads) -> None:
    meter = Device(name="meter", decoder=MAP.name, register_map=MAP)
    (reading,) = payloads.decoded(meter, 2, bytes.fromhex("08f9"), HEARD, None) or ()
    assert (reading.measurement, reading.fields) == ("energy", {"voltage_v": 229.7})
    assert reason(payloads, meter, 3, "08f9") == "wrong_port"
    assert reason(payloads, meter, 2, "08") == "wrong_length"


def test_a_device_is_decoded_by_the_decoder_of_its_name(payloads: Payloads) -> None:
    office = Device(name="office", decoder="milesight_am307")
    (reading,) = payloads.decoded(office, 85, bytes.fromhex("0367e600"), HEARD, None) or ()
    assert reading.fields == {"temperature_c": 23.0}


def test_stored_times_are_judged_by_the_uplinks_time_once_that_is_trusted(
    payloads: Payloads,
) -> None:
    office = Device(name="office", decoder="milesight_em300_th")
    stored = bytes.fromhex("20ce00b95569e60064")  # 2026-01-01T00:00:00Z
    for time_ns in (None, JANUARY_NS):
        (reading,) = payloads.decoded(office, 85, stored, HEARD, time_ns) or ()
        assert reading.time == datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(DecodeRefused, match="clock_not_set"):
        payloads.decoded(office, 85, stored, HEARD, JANUARY_NS - 301 * 10**9)


def test_a_device_without_a_decoder_or_a_port_is_refused(payloads: Payloads) -> None:
    assert reason(payloads, Device(name="new"), 1, "00") == "no_decoder"
    assert reason(payloads, Device(name="plain", decoder="energy"), None, "00") == "wrong_port"
