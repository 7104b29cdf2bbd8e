"""Recorded and published MQTT messages of `tests/data/mqtt`, by their ids, and how tests read them.

Each record tells its source; `json` is the message, or `raw_text`; `protobuf_hex` is the same message in protobuf,
encoded with chirpstack-api. Some published topics and values are placeholders of their documentation.
"""

import json
from pathlib import Path
from typing import Any

from gateway.model import ApplicationUplink, Frame, Malformed, ReceiverReport, Stamp
from gateway.sources.mqtt.protocol import Message, Reader

DATA = Path(__file__).parent / "data" / "mqtt"
STAMP = Stamp(1_700_000_000_000_000_000, 5_000_000_000, True)

RECORDS: dict[str, dict[str, Any]] = {
    record["id"]: record
    for path in sorted(DATA.glob("*.jsonl"))
    for record in map(json.loads, path.read_text(encoding="utf-8").splitlines())
}


def topic_of(name: str) -> bytes:
    """The topic of a record; empty when it has none."""
    return (RECORDS[name].get("topic") or "").encode()


def json_of(name: str) -> bytes:
    """The JSON message of a record."""
    return json.dumps(RECORDS[name]["json"]).encode()


def protobuf_of(name: str) -> bytes:
    """The same message in protobuf."""
    return bytes.fromhex(RECORDS[name]["protobuf_hex"])


def read(topic: bytes, payload: bytes, format: str = "auto", *, live: bool = True) -> Message:  # noqa: A002
    """What a new source makes of a message."""
    return Reader("roof", format).read(topic, payload, STAMP, live)  # type: ignore[arg-type]


def frame(message: Message) -> Frame:
    """The only frame of a message."""
    (heard,), report = message
    assert report is None
    assert isinstance(heard, Frame), heard
    return heard


def uplink(message: Message) -> ApplicationUplink:
    """The only uplink of a message."""
    (heard,), report = message
    assert report is None
    assert isinstance(heard, ApplicationUplink), heard
    return heard


def malformed(message: Message) -> Malformed:
    """What could not be read."""
    (heard,), report = message
    assert report is None
    assert isinstance(heard, Malformed), heard
    return heard


def report(message: Message) -> ReceiverReport:
    """What a gateway says of itself."""
    heard, told = message
    assert not heard
    assert told is not None
    return told
