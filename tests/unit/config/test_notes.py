"""What is right but may not be expected: each note appears with its cause and not without it."""

from collections.abc import Callable

import pytest

from gateway.config import Config

Loaded = Callable[..., Config]

UDP = "[[sources.semtech_udp]]\n"
INFLUX = '[[sinks.influxdb]]\nurl = "http://127.0.0.1:8086"\ndatabase = "city"\n'
KEY = "1" * 32
ABP = f'dev_addr = "260b1a2c"\nnwk_s_key = "{KEY}"\napp_s_key = "{KEY}"\ndecoder = "energy"\n'
HEAD = '[gateway]\ndevices = "devices.toml"\n'


def noted(config: Config, words: str) -> bool:
    return any(words in note for note in config.warnings)


def test_an_ordinary_configuration_has_nothing_to_note(loaded: Loaded) -> None:
    assert loaded(HEAD + UDP + INFLUX, devices=f'[[device]]\nname = "a"\n{ABP}').warnings == ()


def test_a_configuration_without_ways_in_and_out(loaded: Loaded) -> None:
    assert noted(loaded(), "nothing will be heard")
    assert noted(loaded(), "embedded store only")
    assert noted(loaded(), "no devices are configured")
    assert not noted(loaded(), "and decoded once")  # nothing decodes old frames by itself


@pytest.mark.parametrize(
    ("listen", "open_to_others"),
    [
        ("127.0.0.1:1700", False),
        ("[::1]:1700", False),
        ("0.0.0.0:1700", True),
        ("[::]:1700", True),
        ("192.168.1.2:1700", True),
    ],
)
def test_a_listener_that_others_can_reach(
    loaded: Loaded, listen: str, open_to_others: bool
) -> None:
    assert noted(loaded(f'{UDP}listen = "{listen}"'), "other machines can reach") is open_to_others


def test_devices_that_this_version_cannot_hear_or_decode(loaded: Loaded, tmp_path: object) -> None:
    (tmp_path / "c.js").touch()  # type: ignore[operator]
    config = loaded(
        HEAD + UDP + INFLUX,
        devices=f"""
        [[device]]
        name = "joins"
        dev_eui = "70b3d57ed0000001"
        join_eui = "70b3d57ed0000001"
        app_key = "{KEY}"
        decoder = "energy"
        [[device]]
        name = "elsewhere"
        dev_eui = "70b3d57ed0000002"
        decoder = "network_server"
        [[device]]
        name = "script"
        dev_addr = "00000001"
        nwk_s_key = "{KEY}"
        app_s_key = "{KEY}"
        decoder = "./c.js"
        [[device]]
        name = "mute"
        dev_addr = "00000002"
        nwk_s_key = "{KEY}"
        app_s_key = "{KEY}"
        """,
    )
    assert noted(config, "1 device (joins) by OTAA")
    assert noted(config, "1 device (elsewhere) only through a network server, but no MQTT source")
    assert not noted(config, "script")
    assert noted(config, "1 device (mute) without a decoder")
    assert len(config.warnings) == 3


def test_many_devices_are_counted_and_a_few_named(loaded: Loaded) -> None:
    devices = "".join(
        f'[[device]]\nname = "d{i}"\ndev_addr = "{i:08x}"\nnwk_s_key = "{KEY}"\napp_s_key = "{KEY}"\n'
        for i in range(7)
    )
    config = loaded(HEAD + UDP + INFLUX, devices=devices)
    assert noted(config, "7 devices (d0, d1, d2, d3, d4, ...) without a decoder")
