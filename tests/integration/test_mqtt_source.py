"""Guards the MQTT source on a real Mosquitto: nothing is acknowledged before its receipt, nothing that was not
acknowledged is lost, and the order is kept, by MQTT 5 and 3.1.1, over kills, restarts, outages and backlogs.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.mosquitto_fixtures import Mosquitto
from tests.mqtt_gateway import TOPIC, Running, frame, in_thread

Start = Callable[..., Running]
BROKEN = b'{"phyPayload":'

pytestmark = pytest.mark.real


@pytest.fixture(params=["5", "3.1.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def new_session(run_source: Start, broker: Any, **keys: Any) -> None:
    """Let the broker know our client id and topics."""
    first = await run_source(broker, **keys).up()
    await first.close()


async def test_nothing_is_acknowledged_before_its_receipt(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    first = await run_source(mosquitto, version=version).up()
    assert first.health.sentence.endswith(f"by MQTT {version}")
    await in_thread(mosquitto.publish, TOPIC, *map(frame, range(4)))
    await first.heard(0, 1, 2, 3)
    assert first.connection.unacknowledged == 4
    first.intake.settle(2)
    await first.until(lambda: mosquitto.log.count("Received PUBACK from kk-01") == 2)
    await first.cut()
    second = await run_source(mosquitto, version=version).up()
    await second.heard(2, 3)
    assert not any(one.live for one in second.intake.frames())
    assert second.health.counters["sent_again"] == 2


async def test_what_was_acknowledged_does_not_come_again(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    first = await run_source(mosquitto, version=version).up()
    await in_thread(mosquitto.publish, TOPIC, frame(1))
    await first.heard(1)
    first.intake.settle()
    await first.close()
    assert first.health.state == "stopped"
    second = await run_source(mosquitto, version=version).up()
    await in_thread(mosquitto.publish, TOPIC, frame(2))
    await second.heard(2)


async def test_receipts_after_the_end_of_run_are_still_acknowledged(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    first = await run_source(mosquitto, version=version).up()
    await in_thread(mosquitto.publish, TOPIC, frame(1), frame(2))
    await first.heard(1, 2)
    await first.end()
    await in_thread(mosquitto.publish, TOPIC, frame(3))  # comes while the last commit is under way
    first.intake.settle()
    await first.source.close()
    assert first.intake.numbers() == [1, 2]
    second = await run_source(mosquitto, version=version).up()
    await second.heard(3)


async def test_what_arrives_while_we_are_away_is_kept(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    """More than fits before the first halt, so that the answer to SUBSCRIBE stands behind it."""
    await new_session(run_source, mosquitto, version=version)
    await in_thread(mosquitto.publish, TOPIC, *map(frame, range(2000)))
    second = run_source(mosquitto, version=version)
    second.intake.at_once = True
    await second.heard(*range(2000))
    await second.up()
    assert not any(one.live for one in second.intake.frames())
    assert "session_lost" not in second.health.counters


async def test_without_a_session_to_come_back_to_frames_are_live(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    running = await run_source(mosquitto).up()
    await in_thread(mosquitto.publish, TOPIC, frame(1))
    await running.heard(1)
    assert running.intake.frames()[0].live


async def test_a_broker_that_restarts_is_found_again_with_its_session(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    running = await run_source(mosquitto, version=version).up()
    await in_thread(mosquitto.publish, TOPIC, frame(1))
    await running.heard(1)
    await in_thread(mosquitto.stop)
    await running.until(lambda: running.health.state == "down")
    running.intake.settle()  # too late: the connection that it belongs to is gone
    await in_thread(mosquitto.start)
    await running.until(lambda: running.health.state == "up")
    await running.heard(1, 1)
    running.intake.settle()
    await in_thread(mosquitto.publish, TOPIC, frame(2))
    await running.heard(1, 1, 2)
    assert running.health.counters["reconnects"] == 1
    assert "session_lost" not in running.health.counters


async def test_a_broker_that_forgot_us_is_told_as_a_possible_loss(
    run_source: Start,
    start_mosquitto: Callable[..., Mosquitto],
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = start_mosquitto(persistence=False)
    running = await run_source(broker).up()
    await in_thread(broker.kill)
    await running.until(lambda: running.health.state == "down")
    await in_thread(broker.start)
    await running.until(lambda: running.health.state == "up")
    assert running.health.counters["session_lost"] == 1
    assert "session_lost" in caplog.text
    await in_thread(broker.publish, TOPIC, frame(1))
    await running.heard(1)


async def test_a_receipt_of_an_old_connection_settles_nothing_of_the_new_one(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    """Packet ids begin again with each connection: an old receipt must not confirm a new message."""
    running = await run_source(mosquitto).up()
    await in_thread(mosquitto.publish, TOPIC, frame(1))
    await running.heard(1)
    old = running.intake.receipts.pop()
    running.connection.abandon()
    await running.heard(1, 1)
    old()
    assert running.connection.unacknowledged == 1
    await running.cut()
    third = run_source(mosquitto)
    await third.heard(1)


@pytest.mark.parametrize("window", [1, 20, 100])
async def test_a_long_backlog_is_taken_in_bounded_memory_and_in_order(
    run_source: Start, mosquitto: Mosquitto, version: str, window: int
) -> None:
    await new_session(run_source, mosquitto, version=version)
    count = 10_000 if window == 100 else 1000
    await in_thread(mosquitto.publish, TOPIC, *map(frame, range(count)))
    running = run_source(mosquitto, version=version, receive_maximum=window)
    most = 0

    def all_here() -> bool:
        nonlocal most
        most = max(most, running.connection.unacknowledged if running.connection else 0)
        if len(running.intake.receipts) >= window or not running.intake.roomy.is_set():
            running.intake.settle()
        elif running.intake.receipts:
            running.intake.settle(1)
        return len(running.intake.numbers()) >= count

    await running.until(all_here)
    assert running.intake.numbers() == list(range(count))
    one_read = 65_536 // len(frame(0))
    assert most <= window + one_read


async def test_without_room_nothing_is_read_and_the_connection_stays(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    running = await run_source(mosquitto, keepalive="5 s").up()
    running.intake.at_once = True
    running.intake.roomy.clear()
    await in_thread(mosquitto.publish, TOPIC, *map(frame, range(600)))
    await running.until(lambda: running.intake.asked_for_room)
    taken = len(running.intake.numbers())
    assert 256 <= taken < 600
    before = mosquitto.log.count("PINGREQ from kk-01")
    await running.until(lambda: mosquitto.log.count("PINGREQ from kk-01") > before + 1)
    assert len(running.intake.numbers()) == taken
    running.intake.roomy.set()
    await running.until(lambda: len(running.intake.numbers()) == 600)
    assert running.intake.numbers() == list(range(600))
    assert "reconnects" not in running.health.counters


async def test_what_cannot_be_read_is_kept_and_acknowledged(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    running = await run_source(mosquitto).up()
    await in_thread(mosquitto.publish, TOPIC, BROKEN, frame(1))
    await running.heard(1)
    assert [one.raw for one in running.intake.malformed()] == [BROKEN]
    running.intake.settle()
    await running.until(lambda: running.connection.unacknowledged == 0)


async def test_events_of_no_use_are_counted_and_acknowledged_in_their_place(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    running = await run_source(mosquitto).up()
    await in_thread(mosquitto.publish, TOPIC, frame(1))
    await in_thread(mosquitto.publish, TOPIC.replace("/up", "/ack"), b"{}")
    await running.until(lambda: running.health.counters.get("other") == 1)
    assert running.connection.unacknowledged == 2
    running.intake.settle()
    await running.until(lambda: running.connection.unacknowledged == 0)
    assert running.health.counters["messages"] == 2


async def test_messages_of_qos_0_and_retained_ones_are_taken_and_counted(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    await in_thread(mosquitto.publish, TOPIC, frame(1), retain=True)
    running = await run_source(mosquitto).up()
    await running.heard(1)
    assert not running.intake.frames()[0].live
    await in_thread(mosquitto.publish, TOPIC, frame(2), qos=0)
    await running.heard(1, 2)
    assert running.health.counters["retained"] == running.health.counters["qos0"] == 1
    assert len(running.intake.receipts) == 1


async def test_a_message_that_is_too_long_does_not_come_for_ever(
    run_source: Start, mosquitto: Mosquitto, version: str
) -> None:
    """By MQTT 5 the broker does not even send it; by 3.1.1 its start is kept, and it is acknowledged."""
    running = await run_source(mosquitto, version=version, max_packet="4 KiB").up()
    await in_thread(mosquitto.publish, TOPIC, frame(1), b"{" * 300_000, frame(2))
    await running.heard(1, 2)
    cut = running.intake.malformed()
    assert len(cut) == (0 if version == "5" else 1)
    assert all("300000 bytes" in one.sentence and len(one.raw) == 1024 for one in cut)
    running.intake.settle()
    await running.until(lambda: running.connection.unacknowledged == 0)
    await running.close()
    again = await run_source(mosquitto, version=version, max_packet="4 KiB").up()
    await in_thread(mosquitto.publish, TOPIC, frame(3))
    await again.heard(3)
    assert not again.intake.malformed()


async def test_a_bug_is_not_swallowed(run_source: Start, mosquitto: Mosquitto) -> None:
    running = await run_source(mosquitto).up()

    def submit(*_: object) -> None:
        raise ZeroDivisionError

    running.intake.submit = submit  # type: ignore[method-assign]
    await in_thread(mosquitto.publish, TOPIC, frame(1))
    with pytest.raises(ZeroDivisionError):
        await asyncio.wait_for(running.task, 10)


async def test_qos_2_from_another_programs_subscription_is_completed_once_on_disk(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    await new_session(run_source, mosquitto)
    await in_thread(_subscribe_with_qos_2, mosquitto)
    await in_thread(mosquitto.publish, TOPIC, frame(1), frame(2), qos=2)
    running = run_source(mosquitto)
    await running.heard(1, 2)
    assert "Received PUBREC from kk-01" not in mosquitto.log
    running.intake.settle()
    await running.until(lambda: mosquitto.log.count("Received PUBCOMP from kk-01") == 2)


def _subscribe_with_qos_2(broker: Mosquitto) -> None:
    """As a program would that had this client id before us."""
    done = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, "kk-01", clean_session=False)
    client.on_connect = lambda *_: client.subscribe("gateway/+/event/#", 2)
    client.on_subscribe = lambda *_: done.set()
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    assert done.wait(10)
    client.disconnect()
    client.loop_stop()
