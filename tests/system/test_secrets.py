"""Guards that no secret leaves the gateway: planted keys, passwords and tokens are looked for in everything that
it prints, logs, answers or stores while it works, is refused, is asked wrongly and dies.

Each secret is looked for as text and as bytes, in hex of both cases and in base64. Backups hold the keys, as they
must; that the file is 0600 and what is printed about it shows none is looked for here too.
"""

import base64
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.host.control import control_path
from hil.simulators.air import AS923_1, Hearing
from hil.simulators.influxdb_server import InfluxdbServer
from hil.simulators.lorawan_node import Node, join_request
from tests.mosquitto_fixtures import Mosquitto
from tests.system.daemon import ENVIRONMENT, PROGRAM, Daemon
from tests.system.ports import free_udp_port
from tests.system.ways_in import forwarder

pytestmark = pytest.mark.real

TOKEN, WRONG_TOKEN = "planted-influx-token-7c1f", "planted-older-token-99e0"
PASSWORD, WRONG_PASSWORD = "planted-broker-password-51ab", "planted-older-password-22dd"
KEYS = {
    "nwk_s_key": bytes.fromhex("a1b2c3d4e5f60718293a4b5c6d7e8f90"),
    "app_s_key": bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f0"),
    "app_key": bytes.fromhex("5eac0de5eac0de5eac0de5eac0de5eac"),
}
GATEWAY = "02c17aff00000001"

CONFIG = """\
[gateway]
name = "kk-01"
region = "AS923-1"
devices = "devices.toml"
{keys_file}
[store]
path = "store.db"
[[sources.semtech_udp]]
name = "roof"
listen = "127.0.0.1:{udp}"
[[sources.mqtt]]
name = "bridge"
url = "{broker}"
client_id = "kk-01"
username = "kk"
password_file = "broker.password"
[[sinks.influxdb]]
name = "city"
url = "{influxdb}"
version = "2"
org = "city"
bucket = "city"
token_file = "influx.token"
"""
DEVICES = f"""\
[[device]]
name = "meter"
dev_eui = "70b3d57ed0000001"
dev_addr = "260b1a2c"
decoder = "energy"
nwk_s_key = "{KEYS["nwk_s_key"].hex()}"
app_s_key = "{KEYS["app_s_key"].hex()}"
[[device]]
name = "joiner"
dev_eui = "70b3d57ed0000002"
join_eui = "70b3d57ed0000000"
decoder = "energy"
app_key = "{KEYS["app_key"].hex()}"
"""


def forms() -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every secret in every form in which it could slip out."""
    for text in (TOKEN, WRONG_TOKEN, PASSWORD, WRONG_PASSWORD):
        yield text, text.encode()
        yield f"{text} in base64", base64.b64encode(text.encode()).rstrip(b"=")
        yield f"{text} in hex", text.encode().hex().encode()
    for name, key in KEYS.items():
        yield f"{name} as bytes", key
        yield f"{name} in hex", key.hex().encode()
        yield f"{name} in HEX", key.hex().upper().encode()
        yield f"{name} in base64", base64.b64encode(key).rstrip(b"=")
        yield f"{name} as repr", repr(key)[2:-1].encode()


SECRETS = dict(forms())


def found_in(text: bytes) -> list[str]:
    """The names of the secrets that are in a text."""
    return [name for name, secret in SECRETS.items() if secret in text]


def write_secret(path: Path, text: str) -> None:
    """A file of mode 0600."""
    path.write_text(f"{text}\n")
    path.chmod(0o600)


@pytest.fixture
def broker(start_mosquitto: Callable[..., Mosquitto], tmp_path: Path) -> Mosquitto:
    """A broker that asks for the password."""
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), "kk", PASSWORD], check=True)
    return start_mosquitto(lines=["allow_anonymous false", f"password_file {passwords}"])


def write_devices(folder: Path, keys_apart: bool) -> None:
    """The devices file, and with `keys_apart` the keys in a file of their own."""
    write_secret(folder / "devices.toml", DEVICES)
    if keys_apart:
        rows = DEVICES.split("[[device]]\n")[1:]
        public = [[line for line in row.splitlines() if "_key =" not in line] for row in rows]
        secret = [
            [line for line in row.splitlines() if "_key =" in line or line.startswith("name")]
            for row in rows
        ]
        for name, tables in (("devices.toml", public), ("keys.toml", secret)):
            text = "".join("\n".join(["[[device]]", *table, ""]) for table in tables)
            write_secret(folder / name, text)


def hearings() -> Iterator[Hearing]:
    """An uplink that its decoder refuses, a join, and an uplink whose MIC is wrong."""
    node = Node(dev_addr="260b1a2c", nwk_s_key=KEYS["nwk_s_key"], app_s_key=KEYS["app_s_key"])
    joins = join_request(
        app_key=KEYS["app_key"],
        join_eui="70b3d57ed0000000",
        dev_eui="70b3d57ed0000002",
        dev_nonce=1,
    )
    for phy in (node.uplink(1, 30, b"\x01garbage"), joins, node.uplink(2, 30)[:-1] + b"x"):
        yield Hearing(
            time.time(), phy, AS923_1[0], GATEWAY, int(time.time() * 1e6) & 0xFFFFFFFF, -80, 7.5
        )


def everything_said(folder: Path, *others: tuple[str, ...]) -> bytes:
    """What every command prints on stdout and stderr, asked well and asked wrongly."""
    config = ("--config", str(folder / "gateway.toml"))
    asked: list[tuple[str, ...]] = [
        ("check", *config), ("check", *config, "--json"),
        ("status", *config), ("status", *config, "--json"),
        ("query", "energy", *config, "--json"), ("query", "--uplinks", *config, "--json"),
        ("dead-letters", "list", *config, "--json"),
        ("decode", "--phy", "40ffff", "--device", "meter", *config, "--json"),
        ("decode", "--phy", "zz", "--device", "joiner", *config),
        ("decode", "--phy", "40" * 20, "--nwk-s-key", KEYS["nwk_s_key"].hex()[:-1], "--app-s-key", "00" * 16),
        *others,
    ]  # fmt: skip
    said = b""
    for arguments in asked:
        done = subprocess.run(
            [PROGRAM, *arguments], capture_output=True, env=ENVIRONMENT, check=False
        )
        said += done.stdout + done.stderr
    return said


def control_answers(folder: Path) -> bytes:
    """What the local socket answers to questions good and bad."""
    said = b""
    for question in (b'{"do": "status"}\n', b'{"do": "keys"}\n', b"garbage\n"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(control_path(folder / "store.db")))
            connection.sendall(question)
            said += b"".join(iter(lambda: connection.recv(65536), b""))
    return said


def test_what_is_looked_for_is_found_where_it_is(tmp_path: Path) -> None:
    """Guards the search itself."""
    assert set(found_in(DEVICES.encode())) == {f"{name} in hex" for name in KEYS}
    assert found_in(f"x{TOKEN}y".encode()) == [TOKEN]


@pytest.mark.parametrize("keys_apart", [False, True], ids=["keys in the list", "keys_file"])
def test_no_secret_is_said_logged_or_stored(
    tmp_path: Path, broker: Mosquitto, keys_apart: bool
) -> None:
    write_devices(tmp_path, keys_apart)
    write_secret(tmp_path / "broker.password", WRONG_PASSWORD)
    write_secret(tmp_path / "influx.token", WRONG_TOKEN)
    udp = free_udp_port()
    logs = b""
    with InfluxdbServer(version="2", token=TOKEN, org="city", buckets={"city"}) as influxdb:
        config = CONFIG.format(
            udp=udp,
            broker=broker.url,
            influxdb=influxdb.url,
            keys_file='keys_file = "keys.toml"' if keys_apart else "",
        )
        daemon = Daemon(tmp_path, config)
        with daemon:
            with forwarder(GATEWAY, udp) as roof:
                assert roof.push_all(hearings())
            daemon.wait_status(
                lambda s: s["daemon"]["sources"]["bridge"]["state"] == "blocked", "refused broker"
            )
            said = everything_said(tmp_path) + control_answers(tmp_path)
            write_secret(tmp_path / "broker.password", PASSWORD)
            write_secret(tmp_path / "influx.token", TOKEN)
            said += Path(f"/proc/{daemon.pid}/cmdline").read_bytes()
            said += Path(f"/proc/{daemon.pid}/environ").read_bytes()
            daemon.stop()
            logs += daemon.log.read_bytes()
            daemon.start().wait_running()
            daemon.wait_up("bridge")
            said += everything_said(
                tmp_path, ("backup", "--config", str(tmp_path / "gateway.toml"), str(tmp_path / "out.backup"))
            ) + control_answers(tmp_path)  # fmt: skip
            subprocess.run(["kill", f"-{signal.SIGABRT}", str(daemon.pid)], check=True)
            daemon.wait_end()
            logs += daemon.log.read_bytes()
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("store.db*") if file.is_file())
    for word in (b"bad_mic", b"joiner", b"blocked", b"password_file"):
        assert word in said, "the secrets were near to what was said"
    assert found_in(said) == []
    assert found_in(logs) == []
    assert found_in(stored) == []
