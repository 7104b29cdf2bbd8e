"""`devices` as an operator sees it: who was heard, who is silent, who else is there; lists without keys."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Said

Call = Callable[..., Said]
NOBODY = 65534
KEY = "00112233445566778899aabbccddeeff"
OTHER = "ffeeddccbbaa99887766554433221100"
LIST = f"name,dev_eui,dev_addr,nwk_s_key,app_s_key\nnew,70b3d57ed0000002,260b1a2d,{KEY},{OTHER}\n"


@pytest.fixture
def gateway(tmp_path: Path) -> Path:
    """A gateway's file with a devices file of one device."""
    config = tmp_path / "gateway.toml"
    config.write_text('[gateway]\ndevices = "devices.toml"\n[store]\npath = "store.db"\n')
    (tmp_path / "devices.toml").write_text(
        '# ours\n[[device]]\nname = "river"\ndev_eui = "70b3d57ed0000001"\ntags = { zone = "=1+1" }\n'
    )
    return config


def test_every_device_is_listed_with_when_it_was_heard(call: Call, installation: Path) -> None:
    said = call("devices", "--config", installation / "gateway.toml", "--json")
    assert said.code == 0
    answer = json.loads(said.out)
    assert {device["name"] for device in answer["devices"]} == {"air-01", "meter-01", "cctv-01"}
    for device in answer["devices"]:
        assert device["last_heard"].startswith("2026-11-22T00:0")
        assert device["rssi_dbm"] < 0
        assert device["activation"] == "abp"
    assert [one["kind"] for one in answer["unknown"]] == ["dev_addr"]
    assert answer["unknown"][0]["frames"] == 2


def test_the_same_as_tables(call: Call, installation: Path) -> None:
    said = call("devices", "--config", installation / "gateway.toml").out
    assert "3 devices" in said
    assert "air-01" in said
    assert "1 others, not configured" in said


def test_who_was_never_heard_is_silent_when_that_was_expected(call: Call, gateway: Path) -> None:
    devices = gateway.with_name("devices.toml")
    devices.write_text(devices.read_text() + 'expect_every = "15 min"\n')
    said = call("devices", "--config", gateway, "--json")
    (device,) = json.loads(said.out)["devices"]
    assert (device["last_heard"], device["silent"]) == (None, True)
    said = call("devices", "--config", gateway)
    assert "never, silent" in said.out
    assert "the daemon has not run with this path yet" in said.out


def test_without_a_gateway_it_asks_for_one(call: Call) -> None:
    assert call("devices").code == 2
    assert call("devices", "import", "x.csv").code == 2


def test_a_dry_run_writes_nothing(call: Call, gateway: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    before = gateway.with_name("devices.toml").read_bytes()
    said = call("devices", "import", tmp_path / "list.csv", "--config", gateway, "--dry-run")
    assert said.code == 0
    assert "line 2      added    new\n" in said.out
    assert "1 added, 0 changed, 0 same, 0 refused\nnothing was written" in said.out
    assert gateway.with_name("devices.toml").read_bytes() == before


def test_an_import_says_where_it_wrote_and_shows_no_key(
    call: Call, gateway: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    said = call("devices", "--config", gateway, "import", tmp_path / "list.csv")
    assert said.code == 0
    devices = gateway.with_name("devices.toml")
    assert f"written to {devices}\nwhat was there before is {devices}.before-import-" in said.out
    assert KEY not in said.out + said.err
    assert devices.read_text().startswith("# ours\n")
    assert KEY in devices.read_text()


def test_one_refused_line_stops_all_unless_it_is_skipped(
    call: Call, gateway: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(LIST + f"bad,70b3d57ed0000003,260b1a2e,{KEY}00,{KEY}\n")
    said = call("devices", "import", tmp_path / "list.csv", "--config", gateway, "--json")
    assert said.code == 1
    answer = json.loads(said.out)
    assert answer["counts"] == {"added": 1, "changed": 0, "same": 0, "refused": 1}
    assert not answer["written"]
    assert "nwk_s_key: has 34 characters" in answer["lines"][1]["why"][0]
    assert KEY not in said.out
    said = call("devices", "import", tmp_path / "list.csv", "--config", gateway, "--skip-refused")
    assert said.code == 0
    assert "260b1a2d" in gateway.with_name("devices.toml").read_text()
    assert "260b1a2e" not in gateway.with_name("devices.toml").read_text()


def test_a_devices_file_alone_can_be_filled(call: Call, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    devices = tmp_path / "new.toml"
    said = call("devices", "import", tmp_path / "list.csv", "--into", devices)
    assert said.code == 0, said.err
    assert 'name = "new"' in devices.read_text()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is empty"), (b"name\n\xe9\n", "line 2: is not UTF-8"), (b"{]", "is no JSON")],
)
def test_what_is_no_list_is_named(
    call: Call, gateway: Path, tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    said = call("devices", "import", tmp_path / "list.csv", "--config", gateway)
    assert said.code == 1
    assert f"{tmp_path}/list.csv: " in said.err
    assert says in said.err
    assert call("devices", "import", tmp_path / "no.csv", "--config", gateway).code == 1


def test_an_export_has_no_keys_and_nothing_that_a_spreadsheet_runs(
    call: Call, gateway: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    call("devices", "import", tmp_path / "list.csv", "--config", gateway)
    said = call("devices", "export", "--config", gateway)
    assert said.out.splitlines() == [
        "name,dev_eui,dev_addr,tags.zone",
        "river,70b3d57ed0000001,,'=1+1",
        "new,70b3d57ed0000002,260b1a2d,",
    ]
    toml = call("devices", "export", "--config", gateway, "--format", "toml")
    assert KEY not in said.out + toml.out


def test_an_export_with_keys_warns_and_comes_back_as_the_same(
    call: Call, gateway: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    call("devices", "import", tmp_path / "list.csv", "--config", gateway)
    said = call("devices", "export", "--config", gateway, "--with-keys")
    assert KEY in said.out
    assert "keep it where nobody else reads it" in said.err
    (tmp_path / "back.csv").write_text(said.out)
    again = call("devices", "import", tmp_path / "back.csv", "--config", gateway)
    assert "0 added, 0 changed, 2 same, 0 refused" in again.out
    toml = call("devices", "export", "--config", gateway, "--with-keys", "--format", "toml")
    (tmp_path / "copy.toml").write_text(toml.out)
    (tmp_path / "copy.toml").chmod(0o600)
    copied = call("devices", "export", "--from", tmp_path / "copy.toml", "--with-keys")
    assert copied.out == said.out


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_somebody_who_may_not_read_the_keys_sees_the_devices(
    call: Call, gateway: Path, tmp_path: Path
) -> None:
    gateway.write_text(
        gateway.read_text().replace("devices =", 'keys_file = "keys.toml"\ndevices =')
    )
    (tmp_path / "list.csv").write_text(LIST)
    call("devices", "import", tmp_path / "list.csv", "--config", gateway)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    gateway.with_name("devices.toml").chmod(0o644)
    as_nobody = (
        "import os, sys, json; from pathlib import Path; from gateway.cli import devices\n"
        "devices.document(Path(sys.argv[1]))\n"  # imports what root's Python may not be read for later
        f"os.setuid({NOBODY}); print(json.dumps(devices.document(Path(sys.argv[1]))))"
    )
    said = subprocess.run(
        [sys.executable, "-c", as_nobody, gateway],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    names = [device["name"] for device in json.loads(said.stdout)["devices"]]
    assert names == ["river", "new"]
