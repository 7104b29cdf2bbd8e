"""Keys in a file of their own: they reach their devices by name or dev_eui, and nobody else may read them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.errors import ConfigError

Loaded = Callable[..., Config]
Faults = Callable[..., list[ConfigError]]
Write = Callable[..., Path]

NAMED = 'keys_file = "keys.toml"\n'
DEVICE = '[[device]]\nname = "a"\ndev_eui = "70b3d57ed0000001"\ndev_addr = "260b1a2c"\n'
KEYS = f'nwk_s_key = "{"1" * 32}"\napp_s_key = "{"2" * 32}"\n'


@pytest.mark.parametrize(
    "whose",
    [
        'name = "a"\n',
        'dev_eui = "70B3D57ED0000001"\n',
        'name = "a"\ndev_eui = "70b3d57ed0000001"\n',
    ],
)
def test_keys_reach_their_device(loaded: Loaded, whose: str) -> None:
    (device,) = loaded(devices=NAMED + DEVICE, keys=f"[[device]]\n{whose}{KEYS}").devices
    assert device.keys.nwk_s_key == b"\x11" * 16
    assert device.keys.app_s_key == b"\x22" * 16


def test_the_gateways_file_may_name_the_keys_file_too(loaded: Loaded) -> None:
    gateway = '[gateway]\ndevices = "devices.toml"\nkeys_file = "keys.toml"'
    (device,) = loaded(gateway, devices=DEVICE, keys=f'[[device]]\nname = "a"\n{KEYS}').devices
    assert device.activation == "abp"
    assert device.keys.nwk_s_key is not None


def test_the_devices_file_is_for_everyone_once_its_keys_are_apart(
    write: Write, tmp_path: Path
) -> None:
    path = write(devices=NAMED + DEVICE, keys=f'[[device]]\nname = "a"\n{KEYS}')
    (tmp_path / "devices.toml").chmod(0o644)
    assert load(path).devices


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_a_key_file_open_to_others_is_refused(write: Write, tmp_path: Path, mode: int) -> None:
    path = write(devices=NAMED + DEVICE, keys=f'[[device]]\nname = "a"\n{KEYS}')
    (tmp_path / "keys.toml").chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600") as raised:
        load(path)
    assert raised.value.file == tmp_path / "keys.toml"
    assert f"{mode:04o}" in raised.value.remedy


def test_a_credential_of_systemd_is_taken_as_systemd_makes_it(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(devices=NAMED + DEVICE, keys=f'[[device]]\nname = "a"\n{KEYS}')
    (tmp_path / "keys.toml").chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert load(path).devices
    (tmp_path / "keys.toml").chmod(0o444)
    with pytest.raises(ConfigError, match="mode 0444"):
        load(path)


@pytest.mark.parametrize(
    ("keys", "file", "key", "remedy"),
    [
        (KEYS, "keys", "device[0]", "needs the name or the dev_eui"),
        ('name = "a"\nx = 1', "keys", "device[0].x", "unknown key"),
        ('name = "a"\napp_key = "00"', "keys", "device[0].app_key", "has 2 characters"),
        ('dev_eui = "1"', "keys", "device[0].dev_eui", "has 1 character,"),
        (
            f'name = "a"\n{KEYS}[[device]]\nname = "a"\n{KEYS}',
            "keys",
            "device[1]",
            "is there twice",
        ),
        (
            f'name = "a"\ndev_eui = "70b3d57ed0000002"\n{KEYS}',
            "devices",
            "device[0].dev_eui",
            "is not the one that the keys file has",
        ),
    ],
)
def test_a_mistake_in_the_keys_file_is_told_without_a_key(
    faults: Faults, tmp_path: Path, keys: str, file: str, key: str, remedy: str
) -> None:
    found = {
        (fault.file.stem, fault.key): fault.remedy
        for fault in faults(devices=NAMED + DEVICE, keys=f"[[device]]\n{keys}")
    }
    assert remedy in found[file, key]
    assert "1" * 32 not in repr(found)


def test_a_key_in_both_files_is_told(faults: Faults) -> None:
    (fault,) = faults(
        devices=NAMED + DEVICE + KEYS, keys=f'[[device]]\nname = "a"\nnwk_s_key = "{"3" * 32}"'
    )
    assert fault.key == "device[0].nwk_s_key"
    assert "is in the keys file too" in fault.remedy


def test_keys_of_nobody_are_noted(loaded: Loaded) -> None:
    config = loaded(
        devices=NAMED + DEVICE + KEYS,
        keys=f'[[device]]\nname = "z"\n{KEYS}[[device]]\ndev_eui = "70b3d57ed0000009"\n{KEYS}',
    )
    assert (
        "the keys file has 2 that the devices file does not have: z, 70b3d57ed0000009"
        in config.warnings
    )


def test_two_keys_files_are_one_too_many(faults: Faults) -> None:
    gateway = '[gateway]\ndevices = "devices.toml"\nkeys_file = "keys.toml"'
    found = faults(gateway, devices=NAMED + DEVICE + KEYS, keys="")
    assert found[0].key == "keys_file"


@pytest.mark.parametrize(
    "line", ["keys_file = 1\n", 'keys_file = ""\n', 'keys_file = "a\\u0000"\n']
)
def test_the_name_of_the_keys_file_is_a_path(faults: Faults, line: str) -> None:
    found = faults(devices=line + DEVICE + KEYS)
    assert [fault.key for fault in found] == ["keys_file"]
