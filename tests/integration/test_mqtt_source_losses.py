"""Guards that what a broker loses is told, on a real Mosquitto: messages that it had no room for, sessions that it
forgot, and strangers who publish what is large, long or deep. None of it ends the source or fills its memory.
"""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.mosquitto_fixtures import Mosquitto
from tests.mqtt_gateway import TOPIC, Running, frame, in_thread

Start = Callable[..., Running]
StartBroker = Callable[..., Mosquitto]

ROOM = 50
SMALL = ["allow_anonymous true", "sys_interval 1", f"max_queued_messages {ROOM}"]

pytestmark = pytest.mark.real


@pytest.fixture(params=["5", "3.1.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def dropped(running: Running) -> int:
    return int(running.health.counters.get("broker_dropped", 0))


async def test_messages_that_the_broker_had_no_room_for_are_told_after_a_pause_of_ours(
    run_source: Start, start_mosquitto: StartBroker, version: str
) -> None:
    broker = start_mosquitto(lines=SMALL)
    first = await run_source(broker, version=version).up()
    await first.close()
    await in_thread(broker.publish, TOPIC, *map(frame, range(200)))
    second = run_source(broker, version=version)
    second.intake.at_once = True
    await second.until(lambda: "max_queued_messages" in second.health.sentence)
    await second.until(lambda: dropped(second) == 200 - len(second.intake.numbers()))
    assert ROOM <= len(second.intake.numbers()) < 200
    assert second.health.state == "up"


async def test_messages_that_the_broker_drops_while_we_are_slow_are_told_at_once(
    run_source: Start, start_mosquitto: StartBroker
) -> None:
    broker = start_mosquitto(lines=[*SMALL, "max_inflight_messages 20"])
    running = await run_source(broker, receive_maximum=20).up()
    await in_thread(broker.publish, TOPIC, *map(frame, range(200)))
    await running.until(lambda: dropped(running) == 200 - 20 - ROOM)
    assert "the broker has dropped 130 messages" in running.health.sentence


async def test_the_broker_is_named_and_what_it_says_of_itself_is_no_frame(
    run_source: Start, start_mosquitto: StartBroker, version: str
) -> None:
    running = await run_source(start_mosquitto(lines=SMALL), version=version).up()
    await running.until(lambda: re.search(r"to mosquitto version \d", running.health.sentence))
    await running.until(lambda: "broker_stores" in running.health.counters)
    assert "messages" not in running.health.counters or not running.health.counters["messages"]
    assert not running.intake.heard
    assert not dropped(running)


async def test_what_the_broker_says_of_itself_does_not_fill_its_queue_for_us(
    run_source: Start, start_mosquitto: StartBroker, version: str
) -> None:
    broker = start_mosquitto(lines=SMALL)
    first = await run_source(broker, version=version).up()
    await first.until(lambda: "broker_stores" in first.health.counters)
    await first.close()
    await in_thread(broker.publish, TOPIC, *map(frame, range(ROOM)))
    second = run_source(broker, version=version)
    second.intake.at_once = True
    await second.heard(*range(ROOM))
    assert not dropped(second)


async def test_a_session_forgotten_while_we_ran_is_told_with_the_time_since_when(
    run_source: Start, start_mosquitto: StartBroker, version: str
) -> None:
    broker = start_mosquitto(persistence=False)
    running = await run_source(broker, version=version).up()
    before = time.time()
    await in_thread(broker.kill)
    await running.until(lambda: running.health.state == "down")
    await in_thread(broker.start)
    await running.up()
    assert running.health.counters["session_lost"] == 1
    since, until = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", running.health.sentence)
    assert before - 1 <= datetime.fromisoformat(since).timestamp() <= time.time()
    assert since <= until <= datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_session_forgotten_while_we_were_away_is_told(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    running = run_source(mosquitto, version=version)
    running.source.heard_before(1_700_000_000 * 10**9)
    await running.up()
    assert "from 2023-11-14T22:13:20Z to " in running.health.sentence
    assert running.health.counters["session_lost"] == 1


async def test_a_session_that_is_still_there_is_no_loss(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    first = await run_source(mosquitto, version=version).up()
    assert "session_lost" not in first.health.counters, "a first connection has nothing to lose"
    await first.close()
    second = run_source(mosquitto, version=version)
    second.source.heard_before(1_700_000_000 * 10**9)
    await second.up()
    assert "session_lost" not in second.health.counters


# -- strangers ----------------------------------------------------------------------------------------


async def test_hostile_messages_are_kept_as_malformed_and_the_frames_between_them_are_heard(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    deep = b'{"phyPayload":' + b"[" * 60_000
    hostile = [
        deep,
        json.dumps({"phyPayload": "A" * 90_000, "txInfo": {}, "rxInfo": {}}).encode(),
        b"\0" * 1000,
        b'{"phyPayload":"AA==","phyPayload":"BB=="}',
        b'{"phyPayload":"AA==","rxInfo":{"rssi":1e400}}',
    ]
    running = await run_source(mosquitto, version=version).up()
    running.intake.at_once = True
    for number, one in enumerate(hostile):
        await in_thread(mosquitto.publish, TOPIC, one, frame(number))
    await running.heard(*range(len(hostile)))
    assert len(running.intake.malformed()) == len(hostile)
    await running.until(lambda: running.connection.unacknowledged == 0)
    assert "reconnects" not in running.health.counters


async def test_a_retained_hostile_message_comes_once_and_does_no_harm(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    await in_thread(mosquitto.publish, TOPIC, b"[" * 50_000, retain=True)
    running = run_source(mosquitto)
    running.intake.at_once = True
    await running.until(lambda: "Received PUBACK from kk-01" in mosquitto.log)
    running.connection.abandon()
    await running.until(lambda: running.health.counters.get("reconnects") == 1)
    await in_thread(mosquitto.publish, TOPIC, frame(1))
    await running.heard(1)
    assert len(running.intake.malformed()) == 1


async def test_thirty_megabytes_in_one_message_are_not_held_in_memory(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    """By MQTT 5 it is not sent at all. By 3.1.1 it is read past: its start is kept, what follows it is heard."""
    running = await run_source(mosquitto, version=version).up()
    running.intake.at_once = True
    await in_thread(mosquitto.publish, TOPIC, bytes(30_000_000), frame(1))
    await running.heard(1)
    kept = running.intake.malformed()
    assert sum(len(one.raw) for one in kept) <= 1024
    await running.until(lambda: running.connection.unacknowledged == 0)


async def test_a_flood_of_the_longest_topics_is_not_remembered(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    running = await run_source(mosquitto, version=version).up()
    running.intake.at_once = True
    for number in range(100):
        topic = f"gateway/{number}-{'x' * 65_000}/event/up"
        await in_thread(mosquitto.publish, topic, frame(number))
    await running.heard(*range(100))
    await running.until(lambda: running.connection.unacknowledged == 0)
    handover = running.connection._client._deliver.func.__self__
    remembered = [*handover._asked_for, *handover._reader._routes]
    assert sum(map(len, remembered)) < 1000
