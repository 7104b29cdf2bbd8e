"""A device as a value: its keys never show, and how it is reached follows from what it has."""

import dataclasses

import pytest

from gateway.device import KEY_NAMES, Device, DeviceKeys

PLANTED = bytes.fromhex("5ec2e7" * 5 + "5e")


def test_no_text_of_a_device_shows_a_key() -> None:
    keys = DeviceKeys(**dict.fromkeys(KEY_NAMES, PLANTED))
    device = Device(name="a", keys=keys)
    shown = f"{device} {device!r} {keys} {keys!r} {[device]}"
    assert repr(PLANTED) not in shown
    assert PLANTED.hex() not in shown


def test_a_device_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Device(name="a").name = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("device", "activation"),
    [
        (Device(name="a", source="lora", address=17), "plain"),
        (Device(name="a", dev_addr="260b1a2c", keys=DeviceKeys(nwk_s_key=PLANTED)), "abp"),
        (Device(name="a", dev_eui="70b3d57ed0000001", keys=DeviceKeys(app_key=PLANTED)), "otaa"),
        (Device(name="a", dev_eui="70b3d57ed0000001", keys=DeviceKeys(nwk_key=PLANTED)), "otaa"),
        (Device(name="a", dev_eui="70b3d57ed0000001"), "events"),
    ],
)
def test_activation_follows_from_what_a_device_has(device: Device, activation: str) -> None:
    assert device.activation == activation


def test_the_newer_session_is_known_by_its_keys() -> None:
    assert Device(name="a", keys=DeviceKeys(f_nwk_s_int_key=PLANTED)).lorawan_1_1
    assert not Device(name="a", keys=DeviceKeys(nwk_s_key=PLANTED)).lorawan_1_1
