"""Guards the channels of a controller under the names of a map."""

from collections.abc import Callable

import pytest

from decoders.contract import Decoder, DecodeRefused

Read = Callable[[str], Decoder]

METER = """
measurement = "energy"
inside = "milesight_uc300"
[[channel]]
number = 1
quantity = "voltage_v"
scale = 0.1
fault = 0xffff
[[channel]]
number = 32
name = "pump_bar"
unit = "bar"
"""


def test_channels_get_their_names_and_the_rest_stays(read: Read) -> None:
    payload = bytes.fromhex("030001 ff19000202f908 ff191f020205 00 ff190202020b00")
    readings = read(METER).decode(85, payload, None)
    assert [(r.measurement, dict(r.fields)) for r in readings] == [
        ("io", {"di1": True, "modbus_3": 11.0}),
        ("energy", {"voltage_v": 229.7, "pump_bar": 5.0}),
    ]


def test_nothing_but_channels_is_one_reading(read: Read) -> None:
    (reading,) = read(METER).decode(85, bytes.fromhex("ff19000202f908"), None)
    assert (reading.measurement, reading.fields) == ("energy", {"voltage_v": 229.7})


def test_a_channel_that_could_not_be_read_is_a_fault_of_its_quantity(read: Read) -> None:
    (reading,) = read(METER).decode(85, bytes.fromhex("ff1500"), None)
    assert (reading.measurement, reading.faults) == ("energy", ("voltage_v",))
    (reading,) = read(METER).decode(85, bytes.fromhex("ff19000202ffff"), None)
    assert reading.faults == ("voltage_v",)


def test_what_the_controller_refuses_is_refused(read: Read) -> None:
    with pytest.raises(DecodeRefused) as refused:
        read(METER).decode(85, bytes.fromhex("ff19000202f9"), None)
    assert refused.value.reason == "wrong_length"


def test_the_decoder_says_what_it_can_measure(read: Read) -> None:
    names = {quantity.name for quantity in read(METER).quantities}
    assert {"voltage_v", "pump_bar", "di1", "modbus_2"} <= names
    assert not {"modbus_1", "modbus_32"} & names
