"""The devices file: what each kind of device becomes, and for each mistake the key and a sentence without keys."""

import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.device import Device, DeviceKeys
from gateway.errors import ConfigError

Loaded = Callable[..., Config]
Faults = Callable[..., list[ConfigError]]

K1, K2, K3, K4 = (f"{digit}" * 32 for digit in "1234")
EUI = "70b3d57ed0000001"
ABP = f'dev_addr = "260b1a2c"\nnwk_s_key = "{K1}"\napp_s_key = "{K2}"\n'
UDP = "[[sources.semtech_udp]]\n"
PLAIN = f'[gateway]\ndevices = "devices.toml"\n{UDP}'


def device(body: str, name: str = "a") -> str:
    return f'[[device]]\nname = "{name}"\n{body}\n'


def test_a_device_with_a_session_of_its_own(loaded: Loaded) -> None:
    (found,) = loaded(
        devices=f"""
        [[device]]
        name = "aq-city-hall"
        dev_eui = "70-B3-D5-7E-D0-00-00-01"
        decoder = "air_quality"
        dev_addr = "260B1A2C"
        nwk_s_key = "{K1}"
        app_s_key = "{K2}"
        tags = {{ zone = "centre", area = "north" }}
        measurement = "sensor"
        expect_every = "15 min"
        f_cnt_reset = "accept_once"
        """
    ).devices
    assert found == Device(
        name="aq-city-hall",
        dev_eui=EUI,
        decoder="air_quality",
        dev_addr="260b1a2c",
        keys=DeviceKeys(nwk_s_key=b"\x11" * 16, app_s_key=b"\x22" * 16),
        tags=(("area", "north"), ("zone", "centre")),
        expect_every_s=900,
        f_cnt_reset="accept_once",
    )
    assert found.activation == "abp"


def test_a_device_of_the_newer_lorawan(loaded: Loaded) -> None:
    keys = (
        f'dev_addr = "260b1a2c"\nf_nwk_s_int_key = "{K1}"\ns_nwk_s_int_key = "{K2}"\n'
        f'nwk_s_enc_key = "{K3}"\napp_s_key = "{K4}"'
    )
    (found,) = loaded(devices=device(keys)).devices
    assert found.lorawan_1_1
    assert found.keys.nwk_s_enc_key == b"\x33" * 16


def test_a_device_that_joins(loaded: Loaded) -> None:
    body = f'dev_eui = "{EUI}"\njoin_eui = "0000000000000000"\napp_key = "{K1}"'
    (found,) = loaded(devices=device(body)).devices
    assert found.activation == "otaa"
    assert found.join_eui == "0000000000000000"


def test_a_device_whose_network_server_has_the_keys(loaded: Loaded) -> None:
    (found,) = loaded(devices=device(f'dev_eui = "{EUI}"\ndecoder = "network_server"')).devices
    assert found.activation == "events"
    assert found.keys == DeviceKeys()


def test_devices_without_lorawan(loaded: Loaded) -> None:
    by_address, by_prefix = loaded(
        PLAIN,
        devices=device('source = "semtech_udp"\naddress = 17\ndecoder = "energy"\nf_port = 30')
        + device('source = "semtech_udp"\npayload_prefix = "A1 b2"', name="b"),
    ).devices
    assert (by_address.activation, by_address.address, by_address.f_port) == ("plain", 17, 30)
    assert by_prefix.payload_prefix == b"\xa1\xb2"


def test_a_codec_is_found_beside_the_devices_file(loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "codecs").mkdir()
    (tmp_path / "codecs" / "am307.js").touch()
    (found,) = loaded(devices=device(f'dev_eui = "{EUI}"\ndecoder = "codecs/am307.js"')).devices
    assert found.decoder == "codecs/am307.js"
    assert found.codec_path == tmp_path / "codecs" / "am307.js"


FAULTS = [
    (f'dev_eui = "{EUI}"\ndecoder = "{"a" * 300}.js"', "decoder", "there is no codec at"),
    (
        f'dev_eui = "{EUI}"\ndecoder = "network_server"\nprofile = "{"a" * 300}.toml"',
        "profile",
        "there is no profile at",
    ),
    ("a = 1", "a", "unknown key; known here: address, app_key"),
    (f'dev_eui = "{EUI}"\ndev_adr = ""', "dev_adr", 'did you mean "dev_addr"?'),
    ('dev_eui = "70b3d57ed000001"', "dev_eui", "has 15 characters, 16 hex digits are needed"),
    ('dev_eui = "70b3d57ed000000g"', "dev_eui", "no hex digit"),
    ("dev_eui = 7003057900000001", "dev_eui", "write 16 hex digits in quotes"),
    (f'dev_eui = "{K1}"', "dev_eui", "as long as a key, look whether two lines are swapped"),
    (ABP.replace(K1, EUI), "nwk_s_key", "as long as an EUI"),
    (ABP.replace("260b1a2c", K1), "dev_addr", "has 32 characters, 8 hex digits are needed"),
    (ABP.replace(f'nwk_s_key = "{K1}"', ""), "nwk_s_key", "is missing; this session needs"),
    (ABP.replace(f'app_s_key = "{K2}"', ""), "app_s_key", "is missing; this session needs"),
    (ABP.replace('dev_addr = "260b1a2c"', ""), "dev_addr", "is missing; the session's keys"),
    (ABP + f'app_key = "{K3}"', "app_key", "is of OTAA"),
    (ABP + f'join_eui = "{EUI}"', "join_eui", "is of OTAA"),
    (ABP + f'f_nwk_s_int_key = "{K3}"', "nwk_s_key", "of LoRaWAN 1.0, but f_nwk_s_int_key of 1.1"),
    (ABP + "f_port = 2", "f_port", "is for plain LoRa only"),
    (f'dev_eui = "{EUI}"\napp_key = "{K1}"', "join_eui", "is missing; OTAA needs"),
    (f'join_eui = "{EUI}"\napp_key = "{K1}"', "dev_eui", "is missing; OTAA needs"),
    (f'dev_eui = "{EUI}"\njoin_eui = "{EUI}"\nnwk_key = "{K1}"', "app_key", "beside nwk_key"),
    ("", "dev_eui", "is missing, and so are a session"),
    (ABP + 'decoder = "air_qualty"', "decoder", 'did you mean "air_quality"?'),
    (ABP + 'decoder = "codecs/none.js"', "decoder", "there is no codec at"),
    (ABP + 'tags = { time = "a" }', "tags.time", "every point's own"),
    (ABP + 'tags = { "a b" = "a" }', 'tags."a b"', "letters, digits and _"),
    (ABP + 'tags = { _a = "a" }', "tags._a", "begin with _"),
    (ABP + 'tags = { gateway = "a" }', "tags.gateway", "sets that tag itself"),
    (ABP + 'tags = { faults = "a" }', "tags.faults", "is a field's name"),
    (ABP + "tags = { a = 1 }", "tags.a", "write it as text in quotes"),
    (ABP + 'tags = { a = "" }', "tags.a", "leave the tag out"),
    (ABP + 'tags = { a = "x\\ny" }', "tags.a", "control character"),
    (ABP + 'decoder = "energy"\ntags = { active_power_w = "a" }', "tags.active_power_w", "field"),
    (ABP + 'measurement = "a b"', "measurement", "letters, digits"),
    (ABP + 'measurement = "lora_link"', "measurement", "take another name"),
    (ABP + "expect_every = 15", "expect_every", "text with a unit"),
    (ABP + 'expect_every = "0 s"', "expect_every", "more than 0"),
    (ABP + 'f_cnt_reset = "accept"', "f_cnt_reset", 'write "refuse" or "accept_once"'),
    ("address = 17", "source", "is missing; plain LoRa needs the name of the source"),
    ('source = "semtech_udp"', "address", "write address or payload_prefix"),
    ('source = "semtech"\naddress = 1', "source", 'did you mean "semtech_udp"?'),
    ('source = "semtech_udp"\naddress = -1', "address", "write at least 0"),
    (
        'source = "semtech_udp"\naddress = 1\npayload_prefix = "a1"',
        "payload_prefix",
        "one of the two",
    ),
    ('source = "semtech_udp"\npayload_prefix = "a1b"', "payload_prefix", "pairs of hex digits"),
    (
        'source = "semtech_udp"\naddress = 1\ndecoder = "energy"',
        "f_port",
        "energy shall be told: 30, 31",
    ),
    (f'source = "semtech_udp"\naddress = 1\napp_key = "{K1}"', "app_key", "is of LoRaWAN"),
    ('source = "semtech_udp"\naddress = 1\nf_port = 300', "f_port", "write at most 223"),
]


@pytest.mark.parametrize(("body", "key", "remedy"), FAULTS)
def test_a_mistake_is_told_with_its_key_and_its_device(
    faults: Faults, tmp_path: Path, body: str, key: str, remedy: str
) -> None:
    (fault,) = faults(PLAIN, devices=device(body))
    assert fault.file == tmp_path / "devices.toml"
    assert fault.key == f"device[0].{key}"
    assert remedy in fault.remedy
    assert '(device "a")' in fault.remedy
    assert not any(key in str(fault) for key in (K1, K2, K3, K4))


@pytest.mark.parametrize("name", ["", " a", "a\nb", "a" * 65, "a\\"])
def test_a_name_can_stand_in_a_tag(faults: Faults, name: str) -> None:
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n")
    (fault,) = faults(devices=device(f'dev_eui = "{EUI}"', name=escaped))
    assert fault.key == "device[0].name"


def test_a_device_needs_a_name(faults: Faults) -> None:
    (fault,) = faults(devices=f'[[device]]\ndev_eui = "{EUI}"')
    assert (fault.key, fault.remedy) == ("device[0].name", "is missing; it has no default")


@pytest.mark.parametrize("text", ["device = 1", "device = [1]", "[device]"])
def test_devices_are_tables_in_a_list(faults: Faults, text: str) -> None:
    (fault,) = faults(devices=text)
    assert (fault.key, fault.remedy[:16]) == ("device", "write [[device]]")


def test_the_devices_file_has_no_other_tables(faults: Faults) -> None:
    (fault,) = faults(devices="[[devices]]\nname = 'a'")
    assert fault.key == "devices"
    assert 'did you mean "device"?' in fault.remedy


def test_devices_of_a_faulty_source_are_not_blamed(faults: Faults) -> None:
    found = faults(PLAIN + "x = 1", devices=device('source = "semtech_udp"\naddress = 1'))
    assert [fault.key for fault in found] == ["sources.semtech_udp[0].x"]


@pytest.mark.parametrize(("mode", "good"), [(0o600, True), (0o640, True), (0o400, True), (0o440, True)]
    + [(mode, False) for mode in (0o644, 0o660, 0o604, 0o641, 0o755)])  # fmt: skip
def test_who_may_read_a_devices_file_with_keys(
    write: Callable[..., Path], tmp_path: Path, mode: int, good: bool
) -> None:
    path = write(devices=device(ABP))
    (tmp_path / "devices.toml").chmod(mode)
    if good:
        assert load(path).devices
        return
    with pytest.raises(ConfigError, match="chmod 640") as raised:
        load(path)
    assert f"{mode:04o}" in raised.value.remedy
    assert stat.S_IMODE((tmp_path / "devices.toml").stat().st_mode) == mode


def test_a_devices_file_without_keys_may_be_read_by_all(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    path = write(devices=device(f'dev_eui = "{EUI}"'))
    (tmp_path / "devices.toml").chmod(0o644)
    assert load(path).devices


def test_five_thousand_devices_load_in_a_second(write: Callable[..., Path]) -> None:
    path = write(
        devices="".join(
            device(
                f'dev_eui = "70b3d57ed{i:07x}"\ndecoder = "air_quality"\ndev_addr = "{i:08x}"\n'
                f'nwk_s_key = "{i:032x}"\napp_s_key = "{i:032x}"\ntags = {{ zone = "{i % 9}" }}',
                name=f"d{i}",
            )
            for i in range(5000)
        )
    )
    before = time.process_time()
    devices = load(path).devices
    assert time.process_time() - before < 1.0
    assert len(devices) == 5000
    assert devices[9].tags is devices[0].tags, "equal tags are one object"
