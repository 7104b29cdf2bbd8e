"""Fuzz targets: what forwarders, brokers, modems and recordings say."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gateway.errors import Refused
from gateway.sources.mqtt.packets import PacketFault, PacketStream
from gateway.sources.mqtt.protocol import Reader
from gateway.sources.replay.lines import LineCutter
from gateway.sources.replay.protocol import LineReader
from gateway.sources.rxpk import frames_from_json
from gateway.sources.semtech_udp import protocol as semtech_udp
from gateway.sources.serial_line.config import SerialLineSection
from gateway.sources.serial_line.conversation import Conversation
from gateway.sources.serial_line.flash_budget import FlashBudget
from gateway.sources.serial_line.modems import MODEMS
from hil.simulators.modems import FIRMWARES
from tests.fuzz.target import NOW, samples, target


def datagrams() -> Iterator[bytes]:
    """Published and captured datagrams of packet forwarders."""
    for sample in samples("semtech_udp/datagrams.jsonl"):
        if isinstance(sample.get("datagram_hex"), str):
            yield bytes.fromhex(str(sample["datagram_hex"]))


@target(datagrams)
def semtech_datagram(data: bytes) -> None:
    """A datagram of a packet forwarder, its JSON too."""
    with suppress(Refused):
        message = semtech_udp.read(data, 65_507)
        if message.kind == "push_data":
            frames_from_json(message.json, source="s", receiver="0" * 16, received=NOW)


def rxpk_texts() -> Iterator[bytes]:
    """The JSON of the datagrams alone."""
    yield from (datagram[12:] for datagram in datagrams() if len(datagram) > 14)


@target(rxpk_texts)
def rxpk_json(data: bytes) -> None:
    """The JSON of a packet forwarder, as it also comes over MQTT and serial lines. Raises nothing."""
    frames_from_json(data, source="s", receiver="0" * 16, received=NOW)


FORMATS = ("auto", "chirpstack_gateway", "chirpstack_application", "the_things_stack", "rxpk")
MQTT_SAMPLES = ("chirpstack_gateway", "chirpstack_application", "the_things_stack", "vendors")


def mqtt_messages() -> Iterator[bytes]:
    """Published messages of every dialect: format, topic, a line feed, payload."""
    for name in MQTT_SAMPLES:
        for sample in samples(f"mqtt/{name}.jsonl"):
            topic = str(sample.get("topic", "")).encode()
            if "json" in sample:
                yield b"\0" + topic + b"\n" + json.dumps(sample["json"]).encode()
            elif "protobuf_hex" in sample:
                yield b"\0" + topic + b"\n" + bytes.fromhex(str(sample["protobuf_hex"]))
            elif "raw_text" in sample:
                yield b"\0" + topic + b"\n" + str(sample["raw_text"]).encode()


@target(mqtt_messages)
def mqtt_message(data: bytes) -> None:
    """A message of any dialect under any topic. Raises nothing."""
    topic, _, payload = data[1:].partition(b"\n")
    name = FORMATS[data[0] % len(FORMATS)] if data else "auto"
    Reader("s", name).read(topic, payload, NOW, bool(data and data[0] & 128))  # type: ignore[arg-type]


def mqtt_streams() -> Iterator[bytes]:
    """CONNACK, SUBACK, two PUBLISH at QoS 1 and 0, PUBREL and PINGRESP; the first byte says where to cut."""
    publish = b"\x32\x0d\x00\x03a/b\x00\x07\x00hello"
    yield b"\x05" + b"\x20\x03\0\0\0" + b"\x90\x04\0\1\0\1" + publish + b"\x30\x06\x00\x01a\x00hi"
    yield b"\x83" + b"\x62\x02\0\7" + b"\xd0\0" + publish * 3


@target(mqtt_streams)
def mqtt_packets(data: bytes) -> None:
    """What a broker sends, cut into chunks anywhere."""
    if not data:
        return
    step, rest = data[0] % 64 + 1, data[1:]
    stream = PacketStream(properties=bool(data[0] & 128), packet_bytes_max=1 << 16)
    with suppress(PacketFault):
        for start in range(0, len(rest), step):
            stream.feed(rest[start : start + step])


MODEM_NAMES = sorted(MODEMS)


def modem_reports() -> Iterator[bytes]:
    """A packet as each modem writes it, behind its answer to everything: OK."""
    for number, name in enumerate(MODEM_NAMES):
        yield bytes([number]) + b"OK\r\n" + FIRMWARES[name]().hand_over(b"\x40abc\r\n", -90, -3)


@target(modem_reports)
def serial_conversation(data: bytes) -> None:
    """Whatever a modem says, in chunks with pauses between. Raises nothing, whichever modem it is."""
    if not data:
        return
    name = MODEM_NAMES[data[0] % len(MODEM_NAMES)]
    section = SerialLineSection.model_validate(
        {"port": "/dev/modem", "modem": name}, context={"base": Path("/")}
    )
    conversation = Conversation(section.build_modem(), FlashBudget())
    now = 1000.0
    conversation.open(now)
    for start in range(1, len(data), 24):
        now += data[start] / 50
        conversation.wake(now)
        conversation.receive(data[start : start + 24], now)
        conversation.take_output()
    conversation.wake(now + 100)
    conversation.abandon()


def recordings() -> Iterator[bytes]:
    """Lines of every form that a recording may hold."""
    for sample in list(samples("captured_sessions.jsonl"))[:20]:
        yield json.dumps(sample).encode() + b"\n"
    for name in MQTT_SAMPLES[:2]:
        for sample in list(samples(f"mqtt/{name}.jsonl"))[:10]:
            yield json.dumps({"topic": sample.get("topic"), "payload": sample.get("json")}).encode()


@target(recordings)
def replay_recording(data: bytes) -> None:
    """A recording, cut into lines. Raises nothing."""
    cutter, reader = LineCutter(0), LineReader("s", "m")
    for chunk in (data[:100], data[100:]):
        for line in cutter.feed(chunk):
            reader.read(line.text, line.start, NOW)
    for line in cutter.end():
        reader.read(line.text, line.start, NOW)
