"""Guards what the MQTT source does when a broker says no: who is told what, and that it goes on by itself. A real
Mosquitto refuses by password and rights; a scripted broker says what Mosquitto 2.0.11 does not.
"""

import asyncio
import json
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from gateway.sources.mqtt import source as source_module
from tests.mosquitto_fixtures import Mosquitto
from tests.mqtt_gateway import TOPIC, Running, frame, in_thread
from tests.scripted_broker import CONNACK, listening, silent, suback

Start = Callable[..., Running]
StartBroker = Callable[..., Mosquitto]

PLUGIN = Path("/usr/lib") / sysconfig.get_config_var("MULTIARCH") / "mosquitto_dynamic_security.so"

pytestmark = pytest.mark.real


# -- passwords and rights -----------------------------------------------------------------------------


@pytest.fixture
def passwords(tmp_path: Path) -> Path:
    path = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(path), "kk", "right"], check=True)
    return path


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_wrong_password_is_blocked_until_the_file_is_mended(
    run_source: Start, start_mosquitto: StartBroker, passwords: Path, tmp_path: Path, version: str
) -> None:
    broker = start_mosquitto(lines=["allow_anonymous false", f"password_file {passwords}"])
    secret = tmp_path / "secret"
    secret.write_text("wrong-one", encoding="utf-8")
    secret.chmod(0o600)
    running = run_source(broker, version=version, username="kk", password_file=secret)
    await running.until(lambda: running.health.state == "blocked")
    assert "password_file" in running.health.sentence
    assert "wrong-one" not in running.health.sentence
    secret.write_text("right\n", encoding="utf-8")
    await running.up()


async def test_a_password_file_that_others_can_read_is_blocked(
    run_source: Start, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("right", encoding="utf-8")
    secret.chmod(0o644)
    running = run_source(mosquitto, username="kk", password_file=secret)
    await running.until(lambda: running.health.state == "blocked")
    assert "chmod 600" in running.health.sentence
    secret.chmod(0o600)
    await running.up()


@pytest.fixture
def rights(tmp_path: Path) -> Path:
    """Rights of the dynamic security plugin: nobody may subscribe; "admin" may change that."""
    path = tmp_path / "rights.json"
    subprocess.run(
        ["mosquitto_ctrl", "dynsec", "init", str(path), "admin", "secret"],
        check=True,
        capture_output=True,
    )
    document = json.loads(path.read_text(encoding="utf-8"))
    document["defaultACLAccess"] = {
        "publishClientSend": True,
        "publishClientReceive": True,
        "subscribe": False,
        "unsubscribe": True,
    }
    document["groups"] = [{"groupname": "all", "roles": [{"rolename": "reader"}]}]
    document["anonymousGroup"] = "all"
    document["roles"].append({"rolename": "reader", "acls": [_may_subscribe("gateway/+/rx")]})
    path.write_text(json.dumps(document), encoding="utf-8")
    path.chmod(0o600)
    return path


def _may_subscribe(topic: str) -> dict[str, Any]:
    return {"acltype": "subscribeLiteral", "topic": topic, "priority": 1, "allow": True}


def _allow(broker: Mosquitto, topic: str) -> None:
    command = {"command": "addRoleACL", "rolename": "reader", **_may_subscribe(topic)}
    publish.single(
        "$CONTROL/dynamic-security/v1",
        json.dumps({"commands": [command]}),
        qos=1,
        hostname="127.0.0.1",
        port=broker.port,
        auth={"username": "admin", "password": "secret"},
    )


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_refused_topics_are_told_and_do_not_hold_up_the_others(
    run_source: Start, start_mosquitto: StartBroker, rights: Path, version: str
) -> None:
    if not PLUGIN.exists():
        pytest.skip(f"{PLUGIN} is not installed: run scripts/setup")
    broker = start_mosquitto(
        lines=["allow_anonymous true", f"plugin {PLUGIN}", f"plugin_opt_config_file {rights}"]
    )
    topics = ["gateway/+/event/up", "gateway/+/rx"]
    running = run_source(broker, version=version, topics=topics)
    running.intake.at_once = True
    await running.until(lambda: running.health.state == "blocked")
    assert "gateway/+/event/up" in running.health.sentence
    assert "gateway/+/rx" not in running.health.sentence
    await in_thread(broker.publish, TOPIC.replace("event/up", "rx"), frame(1))
    await running.heard(1)
    await in_thread(_allow, broker, "gateway/+/event/up")
    await running.up()
    await in_thread(broker.publish, TOPIC, frame(2))
    await running.until(lambda: 2 in running.intake.numbers())
    # A change of rights ends connections: what was not acknowledged by then comes again.
    assert set(running.intake.numbers()) == {1, 2}


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_lower_qos_than_asked_for_is_told(
    run_source: Start, start_mosquitto: StartBroker, version: str
) -> None:
    broker = start_mosquitto(lines=["allow_anonymous true", "max_qos 0"])
    running = await run_source(broker, version=version).up()
    assert "QoS 0 only" in running.health.sentence
    assert running.health.counters["granted_qos_lower"] == 1
    assert running.source.guarantee == "at most once"
    await in_thread(broker.publish, TOPIC, frame(1), qos=0)
    await running.heard(1)


# -- another client with our name ---------------------------------------------------------------------

TAKEN_OVER = b"\xe0\x02\x8e\x00"


async def test_a_refused_topic_is_asked_for_again(
    run_source: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source_module, "REFUSED_TOPICS_WAIT_S", 0.02)
    answers = [0x87, 0x87, 0x01]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(CONNACK)
        while answers:
            writer.write(await suback(reader, answers.pop(0)))
        await silent(reader, writer)

    async with listening(serve) as url:
        running = run_source(url)
        await running.until(lambda: running.health.state == "blocked")
        await running.up()
        assert not answers
        assert "reconnects" not in running.health.counters
        await running.cut()


async def test_a_session_that_was_taken_over_is_told_and_not_fought_for(
    run_source: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As brokers tell it that send a reason; Mosquitto 2.0.11 does not."""
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read(65_536)
        writer.write(CONNACK)
        writer.write(await suback(reader, 1))
        if connections == 1:
            writer.write(TAKEN_OVER)
            await writer.drain()
            return
        await silent(reader, writer)

    monkeypatch.setattr(source_module, "TAKEN_OVER_WAIT_S", 1.0)
    async with listening(serve) as url:
        running = run_source(url)
        await running.until(lambda: running.health.state == "blocked")
        assert "client_id" in running.health.sentence
        loop = asyncio.get_running_loop()
        told_at = loop.time()
        await running.up()
        assert loop.time() - told_at >= 0.9
        assert connections == 2
        await running.cut()


async def test_a_session_taken_over_without_a_word_is_suspected(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    running = await run_source(mosquitto).up()
    assert "client_id" not in running.health.sentence
    other = Client(CallbackAPIVersion.VERSION2, "kk-01", protocol=MQTTProtocolVersion.MQTTv5)
    other.reconnect_delay_set(0.05, 0.05)  # type: ignore[arg-type]
    try:
        await in_thread(other.connect, "127.0.0.1", mosquitto.port, clean_start=False)
        other.loop_start()
        await running.until(lambda: "client_id" in running.health.sentence)
        assert running.health.counters["short_connections"] >= 3
    finally:
        other.disconnect()
        other.loop_stop()
