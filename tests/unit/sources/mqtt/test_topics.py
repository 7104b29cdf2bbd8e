"""Guards what a topic tells: the topics that servers and bridges use, their prefixes, and what is none of them."""

import pytest

from gateway.sources.mqtt.topics import Format, kind_of, receiver_of


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("gateway/0016c001f153a14c/event/up", "gateway_up"),
        ("eu868/gateway/0016c001f153a14c/event/up", "gateway_up"),
        ("city/a/as923/gateway/0016c001f153a14c/event/up", "gateway_up"),
        ("gateway/0016c001f153a14c/rx", "gateway_up"),
        ("gateway/0016c001f153a14c/event/stats", "gateway_stats"),
        ("gateway/0016c001f153a14c/stats", "gateway_stats"),
        ("gateway/0016c001f153a14c/event/ack", "other"),
        ("gateway/0016c001f153a14c/event/mesh", "other"),
        ("gateway/0016c001f153a14c/state/conn", "other"),
        ("gateway/0016c001f153a14c/command/down", "other"),
        ("gateway/0016c001f153a14c/tx", "other"),
        ("application/7/device/0101010101010101/event/up", "application_up"),
        ("application/7/device/0101010101010101/rx", "application_up"),
        ("application/7/node/0101010101010101/rx", "application_up"),
        ("x/application/7/device/0101010101010101/event/up", "application_up"),
        ("application/7/device/0101010101010101/event/join", "other"),
        ("application/7/device/0101010101010101/command/down", "other"),
        ("v3/app@ttn/devices/dev/up", "the_things_stack_up"),
        ("v3/app/devices/dev/up", "the_things_stack_up"),
        ("v3/app@ttn/devices/dev/up/normalized", "other"),
        ("v3/app@ttn/devices/dev/down/queued", "other"),
        ("app/devices/dev/up", "unknown"),
        ("gateway/event/up/more/levels", "unknown"),
        ("gateway", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_topic_tells_the_dialect_and_the_event(topic: str, kind: str) -> None:
    assert kind_of(topic, "auto") == kind


@pytest.mark.parametrize(
    ("format", "known"),
    [
        ("chirpstack_gateway", "gateway_up"),
        ("chirpstack_application", "application_up"),
        ("the_things_stack", "the_things_stack_up"),
    ],
)
def test_a_format_knows_only_its_own_topics(format: Format, known: str) -> None:  # noqa: A002
    topics = {
        "gateway_up": "gateway/0016c001f153a14c/event/up",
        "application_up": "application/7/device/0101010101010101/event/up",
        "the_things_stack_up": "v3/app@ttn/devices/dev/up",
    }
    for kind, topic in topics.items():
        assert kind_of(topic, format) == (kind if kind == known else "unknown")


def test_rxpk_is_rxpk_on_every_topic() -> None:
    assert kind_of("gateway/0016c001f153a14c/event/up", "rxpk") == "rxpk"


@pytest.mark.parametrize(
    ("topic", "receiver"),
    [
        ("a/0016C001F153A14C/up", "0016c001f153a14c"),
        ("00-16-c0-01-f1-53-a1-4c", "0016c001f153a14c"),
        ("lora/00:16:c0:01:f1:53:a1:4c", "0016c001f153a14c"),
        ("a0016c001f153a14c/up", None),
        ("0016c001f153a14c0/up", None),
        ("a/b", None),
        ("", None),
    ],
)
def test_the_receiver_is_a_level_that_is_an_eui(topic: str, receiver: str | None) -> None:
    assert receiver_of(topic) == receiver
