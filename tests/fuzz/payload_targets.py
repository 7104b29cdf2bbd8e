"""Fuzz targets: payloads, and what other codecs made of them."""

import json
from collections.abc import Iterator
from contextlib import suppress

from decoders.contract import DecodeRefused
from decoders.registry import DECODERS
from gateway.device import Device
from gateway.model import ApplicationUplink, Radio
from gateway.pipeline.server_object import ServerObjects
from tests.fuzz.target import DATA, NOW, samples, target


def payloads() -> Iterator[bytes]:
    """FPort and payload of every vector of the city's families."""
    document = json.loads((DATA / "sensor-payload-vectors.json").read_text())
    for vector in document["vectors"]:
        if 0 <= vector["f_port"] < 256:
            yield bytes([vector["f_port"]]) + bytes.fromhex(vector["payload"])


@target(payloads)
def built_in_decoders(data: bytes) -> None:
    """A payload, given to every built-in decoder on the FPort of the first byte and on each of its own."""
    if not data:
        return
    for decoder in DECODERS.values():
        for f_port in {data[0], *decoder.f_ports}:
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
