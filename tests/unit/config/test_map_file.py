"""Guards register maps in the devices file: a device gets its map's decoder, and faults name the map's file."""

from pathlib import Path

import pytest

from decoders.contract import DecodeRefused
from gateway.config import devices, map_file
from gateway.config.faults import Faults
from gateway.errors import ConfigError

MAP = """
measurement = "energy"
f_port = 2
[[layout]]
length = 2
[[layout.value]]
quantity = "voltage_v"
type = "u16"
offset = 0
scale = 0.1
"""
DEVICES = """
[[device]]
name = "meter-1"
dev_eui = "70b3d57ed0000001"
decoder = "maps/meter.toml"
[[device]]
name = "meter-2"
dev_eui = "70b3d57ed0000002"
decoder = "maps/meter.toml"
"""


@pytest.fixture
def meter(tmp_path: Path) -> Path:
    file = tmp_path / "maps" / "meter.toml"
    file.parent.mkdir()
    file.write_text(MAP)
    (tmp_path / "devices.toml").write_text(DEVICES)
    return file


def load(meter: Path) -> tuple[devices.Loaded, Faults]:
    faults = Faults()
    loaded = devices.load(meter.parents[1] / "devices.toml", None, [], faults)
    return loaded, faults


def test_a_device_decodes_by_its_map(meter: Path) -> None:
    loaded, faults = load(meter)
    assert not faults.found
    one, other = loaded.devices
    assert one.register_map is not None
    assert one.register_map is other.register_map
    assert one.decoder == str(meter)
    (reading,) = one.register_map.decode(2, bytes.fromhex("08f9"), None)
    assert (reading.measurement, reading.fields) == ("energy", {"voltage_v": 229.7})
    with pytest.raises(DecodeRefused, match="wrong_port"):
        one.register_map.decode(3, bytes.fromhex("08f9"), None)


def test_the_faults_of_a_map_name_its_file_and_are_told_once(meter: Path) -> None:
    meter.write_text(MAP.replace("u16", "u17").replace("voltage_v", "voltag_v"))
    _, faults = load(meter)
    assert [(fault.file, fault.key, fault.value) for fault in faults.found] == [
        (meter, "layout[0].value[0].type", "u17"),
        (meter, "layout[0].value[0].quantity", "voltag_v"),
    ]


def test_a_map_that_is_not_there_is_a_fault_of_each_device_that_names_it(meter: Path) -> None:
    meter.unlink()
    _, faults = load(meter)
    assert [fault.key for fault in faults.found] == ["device[0].decoder", "device[1].decoder"]
    assert all(str(meter) in fault.remedy for fault in faults.found)


def test_a_tag_of_a_device_is_no_field_of_its_map(meter: Path) -> None:
    file = meter.parents[1] / "devices.toml"
    file.write_text(DEVICES + 'tags = { voltage_v = "x" }\n')
    _, faults = load(meter)
    (fault,) = faults.found
    assert fault.key == "device[1].tags.voltage_v"


@pytest.mark.parametrize(
    ("content", "key"),
    [(b"x = ", "last line"), (b"\xff", "line 1"), (b"#" * (map_file.BYTES_MAX + 1), "file")],
)
def test_what_is_no_toml_is_told(meter: Path, content: bytes, key: str) -> None:
    meter.write_bytes(content)
    with pytest.raises(ConfigError) as fault:
        map_file.load(meter)
    assert (fault.value.file, fault.value.key) == (meter, key)
