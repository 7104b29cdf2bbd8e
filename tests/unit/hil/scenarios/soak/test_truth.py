"""Guards what is owed: a frame may be missing only when it was sent at most once and while nobody could hear."""

import time
from typing import Any

import pytest

from hil.scenarios.soak.truth import Book, Way
from hil.simulators.fleet import Fleet


@pytest.fixture
def book() -> Book:
    return Book("soak", {one.identity.name: {"zone": "centre"} for one in Fleet(1).devices})


def sent(book: Book, way: Way, **more: Any) -> Any:
    (device,) = Fleet(1).devices
    return book.note(device.speak(1_700_000_000.1234), way, ("02c1",), timed=True, **more)


def test_an_uplink_is_kept_with_what_the_database_must_have(book: Book) -> None:
    one = sent(book, "gateways")
    assert one.time_ns == 1_700_000_000_123_000_000
    assert dict(one.tags)["zone"] == "centre"
    assert dict(one.tags)["site"] == "soak"
    assert dict(one.fields)["temperature_c"]
    assert book.count("gateways") == 1


def test_mqtt_is_never_excused(book: Book) -> None:
    book.close("roof")
    book.close("modem")
    assert not book.may_be_missing(sent(book, "gateways"))


def test_udp_is_excused_only_while_it_was_closed(book: Book) -> None:
    before = sent(book, "roof")
    assert not book.may_be_missing(before)
    book.close("roof")
    assert book.is_closed("roof")
    during = sent(book, "roof")
    book.open("roof")
    time.sleep(0.002)
    after = sent(book, "roof")
    assert [book.may_be_missing(one) for one in (before, during, after)] == [False, True, False]
    assert not book.is_closed("roof")


def test_a_kill_excuses_what_came_shortly_before_it(book: Book) -> None:
    before = sent(book, "roof")
    book.close("roof", time.time() - 1)
    assert book.may_be_missing(before)


def test_a_closed_way_is_closed_once(book: Book) -> None:
    book.close("modem", time.time() - 10)
    book.close("modem")
    book.open("modem")
    assert 9 < book.closed_s("modem") < 11
