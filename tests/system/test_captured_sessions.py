"""Logs of a real gateway, replayed through a UDP port and through Mosquitto, give exactly the uplinks and the
plaintexts that other programs found in them (captured.py)."""

import socket
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hil.simulators.mqtt_publisher import MqttPublisher, encode
from tests.mosquitto_fixtures import Mosquitto
from tests.system.captured import (
    Opened,
    datagrams,
    expected,
    json_bodies,
    logs,
    write_sessions,
)
from tests.system.daemon import Daemon
from tests.system.ports import free_udp_port

pytestmark = pytest.mark.real

LOGS = {
    "agent_resultACT": (53, {"no_decoder": 49, "join": 4}),
    "agent_resultFUN": (30, {"no_decoder": 29, "repeated": 1}),
    "agent_resultMAC": (45, {"no_decoder": 45}),
    "agent_resultSEC": (19, {"no_decoder": 19}),
}
"""Counted by hand: frames of each log, and how many of each outcome."""

GATEWAY = "647fdafffe007417"
TOPIC = f"city/forwarders/{GATEWAY}/heard"
PUSH_DATA, PULL_DATA = 0, 2
ANSWERS = {PUSH_DATA: 1, PULL_DATA: 4}
"""The kind of datagram by which each kind is answered."""

BEGIN = """\
[gateway]
name = "kk-01"
region = "EU868"
devices = "devices.toml"

[store]
path = "store.db"
"""
UDP = """
[[sources.semtech_udp]]
name = "radio"
listen = "127.0.0.1:{port}"
"""
MQTT = """
[[sources.mqtt]]
name = "radio"
url = "{url}"
topics = ["city/forwarders/+/heard"]
format = "rxpk"
client_id = "kk-01"
"""


def test_the_logs_are_those_that_were_counted() -> None:
    found = {
        name: (len(expected(records)), dict(Counter(one.outcome for one in expected(records))))
        for name, records in logs().items()
    }

    assert found == LOGS


@pytest.mark.parametrize("log", LOGS)
def test_a_log_replayed_over_udp_gives_its_uplinks(log: str, tmp_path: Path) -> None:
    records = logs()[log]
    write_sessions(tmp_path / "devices.toml", records)
    port = free_udp_port()
    with Daemon(tmp_path, BEGIN + UDP.format(port=port)) as daemon:
        daemon.wait_up("radio")
        _send_each(datagrams(records), port)
        status = daemon.wait_heard(LOGS[log][0])
        assert daemon.stop() == 0

    _check(daemon, status, log)


@pytest.mark.parametrize("log", LOGS)
def test_a_log_replayed_through_mosquitto_gives_its_uplinks(
    log: str, tmp_path: Path, mosquitto: Mosquitto
) -> None:
    records = logs()[log]
    write_sessions(tmp_path / "devices.toml", records)
    with Daemon(tmp_path, BEGIN + MQTT.format(url=mosquitto.url)) as daemon:
        daemon.wait_up("radio")
        with MqttPublisher(port=mosquitto.port) as publisher:
            publisher.publish(encode(TOPIC, json_bodies(records), 1), qos=1)
        status = daemon.wait_heard(LOGS[log][0])
        assert daemon.stop() == 0

    _check(daemon, status, log)


def _check(daemon: Daemon, status: Any, log: str) -> None:
    assert _opened(daemon) == expected(logs()[log])
    assert status["frames"]["outcomes"] == LOGS[log][1]
    assert status["balanced"]
    heard_by = {one["gateway"] for frame in daemon.uplinks() for one in frame["receptions"]}
    assert heard_by == {GATEWAY}
    assert {point["tags"]["gateway"] for point in daemon.points("lora_link")} == {GATEWAY}


def _opened(daemon: Daemon) -> list[Opened]:
    return [
        Opened(one["outcome"], one["dev_addr"], one["f_cnt"], one["f_port"], one["payload"])
        for one in daemon.uplinks()
    ]


def _send_each(sent: list[bytes], port: int) -> None:
    """Send each datagram and wait for its answer, where it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gateway:
        gateway.settimeout(5)
        gateway.connect(("127.0.0.1", port))
        for datagram in sent:
            gateway.send(datagram)
            kind = datagram[3]
            if kind in ANSWERS:
                assert gateway.recv(100) == datagram[:3] + bytes([ANSWERS[kind]])
