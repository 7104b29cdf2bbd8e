"""Guards the simulated devices file: TOML as the interface says, keys that follow from the seed, owner-only."""

import tomllib
from pathlib import Path

from hil.simulators.device_list import identity, key, write_devices


def test_a_device_is_written_with_its_keys_and_tags(tmp_path: Path) -> None:
    who = identity(1, 7, name="air-03", decoder="air_quality", tags={"zone": "river"})
    write_devices(tmp_path / "devices.toml", [who.row()])
    parsed = tomllib.loads((tmp_path / "devices.toml").read_text())
    assert parsed == {
        "device": [
            {
                "name": "air-03",
                "dev_eui": "02c1750000000007",
                "decoder": "air_quality",
                "dev_addr": "02000007",
                "nwk_s_key": who.nwk_s_key.hex(),
                "app_s_key": who.app_s_key.hex(),
                "tags": {"zone": "river"},
                "expect_every": "15 min",
            }
        ]
    }


def test_only_the_owner_can_read_it_also_when_it_was_open_before(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    path.write_text("")
    path.chmod(0o644)
    write_devices(path, [])
    assert path.stat().st_mode & 0o777 == 0o600


def test_keys_differ_by_seed_device_and_purpose_and_repeat_with_them() -> None:
    one = key(1, "02c1750000000001", "nwk_s_key")
    assert len(one) == 16
    others = {
        key(2, "02c1750000000001", "nwk_s_key"),
        key(1, "02c1750000000002", "nwk_s_key"),
        key(1, "02c1750000000001", "app_s_key"),
    }
    assert one not in others
    assert len(others) == 3
    assert key(1, "02c1750000000001", "nwk_s_key") == one


def test_addresses_are_of_the_network_id_for_experiments() -> None:
    address = int(identity(1, 500, name="x", decoder="energy").dev_addr, 16)
    # TS001-1.0.4 6.1.1: the 7 high bits are the NwkID, 1 is kept for private networks.
    assert address >> 25 == 1


def test_a_printed_identity_shows_no_key() -> None:
    who = identity(1, 7, name="air-03", decoder="air_quality")
    assert repr(who.nwk_s_key) not in repr(who)
    assert who.app_s_key.hex() not in repr(who)
