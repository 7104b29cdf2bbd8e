"""Fuzz targets: payloads, and what other codecs made of them."""

import json
import math
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from decoders.contract import DecodeRefused
from decoders.normalise.normaliser import Normaliser
from decoders.normalise.profile_file import parse_profile
from decoders.registry import DECODERS
from gateway.codec_worker.protocol import Messages, framed
from gateway.device import Device
from gateway.model import ApplicationUplink, Radio
from gateway.pipeline.server_object import ServerObjects
from gateway.store.blocks import ROTTEN, open_block, open_raw_block
from gateway.store.packing import unpack_body
from tests.fuzz.target import DATA, NOW, samples, target

PROFILES = Path(__file__).parents[2] / "decoders" / "profiles"
AS_GIVEN = parse_profile((PROFILES / "as_given.toml").read_text())


def payloads() -> Iterator[bytes]:
    """FPort and payload: every vector of the city's families, every fourth of the vendors'."""
    document = json.loads((DATA / "sensor-payload-vectors.json").read_text())
    for vector in document["vectors"]:
        if 0 <= vector["f_port"] < 256:
            yield bytes([vector["f_port"]]) + bytes.fromhex(vector["payload"])
    for file in sorted((DATA / "vendors").glob("*.jsonl")):
        for line in file.read_text().splitlines()[::4]:
            vector = json.loads(line)
            yield bytes([vector["f_port"]]) + bytes.fromhex(vector["payload"])


@target(payloads)
def built_in_decoders(data: bytes) -> None:
    """A payload, given to every built-in decoder on the FPort of the first byte and on its first one."""
    if not data:
        return
    for decoder in DECODERS.values():
        for f_port in {data[0], min(decoder.f_ports)}:
            with suppress(DecodeRefused):
                decoder.decode(f_port, data[1:], None)


def server_objects() -> Iterator[bytes]:
    """What codecs of network servers make of payloads."""
    for name in ("chirpstack_application", "the_things_stack", "vendors"):
        for sample in samples(f"mqtt/{name}.jsonl"):
            message = sample.get("json")
            for key in ("object", "objectJSON", "decoded_payload"):
                if isinstance(message, dict) and key in message:
                    yield json.dumps(message[key]).encode()
    yield b'{"a": {"b": [1, "2", true, null]}, "time": 1e400}'


@target(server_objects)
def server_object(data: bytes) -> None:
    """The object that a network server's codec made."""
    device = Device(name="a", decoder="network_server")
    event = ApplicationUplink(
        "s",
        "chirpstack",
        "",
        "",
        "70b3d57ed0000001",
        "260b1a2c",
        1,
        1,
        b"\0",
        data,
        Radio(),
        (),
        NOW,
    )
    with suppress(DecodeRefused):
        ServerObjects({("sensor", "a"): "str"}).decoded(device, event)


def codec_outputs() -> Iterator[bytes]:
    """What published codecs made of their payloads, a NUL, and what normalizeUplink could say of it."""
    for sample in samples("codec_output/published.jsonl"):
        yield json.dumps(sample["data"]).encode()
    yield b'{"a": 1}\0[{"air": {"temperature": 21.5}, "time": "2026-11-22T00:00:00Z"}]'
    yield b'{"history": [{"time": 1795000000, "temperature": "21.5"}], "b": {"value": 1, "unit": "V"}}'


@target(codec_outputs)
def codec_output(data: bytes) -> None:
    """Whatever JSON a codec gives: readings with names and types that fit, or DecodeRefused."""
    texts = data.split(b"\0", 1)
    try:
        values = [json.loads(text) for text in texts]
    except (ValueError, RecursionError):
        return
    for normaliser in (Normaliser(None, "sensor"), Normaliser(AS_GIVEN, "sensor")):
        with suppress(DecodeRefused):
            found = normaliser.readings(values[0], values[1] if len(values) > 1 else None)
            for reading in found.readings:
                for name, value in reading.fields.items():
                    assert re.fullmatch(r"[A-Za-z0-9_]{1,64}", name), name
                    assert type(value) in (float, bool, str)
                    assert not isinstance(value, float) or math.isfinite(value)


def sealed_rows() -> Iterator[bytes]:
    """A zlib stream and MessagePack of the shapes that blocks have."""
    yield zlib.compress(msgspec.msgpack.encode([[1, 2, [3, 1.5, True, "a"]]]))
    yield msgspec.msgpack.encode([[[0, 1_795_000_000_000, 21.5]], None])


@target(sealed_rows)
def sealed_block(data: bytes) -> None:
    """Bytes of a block that may have rotted: rows, or one of the errors that mean rot."""
    for read in (open_block, open_raw_block, unpack_body):
        with suppress(*ROTTEN):
            read(data)


def codec_answers() -> Iterator[bytes]:
    """Two answers of a codec's process."""
    yield framed(b"\x01") + framed(b'\x02{"data": {"a": 1}}')


@target(codec_answers)
def codec_messages(data: bytes) -> None:
    """What the process that runs codecs writes, if somebody has taken it over: messages, or ValueError."""
    messages = Messages()
    with suppress(ValueError):
        for start in range(0, len(data), 7):
            messages.feed(data[start : start + 7])
