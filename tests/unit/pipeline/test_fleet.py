"""A frame finds its device: plain LoRa by address or first bytes, LoRaWAN by its keys, joins by DevEUI."""

from typing import Any

import pytest

from gateway.device import Device, DeviceKeys
from gateway.lorawan.region import region
from gateway.lorawan.unwrap import Join, Opened
from gateway.model import Radio
from gateway.pipeline.fleet import Fleet
from hil.simulators.joiner import Joiner
from hil.simulators.lorawan_node import Node11
from tests.pipeline_bench import NEAR, START_S, device_of, heard_by, who

KEYS_11 = {
    name: bytes([number]) * 16
    for number, name in enumerate(
        ("f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key", "app_s_key"), 1
    )
}
MODERN = Device(name="modern", dev_addr="0200aaaa", keys=DeviceKeys(**KEYS_11))


def plain(name: str, **more: Any) -> Device:
    return Device(
        **{"name": name, "source": "radio", "decoder": "air_quality", "f_port": 20, **more}
    )


def frame(phy: bytes, *, source: str = "radio", address: int | None = None) -> Any:
    return heard_by(NEAR, START_S, phy, source=source, address=address)


def found(fleet: Fleet, *args: Any, **more: Any) -> str | None:
    device = fleet.plain_device(frame(*args, **more))
    return None if device is None else device.name


def test_plain_devices_are_known_by_source_and_address_or_first_bytes() -> None:
    fleet = Fleet(
        [
            plain("seventeen", address=17),
            plain("zero", address=0),
            plain("prefix", payload_prefix=b"\xa1\xb2"),
            plain("elsewhere", payload_prefix=b"\xa1", source="other"),
        ],
        None,
    )
    assert found(fleet, b"\x01", address=17) == "seventeen"
    assert found(fleet, b"\x01", address=0) == "zero", "0 is an address"
    assert found(fleet, b"\xa1\xb2\x00") == "prefix"
    assert found(fleet, b"\xa1\xb2") == "prefix"
    assert found(fleet, b"\xa1", address=18) is None
    assert found(fleet, b"\x01") is None
    assert found(fleet, b"\xa1\xb2\x00", source="other") == "elsewhere"
    assert found(fleet, b"\xa1\xb2\x00", source="udp", address=17) is None


def test_devices_are_known_by_name_and_dev_eui_where_they_have_one() -> None:
    fleet = Fleet([device_of(who(1)), plain("p", address=1)], None)
    assert set(fleet.by_name) == {"air-01", "p"}
    assert set(fleet.by_dev_eui) == {who(1).dev_eui}


@pytest.mark.parametrize(("f_port", "payload"), [(20, b"hello"), (20, b"")])
def test_a_frame_that_was_authentic_is_opened_again(f_port: int, payload: bytes) -> None:
    fleet = Fleet([device_of(who())], None)
    fleet.lorawan()
    phy = who().node().uplink(70_000, f_port, payload)
    assert fleet.reopen(phy, 70_000, fleet.by_name["air-01"]) == (f_port, payload)


def test_mac_commands_are_no_payload() -> None:
    fleet = Fleet([device_of(who())], None)
    fleet.lorawan()
    node, device = who().node(), fleet.by_name["air-01"]
    assert fleet.reopen(node.uplink(1, 0, b"\x02"), 1, device) == (0, b"")
    assert fleet.reopen(node.uplink(2, None), 2, device) == (None, b"")


def test_what_no_key_opens_is_not_opened() -> None:
    fleet = Fleet([device_of(who()), Device(name="events", dev_eui="02" * 8)], None)
    fleet.lorawan()
    phy = who().node().uplink(1, 20, b"x")
    assert fleet.reopen(phy, 1, fleet.by_name["events"]) is None
    assert fleet.reopen(Joiner(7).request(), 1, fleet.by_name["air-01"]) is None


def test_sessions_and_joins_of_every_device_are_known() -> None:
    joiner = Joiner(7)
    row = joiner.row()
    otaa = Device(
        name="joiner", dev_eui=str(row["dev_eui"]), join_eui=str(row["join_eui"]),
        keys=DeviceKeys(app_key=bytes.fromhex(str(row["app_key"]))),
    )  # fmt: skip
    lorawan = Fleet([device_of(who()), otaa], None).lorawan()
    opened = lorawan.unwrap(who().node().uplink(3, 20, b"hi"), 0.0)
    assert isinstance(opened, Opened)
    assert (opened.device, opened.f_cnt, opened.payload) == ("air-01", 3, b"hi")
    join = lorawan.unwrap(joiner.request(), 0.0)
    assert isinstance(join, Join)
    assert (join.device, join.mic_ok) == ("joiner", True)


def test_the_data_rate_is_only_looked_up_where_a_mic_covers_it() -> None:
    radio = Radio(923_200_000, "LORA", 7, 125_000)
    as923 = region("AS923-1")
    assert Fleet([device_of(who())], as923).data_rate(radio) is None
    assert Fleet([MODERN], None).data_rate(radio) is None
    # RP002-1.0.3, AS923: DR5 is SF7 at 125 kHz.
    assert Fleet([MODERN], as923).data_rate(radio) == 5


def test_a_1_1_frame_opens_with_its_data_rate_and_any_channel() -> None:
    fleet = Fleet([MODERN], region("AS923-1"))
    node = Node11(dev_addr=MODERN.dev_addr, **KEYS_11)
    phy = node.uplink(4, 20, b"hello", tx_dr=5, tx_ch=6)
    opened = fleet.lorawan().unwrap(phy, 0.0, 5)
    assert isinstance(opened, Opened)
    assert opened.payload == b"hello"
    assert opened.mic_checked == "full"
    assert fleet.reopen(phy, 4, MODERN) == (20, b"hello")


def test_a_fleet_becomes_another_one() -> None:
    fleet = Fleet([plain("a", address=1), device_of(who(1))], region("AS923-1"))
    fleet.become([plain("b", address=1), device_of(who(2), dev_eui="")])
    assert found(fleet, b"x", address=1) == "b"
    assert set(fleet.by_name) == {"b", who(2).name}
    assert fleet.by_dev_eui == {}
    assert fleet.data_rate(Radio(923_200_000, "LORA", 10, 125_000)) is None
    fleet.become([MODERN])
    assert fleet.data_rate(Radio(923_200_000, "LORA", 10, 125_000)) is not None
    assert found(fleet, b"x", address=1) is None


def test_bytes_that_are_no_frame_are_not_opened_again() -> None:
    fleet = Fleet([device_of(who(1))], None)
    assert fleet.reopen(b"\x00short", 1, device_of(who(1))) is None
