"""Guards that acknowledgements leave in the order of the messages, in whatever order these are settled."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.mqtt.acknowledgements import Acknowledgements


def expecting(*packets: bytes) -> Acknowledgements:
    acknowledgements = Acknowledgements()
    for packet in packets:
        acknowledgements.expect(packet)
    return acknowledgements


def test_what_is_settled_in_order_leaves_at_once() -> None:
    due = expecting(b"1", b"2", b"3")
    assert [due.settle(packet) for packet in (b"1", b"2", b"3")] == [b"1", b"2", b"3"]
    assert len(due) == 0


def test_what_is_settled_early_waits_for_those_before_it() -> None:
    due = expecting(b"1", b"2", b"3", b"4")
    assert due.settle(b"2") == b""
    assert due.settle(b"3") == b""
    assert len(due) == 4
    assert due.settle(b"1") == b"123"
    assert len(due) == 1
    assert due.settle(b"4") == b"4"


def test_what_is_settled_twice_or_never_came_does_nothing() -> None:
    due = expecting(b"1", b"2")
    assert due.settle(b"9") == b""
    assert due.settle(b"2") == due.settle(b"2") == b""
    assert due.settle(b"1") == b"12"
    assert due.settle(b"1") == b""
    due.expect(b"2")
    assert due.settle(b"2") == b"2"


@given(st.permutations([bytes([number]) for number in range(12)]))
def test_any_order_of_settling_gives_the_order_of_messages(order: list[bytes]) -> None:
    packets = sorted(order)
    due = expecting(*packets)
    sent = b""
    for settled, packet in enumerate(order, start=1):
        sent += due.settle(packet)
        done = set(order[:settled])
        first_open = next((at for at, one in enumerate(packets) if one not in done), 12)
        assert sent == b"".join(packets[:first_open])
    assert len(due) == 0
