"""Fuzz targets: answers of servers, and files that people write."""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from gateway.config import load
from gateway.errors import ConfigError
from gateway.sinks.influxdb.answers import Answer, judge
from tests.fuzz.target import target


def influxdb_answers() -> Iterator[bytes]:
    """Status, Retry-After and body of an answer."""
    yield b"400\n\n" + b'{"error":"partial write: field type conflict dropped=1"}'
    yield b"429\n7\n" + b'{"code":"too many requests"}'
    yield b"503\nWed, 21 Oct 2026 07:28:00 GMT\n<html>"
    yield b"400\n\n" + json.dumps({
        "error": "partial write of line protocol occurred",
        "data": [{"line_number": 2, "error_message": "no", "original_line": "a"}],
    }).encode()  # fmt: skip


@target(influxdb_answers)
def influxdb_answer(data: bytes) -> None:
    """Any answer of a server, or of whatever stands before it. Raises nothing."""
    status, _, rest = data.partition(b"\n")
    after, _, body = rest.partition(b"\n")
    number = int(status) if status.isdigit() and len(status) == 3 else 400
    headers = {"retry-after": after.decode("latin-1"), "content-type": "application/json"}
    judge(Answer(number, headers, body), compressed=bool(len(body) & 1), now=1.8e9)


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="lora-gateway-fuzz-"))


def config_files() -> Iterator[bytes]:
    """The gateway's file, a NUL, the devices file."""
    examples = Path(__file__).parents[2] / "config"
    gateway = (examples / "minimal.toml").read_bytes()
    yield gateway + b"\0" + (examples / "devices.toml").read_bytes()
    yield (examples / "gateway.toml").read_bytes() + b'\0[[device]]\nname = "a"\n'


@target(config_files)
def configuration(data: bytes) -> None:
    """Both files of the configuration: a `Config`, or `ConfigError`."""
    gateway, _, devices = data.partition(b"\0")
    folder = _folder()
    (folder / "gateway.toml").write_bytes(gateway)
    (folder / "devices.toml").write_bytes(devices)
    (folder / "devices.toml").chmod(0o600)
    with suppress(ConfigError):
        load(folder / "gateway.toml")
