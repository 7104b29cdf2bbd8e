"""Guards the load of the benchmarks: a naive reader, written here from the load's description with the library's
ciphers, must be able to read every frame with the keys beside it, and the devices file must hold the same keys."""

import base64
import importlib.util
import json
import struct
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

PATH = Path(__file__).parents[3] / "benchmarks" / "load.py"
FRAMES, DEVICES, END = 600, 20, 1_790_000_000.0


@pytest.fixture(scope="module")
def load() -> Any:
    spec = importlib.util.spec_from_file_location("benchmarks_load", PATH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def files(load: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load.prepare(tmp_path_factory.mktemp("load"), FRAMES, DEVICES, seed=5, end=END)


def read_naively(event: bytes, keys: dict[str, dict[str, str]]) -> tuple[str, int, Any]:
    """DevAddr, counter and the values of one frame."""
    phy = base64.b64decode(json.loads(event)["phyPayload"])
    address, f_cnt = phy[1:5], struct.unpack_from("<H", phy, 6)[0]
    pair = keys[address[::-1].hex()]
    counter = struct.pack("<I", f_cnt)
    mac = CMAC(algorithms.AES(bytes.fromhex(pair["nwk"])))
    mac.update(b"\x49" + bytes(5) + address + counter + bytes([0, len(phy) - 4]) + phy[:-4])
    assert mac.finalize()[:4] == phy[-4:]
    first_block = b"\x01" + bytes(5) + address + counter + b"\x00\x01"
    aes = Cipher(algorithms.AES(bytes.fromhex(pair["app"])), modes.CTR(first_block)).decryptor()
    return address[::-1].hex(), f_cnt, struct.unpack(">BHHHHHhHHBH", aes.update(phy[9:-4]))


def test_a_naive_reader_reads_every_frame_once(files: Any) -> None:
    keys = json.loads(files.keys.read_text())
    seen = set()
    for event in files.frames.read_bytes().splitlines():
        dev_addr, f_cnt, values = read_naively(event, keys)
        seen.add((dev_addr, f_cnt))
        assert values[:2] == (1, 0x5E0F)
        pm1, pm2_5, pm10, co2, temperature, humidity, pressure, noise, battery = values[2:]
        assert pm1 < pm2_5 < pm10
        assert 400 <= co2 <= 600
        assert 2000 <= temperature <= 4500
        assert humidity <= 10_000
        assert 9_900 <= pressure <= 10_300
        assert noise <= 240
        assert 3_000 <= battery <= 4_500
    assert seen == {(dev_addr, f_cnt) for dev_addr in keys for f_cnt in range(FRAMES // DEVICES)}


def test_the_devices_file_holds_the_same_keys(files: Any) -> None:
    rows = tomllib.loads(files.devices.read_text())["device"]
    keys = {row["dev_addr"]: {"nwk": row["nwk_s_key"], "app": row["app_s_key"]} for row in rows}
    assert keys == json.loads(files.keys.read_text())
    assert {row["decoder"] for row in rows} == {"air_quality"}
    assert len(keys) == DEVICES


def test_events_are_of_their_usual_size(files: Any) -> None:
    events = files.frames.read_bytes().splitlines()
    phys = [base64.b64decode(json.loads(event)["phyPayload"]) for event in events]
    assert {len(phy) for phy in phys} == {33}
    assert sum(map(len, events)) / len(events) == pytest.approx(495, abs=8)


def test_gateway_times_are_unlike_and_end_with_the_time_asked_for(files: Any) -> None:
    events = files.frames.read_bytes().splitlines()
    times = [json.loads(event)["rxInfo"]["gwTime"] for event in events]
    assert len(set(times)) == FRAMES
    assert times == sorted(times)
    assert times[-1] == "2026-09-21T14:13:19.990000Z"


def test_a_seed_is_one_load(load: Any, files: Any, tmp_path: Path) -> None:
    again = load.prepare(tmp_path / "again", FRAMES, DEVICES, seed=5, end=END)
    other = load.prepare(tmp_path / "other", FRAMES, DEVICES, seed=6, end=END)
    assert again.frames.read_bytes() == files.frames.read_bytes()
    assert other.keys.read_bytes() != files.keys.read_bytes()
