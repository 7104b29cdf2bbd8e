"""What two devices may not share: the second one is told, with the place of the first."""

from collections.abc import Callable

import pytest

from gateway.config import Config
from gateway.errors import ConfigError

Loaded = Callable[..., Config]
Faults = Callable[..., list[ConfigError]]

GATEWAY = '[gateway]\ndevices = "devices.toml"\n[[sources.semtech_udp]]\n'


def abp(name: str, address: str = "260b1a2c", key: str = "1" * 32) -> str:
    keys = f'dev_addr = "{address}"\nnwk_s_key = "{key}"\napp_s_key = "{key}"\n'
    return f'[[device]]\nname = "{name}"\n{keys}'


def plain(name: str, known_by: str, source: str = "semtech_udp") -> str:
    return f'[[device]]\nname = "{name}"\nsource = "{source}"\n{known_by}\n'


def events(name: str, eui: int) -> str:
    return f'[[device]]\nname = "{name}"\ndev_eui = "{eui:016x}"\n'


@pytest.mark.parametrize(
    ("devices", "key"),
    [
        (events("a", 1) + events("a", 2), "name"),
        (events("a", 1) + events("b", 1), "dev_eui"),
        (abp("a") + abp("b"), "nwk_s_key"),
        (plain("a", "address = 1") + plain("b", "address = 1"), "address"),
        (
            plain("a", 'payload_prefix = "a1"') + plain("b", 'payload_prefix = "a1"'),
            "payload_prefix",
        ),
        (
            plain("a", 'payload_prefix = "a1"') + plain("b", 'payload_prefix = "a1b2"'),
            "payload_prefix",
        ),
        (
            plain("a", 'payload_prefix = "a1b2"') + plain("b", 'payload_prefix = "a1"'),
            "payload_prefix",
        ),
    ],
)
def test_the_second_of_two_alike_is_told(faults: Faults, devices: str, key: str) -> None:
    (fault,) = faults(GATEWAY, devices=devices)
    assert fault.key == f"device[1].{key}"
    assert "device[0]" in fault.remedy


def test_what_differs_may_stand_together(loaded: Loaded) -> None:
    found = loaded(
        GATEWAY + '[[sources.semtech_udp]]\nlisten = "127.0.0.1:1701"',
        devices=abp("a")
        + abp("b", key="2" * 32)
        + abp("c", address="260b1a2d")
        + plain("d", "address = 0")
        + plain("e", "address = 1")
        + plain("f", "address = 1", source="semtech_udp-2")
        + plain("g", 'payload_prefix = "a1b2"')
        + plain("h", 'payload_prefix = "a1b3"')
        + plain("i", 'payload_prefix = "a1"', source="semtech_udp-2"),
    ).devices
    assert len(found) == 9


def test_address_zero_is_an_address(faults: Faults) -> None:
    (fault,) = faults(GATEWAY, devices=plain("a", "address = 0") + plain("b", "address = 0"))
    assert fault.key == "device[1].address"


def test_at_most_thirty_two_share_a_dev_addr(loaded: Loaded, faults: Faults) -> None:
    crowd = "".join(abp(f"d{i}", key=f"{i:032x}") for i in range(32))
    assert len(loaded(devices=crowd).devices) == 32
    (fault,) = faults(devices=crowd + abp("one more", key="f" * 32))
    assert fault.key == "device[32].dev_addr"
    assert "more than 32 devices" in fault.remedy
