"""Guards how the MQTT source reaches a broker: versions of the protocol, TLS, and nobody being there."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from paho.mqtt import publish

from gateway.sources.mqtt import connection as connection_module
from tests.mosquitto_fixtures import Certificates, Mosquitto
from tests.mqtt_gateway import TOPIC, Running, frame, in_thread
from tests.scripted_broker import CONNACK, Serve, listening, silent, suback

Start = Callable[..., Running]
StartBroker = Callable[..., Mosquitto]

pytestmark = pytest.mark.real


# -- versions of the protocol -------------------------------------------------------------------------


def before(port: int, answer_to_5: bytes) -> tuple[Serve, list[int]]:
    """A relay to a broker that answers a CONNECT of MQTT 5 itself and hangs up; and the versions it saw."""
    versions: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(2)
        assert head[1] < 128
        connect = head + await reader.readexactly(head[1])
        versions.append(connect[8])
        if connect[8] == 5:
            writer.write(answer_to_5)
            await writer.drain()
            return
        back, forth = await asyncio.open_connection("127.0.0.1", port)
        forth.write(connect)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pump(reader, forth))
                group.create_task(pump(back, writer))
        finally:
            forth.close()

    return serve, versions


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        sink.write(data)
        await sink.drain()
    raise ConnectionResetError


@pytest.mark.parametrize("answer", [b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00"])
async def test_a_broker_that_refuses_version_5_is_spoken_to_in_3_1_1_from_then_on(
    run_source: Start, mosquitto: Mosquitto, answer: bytes
) -> None:
    serve, versions = before(mosquitto.port, answer)
    async with listening(serve) as url:
        running = await run_source(url).up()
        assert running.health.sentence.endswith("by MQTT 3.1.1")
        await in_thread(mosquitto.publish, TOPIC, frame(1))
        await running.heard(1)
        running.connection.abandon()
        await running.until(lambda: running.health.counters.get("reconnects") == 1)
        await running.up()
        assert versions == [5, 4, 4]


async def test_a_broker_that_hangs_up_on_version_5_is_tried_with_both(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    serve, versions = before(mosquitto.port, b"")
    async with listening(serve) as url:
        running = await run_source(url).up()
        assert running.health.sentence.endswith("by MQTT 3.1.1")
        assert versions == [5, 4]


async def test_a_broker_that_hangs_up_while_it_restarts_is_still_spoken_to_in_5(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    """As a proxy does whose broker is away for a moment."""
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections == 2:
            await reader.read(1)
            return
        back, forth = await asyncio.open_connection("127.0.0.1", mosquitto.port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pump(reader, forth))
                group.create_task(pump(back, writer))
        except* ConnectionError:
            pass
        finally:
            forth.close()

    async with listening(serve) as url:
        running = await run_source(url).up()
        running.connection.abandon()
        await running.until(lambda: connections >= 3)
        await running.up()
        assert "by MQTT 5" in running.health.sentence


async def test_a_version_that_is_configured_is_not_given_up(
    run_source: Start, mosquitto: Mosquitto
) -> None:
    serve, versions = before(mosquitto.port, b"\x20\x02\x00\x01")
    async with listening(serve) as url:
        running = run_source(url, version="5")
        await running.until(lambda: len(versions) >= 3)
        assert set(versions) == {5}
        assert running.health.state == "down"


# -- TLS ----------------------------------------------------------------------------------------------


@pytest.fixture
def tls_broker(start_mosquitto: StartBroker, certificates: Certificates) -> Mosquitto:
    return start_mosquitto(
        lines=[
            "allow_anonymous true",
            f"cafile {certificates.ca}",
            f"certfile {certificates.broker}",
            f"keyfile {certificates.broker_key}",
            "require_certificate true",
        ]
    )


def tls_url(broker: Mosquitto, host: str = "127.0.0.1") -> str:
    return f"mqtts://{host}:{broker.port}"


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_tls_with_a_certificate_of_our_own(
    run_source: Start, tls_broker: Mosquitto, certificates: Certificates, version: str
) -> None:
    files = {
        "ca_file": certificates.ca,
        "cert_file": certificates.gateway,
        "key_file": certificates.gateway_key,
    }
    running = await run_source(tls_url(tls_broker), version=version, **files).up()
    running.intake.at_once = True
    tls = {
        "ca_certs": certificates.ca,
        "certfile": certificates.gateway,
        "keyfile": certificates.gateway_key,
    }
    messages: Any = [{"topic": TOPIC, "payload": frame(n, size=255), "qos": 1} for n in range(1000)]
    port = tls_broker.port
    await in_thread(publish.multiple, messages, "127.0.0.1", port, tls=tls, client_id="")
    await running.until(lambda: len(running.intake.numbers()) == 1000)
    assert running.intake.numbers() == list(range(1000))
    await running.until(lambda: running.connection.unacknowledged == 0)


async def test_a_certificate_of_an_unknown_authority_is_blocked(
    run_source: Start, tls_broker: Mosquitto, certificates: Certificates
) -> None:
    running = run_source(tls_url(tls_broker), ca_file=certificates.other_ca)
    await running.until(lambda: running.health.state == "blocked")
    assert "ca_file" in running.health.sentence


async def test_a_certificate_for_another_name_is_blocked(
    run_source: Start, tls_broker: Mosquitto, certificates: Certificates
) -> None:
    running = run_source(tls_url(tls_broker, "localhost"), ca_file=certificates.ca)
    await running.until(lambda: running.health.state == "blocked")
    assert "the name in the certificate" in running.health.sentence


async def test_a_broker_that_wants_our_certificate_does_not_get_on_without(
    run_source: Start, tls_broker: Mosquitto, certificates: Certificates
) -> None:
    running = run_source(tls_url(tls_broker), ca_file=certificates.ca)
    await running.until(lambda: running.health.state == "down")


async def test_tls_to_a_port_without_is_told(
    run_source: Start, mosquitto: Mosquitto, certificates: Certificates
) -> None:
    running = run_source(tls_url(mosquitto), ca_file=certificates.ca)
    await running.until(lambda: running.health.state == "down")
    assert str(mosquitto.port) in running.health.sentence


# -- nobody there -------------------------------------------------------------------------------------


async def test_a_broker_that_comes_later_is_found(run_source: Start, mosquitto: Mosquitto) -> None:
    await in_thread(mosquitto.stop)
    running = run_source(mosquitto)
    await running.until(lambda: running.health.state == "down")
    assert "refused" in running.health.sentence
    await in_thread(mosquitto.start)
    await running.up()
    assert "reconnects" not in running.health.counters


async def test_an_unknown_name_is_told(run_source: Start) -> None:
    running = run_source("mqtt://no-such-broker.invalid")
    await running.until(lambda: running.health.state == "down")
    assert "no-such-broker.invalid" in running.health.sentence


async def test_a_broker_that_does_not_answer_is_given_up(
    run_source: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "ANSWER_TIMEOUT_S", 0.2)
    async with listening(silent) as url:
        running = run_source(url)
        await running.until(lambda: running.health.state == "down")
        assert "did not answer" in running.health.sentence
        await running.end()


async def test_it_can_be_ended_while_it_waits_for_an_answer(run_source: Start) -> None:
    async with listening(silent) as url:
        running = run_source(url)
        await running.until(lambda: running.connection and running.connection._wire._fd)
        async with asyncio.timeout(5):
            await running.close()
        assert running.health.state == "stopped"


async def test_a_connection_that_went_dead_is_noticed_by_its_silence(run_source: Start) -> None:
    """As after a cable is pulled: the broker answers at first, then nothing comes any more."""

    async def then_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)
        writer.write(CONNACK)
        writer.write(await suback(reader, 1))
        await silent(reader, writer)

    async with listening(then_silent) as url:
        running = run_source(url)
        short = running.source._section.model_copy(update={"keepalive": 1.0})
        running.source._section = short
        await running.up()
        await running.until(lambda: running.health.state == "down")
        await running.end()
