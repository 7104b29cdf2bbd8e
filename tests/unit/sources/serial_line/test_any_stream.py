"""Guards every modem against any stream: nothing is raised, memory is bounded, chunk borders do not matter.

Hypothesis mixes good reports, their truncations and flipped bits with random bytes, and cuts the stream
anywhere. Time stands still, so that only the bytes can make a difference.
"""

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.sources.serial_line.said import Dropped, Event, Silence
from hil.simulators.modems import FIRMWARES

KEPT_BYTES_MAX = 5000
"""What a framer may hold of an unfinished line or record."""
PAYLOAD = bytes.fromhex("40c0dbdc0d0a2c2b00ff")
ANY_CHUNKS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def report(modem: str) -> bytes:
    """One packet as this modem writes it."""
    return FIRMWARES[modem]().hand_over(PAYLOAD, -90, -3)


def alone(modem: str, talk: Callable[..., Any]) -> list[Event]:
    """What its report tells when nothing else is said; the modems' own tests say what that must be."""
    listener = talk(modem)
    listener.says(report(modem))
    listener.pass_time(60)
    return [event for event in listener.tells() if not isinstance(event, Silence)]


def kept(conversation: Any) -> int:
    framer = conversation._modem.framer
    return sum(len(value) for value in vars(framer).values() if isinstance(value, bytearray))


def streams(modem: str) -> st.SearchStrategy[bytes]:
    good = report(modem)
    cut = st.integers(0, len(good)).map(lambda end: good[:end])
    flipped = st.tuples(st.integers(0, len(good) - 1), st.integers(0, 7)).map(
        lambda flip: good[: flip[0]] + bytes([good[flip[0]] ^ 1 << flip[1]]) + good[flip[0] + 1 :]
    )
    ends = st.sampled_from(
        [b"\r\n", b"\xc0", b"OK\r\n", b"+READY\r\n", b"Current Work Mode: x\r\n"]
    )
    parts = st.one_of(st.just(good), cut, flipped, st.binary(max_size=40), ends)
    return st.lists(parts, max_size=12).map(b"".join)


@pytest.mark.parametrize("modem", sorted(FIRMWARES))
@given(data=st.data())
@ANY_CHUNKS
def test_chunk_borders_do_not_matter_and_nothing_is_raised(
    modem: str, data: st.DataObject, talk: Callable[..., Any]
) -> None:
    stream = data.draw(streams(modem))
    at = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    told = []
    for borders in ([0, len(stream)], [0, *at, len(stream)], [*range(len(stream)), len(stream)]):
        listener = talk(modem)
        for start, end in pairwise(borders):
            listener.says(stream[start:end])
            assert kept(listener.conversation) <= KEPT_BYTES_MAX
        listener.pass_time(100)
        told.append(listener.tells())
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("modem", sorted(FIRMWARES))
def test_a_good_report_after_a_megabyte_of_garbage_is_read(
    modem: str, talk: Callable[..., Any]
) -> None:
    listener = talk(modem).open()
    noise = random.Random(19).randbytes(1 << 20).translate(None, b"\n\xc0")
    for at in range(0, len(noise), 4096):
        listener.says(noise[at : at + 4096])
        assert kept(listener.conversation) <= KEPT_BYTES_MAX
    assert sum(isinstance(event, Dropped) for event in listener.tells()) <= 2
    listener.says(b"\xc0" if modem == "rnode" else b"\n")
    listener.pass_time(60)
    listener.tells()
    listener.says(report(modem))
    listener.pass_time(60)
    told = [event for event in listener.tells() if not isinstance(event, Silence)]
    assert told == alone(modem, talk)


@pytest.mark.parametrize("modem", sorted(set(FIRMWARES) - {"ebyte_e22", "rnode"}))
def test_every_truncation_of_a_report_leaves_the_next_one_whole(
    modem: str, talk: Callable[..., Any]
) -> None:
    good = report(modem)
    whole = alone(modem, talk)[-1]
    for end in range(len(good)):
        listener = talk(modem)
        listener.says(good[:end] + b"\r\n" + good)
        listener.pass_time(30)
        assert whole in listener.tells(), good[:end]
