"""Guards the section: defaults, what belongs together, and that each fault says what to write instead."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.sources.mqtt.config import MqttSection


def section(**keys: Any) -> MqttSection:
    return MqttSection.model_validate({"client_id": "kk-01", **keys})


def fault(**keys: Any) -> str:
    with pytest.raises(ValidationError) as invalid:
        section(**keys)
    return str(invalid.value)


def test_the_defaults_are_those_of_the_documentation() -> None:
    got = section()
    assert got.url == "mqtt://127.0.0.1:1883"
    assert got.topics == ("+/gateway/+/event/up", "gateway/+/event/up")
    assert (got.format, got.qos, got.version) == ("auto", 1, "auto")
    assert got.receive_maximum == 1000
    assert got.session_expiry == 7 * 86_400
    assert got.max_packet == 256 * 1024
    assert got.keepalive == 30
    assert got.password_file is got.ca_file is got.cert_file is got.key_file is None


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("mqtt://127.0.0.1:1883", ("127.0.0.1", 1883, False)),
        ("mqtt://broker", ("broker", 1883, False)),
        ("mqtts://broker.example", ("broker.example", 8883, True)),
        ("mqtts://broker.example:443/", ("broker.example", 443, True)),
        ("mqtt://[::1]:1884", ("::1", 1884, False)),
    ],
)
def test_a_url_says_host_port_and_tls(url: str, place: tuple[str, int, bool]) -> None:
    assert section(url=url).place == place


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("broker:1883", "mqtt://host:1883"),
        ("tcp://broker:1883", "mqtt://host:1883"),
        ("ws://broker", "mqtt://host:1883"),
        ("mqtt://", "mqtt://host:1883"),
        ("mqtt://broker:99999", "1 to 65535"),
        ("mqtt://broker:x", "1 to 65535"),
        ("mqtt://broker/topic", "no path"),
        ("mqtt://me:secret@broker", "password_file"),
    ],
)
def test_a_url_that_is_none_says_what_to_write(url: str, remedy: str) -> None:
    told = fault(url=url)
    assert remedy in told
    assert "secret" not in told


@pytest.mark.parametrize("client_id", ["", "a\0b", "x" * 65_536])
def test_a_client_id_has_to_be_given(client_id: str) -> None:
    assert "kk-01" in fault(client_id=client_id)


def test_a_client_id_that_is_left_out_says_why_it_is_needed() -> None:
    with pytest.raises(ValidationError, match="while this gateway is away"):
        MqttSection.model_validate({})


@pytest.mark.parametrize(
    "topic",
    ["", "a/#/b", "a#", "a/b#", "a+/b", "#/#", "$share//a", "$share/a", "a\0b", "x" * 70_000],
)
def test_a_topic_that_a_broker_would_hang_up_on_is_refused(topic: str) -> None:
    assert (
        "topic" in fault(topics=[topic])
        or "level" in fault(topics=[topic])
        or "#" in fault(topics=[topic])
    )


@pytest.mark.parametrize("topic", ["#", "+", "a/+/b/#", "/a", "$share/kk/gateway/+/event/up"])
def test_topic_filters_are_taken(topic: str) -> None:
    assert section(topics=[topic, topic]).topics == (topic,)


def test_at_least_one_topic_is_needed() -> None:
    assert "at least one topic" in fault(topics=[])


def test_files_are_beside_the_configuration() -> None:
    got = MqttSection.model_validate(
        {
            "client_id": "kk-01",
            "url": "mqtts://broker",
            "username": "kk",
            "password_file": "mqtt.password",
            "ca_file": "/etc/ca.pem",
            "cert_file": "",
        },
        context={"base": Path("/etc/lora-gateway")},
    )
    assert got.password_file == Path("/etc/lora-gateway/mqtt.password")
    assert got.ca_file == Path("/etc/ca.pem")
    assert got.cert_file is None


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"password_file": "x"}, "username"),
        ({"url": "mqtts://b", "cert_file": "x"}, "go together"),
        ({"url": "mqtts://b", "key_file": "x"}, "go together"),
        ({"ca_file": "x"}, "mqtts://"),
        ({"qos": 2}, "0 or 1"),
        ({"receive_maximum": 0}, "greater than or equal to 1"),
        ({"receive_maximum": 65_536}, "less than or equal to 65535"),
        ({"keepalive": "1 s"}, "greater than or equal to 5"),
        ({"max_packet": "1 KiB"}, "greater than or equal to 4096"),
        ({"session_expiry": 7}, "text with a unit"),
        ({"format": "xml"}, "chirpstack_gateway"),
        ({"version": "3.1"}, "3.1.1"),
        ({"host": "x"}, "host"),
    ],
)
def test_what_does_not_go_is_told(keys: dict[str, Any], told: str) -> None:
    assert told in fault(**keys)
