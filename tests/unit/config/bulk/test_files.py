"""An import writes whole files or none: keys where they belong, modes kept or narrowed, the old text beside."""

import stat
from pathlib import Path

import pytest

from gateway.config import load
from gateway.config.bulk import files
from gateway.config.bulk.files import Places
from gateway.config.bulk.lists import parse
from gateway.config.bulk.plan import plan
from gateway.errors import ConfigError, GatewayError

KEY = "00112233445566778899aabbccddeeff"
OTHER = "ffeeddccbbaa99887766554433221100"
GATEWAY = """\
[gateway]
name = "kk-01"
devices = "devices.toml"

[[sources.semtech_udp]]
name = "roof"
listen = "127.0.0.1:1700"
"""
LIST = f"name,dev_eui,dev_addr,nwk_s_key,app_s_key\nnew,70b3d57ed0000002,260b1a2d,{KEY},{OTHER}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A gateway's file that names devices which are not there yet."""
    path = tmp_path / "gateway.toml"
    path.write_text(GATEWAY)
    return path


def put(places: Places, text: str) -> list[Path]:
    """Import a list; the copies of what was there."""
    found = files.read(places)
    return found.write(plan(found.existing, parse(text)))


def mode(path: Path) -> int:
    """Permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_devices_make_the_file(config: Path) -> None:
    assert put(files.places_of(config), LIST) == []
    assert mode(config.with_name("devices.toml")) == 0o640
    (device,) = load(config).devices
    assert device.keys.nwk_s_key == bytes.fromhex(KEY)


def test_keys_go_into_the_keys_file_that_the_gateway_names(config: Path) -> None:
    config.write_text(GATEWAY.replace("devices =", 'keys_file = "keys.toml"\ndevices ='))
    put(files.places_of(config), LIST)
    keys = config.with_name("keys.toml")
    assert mode(keys) == 0o600
    assert KEY in keys.read_text()
    assert KEY not in config.with_name("devices.toml").read_text()
    (device,) = load(config).devices
    assert device.keys.app_s_key == bytes.fromhex(OTHER)


def test_keys_go_into_the_keys_file_that_the_devices_file_names(config: Path) -> None:
    devices = config.with_name("devices.toml")
    devices.write_text('keys_file = "secret/keys.toml"\n')
    (config.parent / "secret").mkdir()
    put(files.places_of(config), LIST)
    assert KEY in (config.parent / "secret" / "keys.toml").read_text()
    assert load(config).devices[0].keys.nwk_s_key == bytes.fromhex(KEY)


def test_a_key_changes_where_it_is_and_a_name_in_both_files(config: Path) -> None:
    config.write_text(GATEWAY.replace("devices =", 'keys_file = "keys.toml"\ndevices ='))
    places = files.places_of(config)
    put(places, LIST)
    copies = put(places, f"dev_eui,name,nwk_s_key\n70b3d57ed0000002,renamed,{OTHER}\n")
    assert [copy.name.partition(".before")[0] for copy in copies] == ["keys.toml", "devices.toml"]
    assert [mode(copy) for copy in copies] == [0o600, 0o640]
    (device,) = load(config).devices
    assert device.name == "renamed"
    assert device.keys.nwk_s_key == bytes.fromhex(OTHER)
    assert device.keys.app_s_key == bytes.fromhex(OTHER)


def test_a_key_that_stands_with_its_device_stays_there(config: Path) -> None:
    put(files.places_of(config), LIST)
    config.write_text(GATEWAY.replace("devices =", 'keys_file = "keys.toml"\ndevices ='))
    config.with_name("keys.toml").touch(0o600)
    put(files.places_of(config), f"dev_eui,nwk_s_key\n70b3d57ed0000002,{OTHER}\n")
    assert config.with_name("keys.toml").read_text() == ""
    assert load(config).devices[0].keys.nwk_s_key == bytes.fromhex(OTHER)


def test_a_file_that_gets_keys_is_closed_to_others(config: Path) -> None:
    devices = config.with_name("devices.toml")
    devices.write_text('[[device]]\nname = "a"\ndev_eui = "70b3d57ed0000001"\n')
    devices.chmod(0o644)
    put(files.places_of(config), "name,dev_eui\nb,70b3d57ed0000003\n")
    assert mode(devices) == 0o644
    put(files.places_of(config), LIST)
    assert mode(devices) == 0o640
    assert len(load(config).devices) == 3


def test_a_link_to_the_devices_file_stays_a_link(config: Path, tmp_path: Path) -> None:
    (tmp_path / "git").mkdir()
    config.with_name("devices.toml").symlink_to(tmp_path / "git" / "devices.toml")
    put(files.places_of(config), LIST)
    assert config.with_name("devices.toml").is_symlink()
    assert KEY in (tmp_path / "git" / "devices.toml").read_text()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[device]\n", "is not TOML"),
        ('[[device]]\nname = "a"\n', "dev_eui: is missing"),
        ("\xff", "is not UTF-8"),
    ],
)
def test_a_file_that_is_faulty_already_is_mended_first(
    config: Path, content: str, says: str
) -> None:
    devices = config.with_name("devices.toml")
    devices.write_bytes(content.encode("latin-1"))
    with pytest.raises(ConfigError, match=says):
        files.read(files.places_of(config))
    assert devices.read_bytes() == content.encode("latin-1")


def test_a_file_in_a_way_that_is_not_understood_is_left_as_it_is(config: Path) -> None:
    devices = config.with_name("devices.toml")
    text = '[[device]]\nname = "a"\ndev_eui = "70b3d57ed0000001"\n[device.tags]\nzone = "x"\n'
    devices.write_text(text)
    with pytest.raises(ConfigError, match="change it by hand"):
        put(files.places_of(config), "dev_eui,tags.zone\n70b3d57ed0000001,y\n")
    assert devices.read_text() == text
    assert list(config.parent.glob("*.before-*")) == []


def test_a_gateway_without_a_devices_file_is_told_to_name_one(config: Path) -> None:
    config.write_text('[gateway]\nname = "kk-01"\n')
    with pytest.raises(ConfigError, match='write devices = "devices'):
        files.places_of(config)


def test_windows_mark_and_comments_stay(config: Path) -> None:
    devices = config.with_name("devices.toml")
    devices.write_bytes(
        '\ufeff# ours\r\n[[device]]\r\nname = "a"\r\ndev_eui = "70b3d57ed0000001"\r\n'.encode()
    )
    put(files.places_of(config), "name,dev_eui\nb,70b3d57ed0000003\n")
    raw = devices.read_bytes()
    assert raw.startswith("\ufeff# ours\r\n".encode())
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert len(load(config).devices) == 2


def test_a_keys_file_of_a_name_that_no_disk_takes_is_told(config: Path) -> None:
    devices = config.with_name("devices.toml")
    text = f'keys_file = "{"k" * 300}"\n'
    devices.write_text(text)
    devices.chmod(0o640)
    with pytest.raises(GatewayError, match="File name too long"):
        put(files.places_of(config), LIST)
    assert devices.read_text() == text
