"""A flood of frames that anybody can make writes little: the first of a minute are kept, all are counted."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.model import Malformed, Record
from gateway.store.sampling import KEPT_PER_MINUTE_MAX, Sampling
from gateway.store.store import Store
from hil.simulators.power_cut import RecordingDisk
from tests.store_bench import balanced, close, frame, kept_numbers, opened, put, refused, stamp


def kept(sampling: Sampling, outcome: str, count: int, at_s: float) -> int:
    """How many of a second's frames are kept."""
    return sum(sampling.keeps(frame(n, at_s=at_s), outcome) for n in range(count))


def test_the_first_of_each_minute_are_kept_of_each_reason() -> None:
    sampling = Sampling()
    minute_s = 60.0 - (stamp().boot_ns / 1e9) % 60
    tally = Counter[str]()
    for second in range(60):
        for reason in ("bad_mic", "malformed"):
            tally[reason] += kept(sampling, reason, 100, minute_s + second)
    assert tally == {"bad_mic": KEPT_PER_MINUTE_MAX, "malformed": KEPT_PER_MINUTE_MAX}
    assert kept(sampling, "bad_mic", 5, minute_s + 60.0) == 5


@pytest.mark.parametrize("outcome", ["undecided", "repeated", "no_decoder", "wrong_length"])
def test_what_needs_a_key_is_kept_always(outcome: str) -> None:
    assert kept(Sampling(), outcome, 3 * KEPT_PER_MINUTE_MAX, 0.0) == 3 * KEPT_PER_MINUTE_MAX


def test_a_recording_is_kept_whole() -> None:
    sampling = Sampling()
    heard = replace(frame(1), recorded=True)
    assert all(sampling.keeps(heard, "bad_mic") for _ in range(3 * KEPT_PER_MINUTE_MAX))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = opened(tmp_path / "store.db")
    yield made
    await close(made)


async def test_a_flood_is_counted_whole_and_its_sums_hold(store: Store) -> None:
    many = 3 * KEPT_PER_MINUTE_MAX
    put(store, *(refused(number, at_s=0.0) for number in range(many)))
    put(store, Record(Malformed("udp", b"{", "no JSON", stamp()), "malformed", sentence="no JSON"))
    await store.commit()
    found = balanced(store.path)
    assert found.outcomes == {"unknown_device": many, "malformed": 1}
    assert kept_numbers(store.path) == set(range(KEPT_PER_MINUTE_MAX))
    again = stamp(61.0)
    put(store, Record(replace(frame(many), received=again), "unknown_device", sentence="nobody"))
    await store.commit()
    assert many in kept_numbers(store.path)
    balanced(store.path)


async def test_a_flood_of_a_minute_writes_a_seventh_of_what_keeping_all_would(
    tmp_path: Path,
) -> None:
    with RecordingDisk("wear") as disk:
        store = opened(tmp_path / "wear.db", vfs=disk.name)
        number = 0
        for tenth in range(600):  # a thousand a second, ten commits a second
            put(store, *(refused(number + n, at_s=8.0 + tenth / 10, size=23) for n in range(100)))
            number += 100
            await store.commit()
        await close(store)
        written = sum(len(one.data) for one in disk.operations if one.kind == "write")
    assert number == 60_000
    assert written < 4_000_000, "all of them kept take 28 MB"
