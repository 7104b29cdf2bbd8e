"""A gateway on disk with everything that a configuration can name, its store closed by the daemon; and tars."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from gateway.backup.taking import Taken, take
from gateway.config import load
from gateway.store.outlet import Outlet
from gateway.store.store import Store
from tests.store_bench import close, fill, opened

CONFIG = """\
[gateway]
name = "kk-01"
devices = "lists/devices.toml"

[store]
path = "../state/store.db"

[[sources.mqtt]]
name = "broker"
url = "mqtts://broker.example:8883"
client_id = "kk-01"
username = "kk"
password_file = "broker.password"
ca_file = "{elsewhere}/ca.pem"

[[sources.replay]]
name = "recorded"
path = "capture.jsonl"

[[sinks.influxdb]]
name = "city"
url = "http://127.0.0.1:8086"
database = "city"
token_file = "tokens/influx.token"
"""
DEVICES = """\
keys_file = "keys.toml"

[[device]]
name = "แม่น้ำ-01"
dev_eui = "02c1750000000001"
decoder = "codecs/am307.js"
dev_addr = "02000001"
"""
KEY = "000102030405060708090a0b0c0d0e0f"
KEYS = f"""\
[[device]]
name = "แม่น้ำ-01"
nwk_s_key = "{KEY}"
app_s_key = "{KEY[::-1]}"
"""
FILES = {
    "lists/devices.toml": (DEVICES, 0o644),
    "lists/keys.toml": (KEYS, 0o600),
    "lists/codecs/am307.js": ("function decodeUplink(input) { return {data: {}}; }\n", 0o644),
    "broker.password": ("planted-password\n", 0o600),
    "tokens/influx.token": ("planted-token\n", 0o600),
    "capture.jsonl": ("{}\n", 0o644),
    "capture.jsonl.position": ('{"offset":3,"fingerprint":"00"}\n', 0o640),
}


@pytest.fixture
async def box(tmp_path: Path) -> Path:
    """The configuration of a gateway in a folder `box` of the test's."""
    folder, elsewhere = tmp_path / "box" / "etc", tmp_path / "elsewhere"
    folder.mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "ca.pem").write_text("a certificate\n")
    config = folder / "gateway.toml"
    config.write_text(CONFIG.format(elsewhere=elsewhere), encoding="utf-8")
    for name, (content, mode) in FILES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
    (tmp_path / "box" / "state").mkdir()
    store: Store = opened(tmp_path / "box" / "state" / "store.db")
    Outlet(store, "city", "all")
    await fill(store, range(30))
    await close(store)
    return config


@pytest.fixture
def backup(box: Path, tmp_path: Path) -> Path:
    """Its backup."""
    return backed_up(box, tmp_path / "kk-01.tar")[0]


def backed_up(config: Path, out: Path, *, history: bool = False) -> tuple[Path, Taken]:
    """A backup of a gateway, and what was said about it."""
    return out, take(load(config), out, history=history, step=lambda *_: None)


Change = Callable[[tarfile.TarInfo, bytes], Iterable[tuple[tarfile.TarInfo, bytes]]]


def retarred(source: Path, target: Path, change: Change) -> Path:
    """The archive written again, each member as `change` gives it."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for header in old:
            file = old.extractfile(header)
            raw = file.read() if file else b""
            header.pax_headers = {}  # who forges a manifest leaves its digest out
            for made, content in change(header, raw):
                if made.isreg():
                    made.size = len(content)
                new.addfile(made, io.BytesIO(content))
    return target


def forged(source: Path, target: Path, name: str, content: bytes) -> Path:
    """The archive with other bytes for a member, and a manifest that agrees."""

    def change(header: tarfile.TarInfo, raw: bytes) -> Iterable[tuple[tarfile.TarInfo, bytes]]:
        if header.name == "manifest.json":
            document = json.loads(raw)
            for member in document["members"]:
                if member["name"] == name:
                    member |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            return [(header, json.dumps(document).encode())]
        return [(header, content if header.name == name else raw)]

    return retarred(source, target, change)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything below a folder: bytes of files, None for folders; without what readers of a store leave."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith(("-wal", "-shm"))
    }
