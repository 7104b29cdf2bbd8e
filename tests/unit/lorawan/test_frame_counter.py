"""Guards which 32-bit counters are tried, and the window of heard counters, against a plain dict."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.lorawan.frame_counter import COUNTERS_KEPT, CounterWindow, expected, searched

TOP = 2**32 - 1
counters = st.integers(0, TOP)
mics = st.binary(min_size=4, max_size=4)


def noted(*f_cnts: int) -> CounterWindow:
    window = CounterWindow()
    for f_cnt in f_cnts:
        window.note(f_cnt, f_cnt.to_bytes(4, "big"))
    return window


@pytest.mark.parametrize(
    ("newest", "f_cnt16", "f_cnt"),
    [
        (None, 0, 0),
        (None, 65535, 65535),
        (0, 0, 0),
        (0, 1, 1),
        (65534, 65535, 65535),
        (65535, 0, 65536),
        (65535, 65535, 65535),
        (65536, 65535, 65535),
        (131071, 0, 131072),
        (65536 + 10, 60000, 131072 - 65536 + 60000),
        (65536 + 10, 65536 - 4085, 65536 - 4085),
        (65536 + 10, 65536 - 4086, 131072 - 4086),
        (100, 65535, 65535),
        (TOP, 65535, TOP),
        (TOP, 65534, TOP - 1),
        (TOP, 0, TOP - 65535),
    ],
)
def test_the_expected_counter_is_the_one_in_reach_of_the_newest(newest, f_cnt16, f_cnt):
    assert expected(newest, f_cnt16) == f_cnt


@given(counters, st.integers(0, 0xFFFF))
def test_the_expected_counter_has_the_low_half_and_is_a_counter(newest, f_cnt16):
    f_cnt = expected(newest, f_cnt16)
    assert f_cnt & 0xFFFF == f_cnt16
    assert 0 <= f_cnt <= TOP


@given(counters, st.integers(-COUNTERS_KEPT + 1, 61_440))
def test_the_expected_counter_is_right_from_the_windows_end_to_61440_ahead(newest, step):
    f_cnt = newest + step
    if 0 <= f_cnt <= TOP:
        assert expected(newest, f_cnt & 0xFFFF) == f_cnt


def test_a_known_session_is_searched_near_the_newest_then_8_upward_then_at_0():
    high = [f_cnt >> 16 for f_cnt in searched(20 << 16 | 30_000, 30_001)]
    assert high == [21, 19, 22, 23, 24, 25, 26, 27, 28, 29, 0]
    # After a rollover the expected value has the next high half, so the newest's own comes first.
    high = [f_cnt >> 16 for f_cnt in searched(20 << 16 | 0xFFFF, 0)]
    assert high == [20, 19, 22, 23, 24, 25, 26, 27, 28, 29, 0]


def test_high_half_0_is_tried_once_wherever_the_newest_is():
    def high(newest):
        return [f_cnt >> 16 for f_cnt in searched(newest << 16 | 30_000, 30_001)]

    assert high(0) == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert high(1) == [2, 0, 3, 4, 5, 6, 7, 8, 9, 10]
    assert high(2) == [3, 1, 4, 5, 6, 7, 8, 9, 10, 11, 0]
    assert high(0xFFFF) == [0xFFFE, 0]


def test_a_fresh_session_is_searched_over_16_high_halves():
    assert list(searched(None, 7)) == [n << 16 | 7 for n in range(1, 16)]


@given(st.one_of(st.none(), counters), st.integers(0, 0xFFFF))
def test_a_search_tries_nothing_twice_and_stays_within_32_bits(newest, f_cnt16):
    tried = [expected(newest, f_cnt16), *searched(newest, f_cnt16)]
    assert len(set(tried)) == len(tried) <= 16
    assert all(f_cnt & 0xFFFF == f_cnt16 and 0 <= f_cnt <= TOP for f_cnt in tried)


def test_an_empty_window_knows_nothing():
    window = CounterWindow()
    assert (window.newest, len(window), window.mic_of(0), window.size_bytes) == (None, 0, None, 0)
    assert window.snapshot() == b""
    assert CounterWindow.restore(b"").newest is None


def test_the_window_ends_4095_behind_the_newest():
    window = noted(0, 1, 4095)
    assert window.mic_of(0) == bytes(4)
    window.note(4096, b"next")
    assert window.mic_of(0) is None
    assert window.mic_of(1) == b"\0\0\0\1"
    assert window.mic_of(4097) is None


def test_counters_that_were_skipped_are_not_taken_for_those_a_ring_before():
    window = noted(*range(5000))
    window.note(5010, b"jump")
    assert [window.mic_of(f_cnt) for f_cnt in range(5000, 5010)] == [None] * 10
    assert window.mic_of(4999) == (4999).to_bytes(4, "big")


@pytest.mark.parametrize("gap", [COUNTERS_KEPT - 1, COUNTERS_KEPT, COUNTERS_KEPT + 1, 10**6])
def test_a_jump_as_long_as_the_window_empties_it(gap):
    window = noted(*range(100))
    window.note(99 + gap, b"jump")
    assert len(window) == (2 if gap == COUNTERS_KEPT - 1 else 1)
    assert window.mic_of(99 + gap) == b"jump"


def test_the_ring_grows_with_use_to_16_kib_and_no_further():
    window = noted(1_000_000)
    assert window.size_bytes == 4
    for f_cnt in range(1_000_001, 1_000_100):
        window.note(f_cnt, b"mic!")
    assert window.size_bytes == 400
    for f_cnt in range(1_000_100, 1_010_000):
        window.note(f_cnt, b"mic!")
    assert window.size_bytes == 16 * 1024
    assert len(window) == COUNTERS_KEPT
    assert len(window.snapshot()) <= 16 * 1024 + 512 + 14


def test_a_counter_older_than_the_window_leaves_the_mics_alone():
    window = noted(10_000)
    window.note(3, b"old!")
    assert (window.first, window.newest, len(window)) == (3, 10_000, 1)
    assert window.mic_of(3) is None
    # One ring behind the newest is the newest's own place.
    window.note(10_000 - COUNTERS_KEPT, b"ring")
    assert window.mic_of(10_000) == (10_000).to_bytes(4, "big")
    assert len(window) == 1


def test_a_snapshot_cut_anywhere_is_refused():
    whole = noted(*range(100, 140), 150, 90).snapshot()
    # Cut at a multiple of four the MICs are fewer, and those that are marked as heard are missed.
    for size in range(1, len(whole)):
        with pytest.raises(ValueError, match="snapshot"):
            CounterWindow.restore(whole[:size])


@pytest.mark.parametrize(
    "snapshot",
    [
        "05000000 09000000 05000000 0100 01 61626364",  # first above newest
        "05000000 05000000 05000000 0100 02 61626364",  # newest itself not heard
        "05000000 00000000 05000000 0100 ff 61626364",  # more heard than there are counters
        "05000000 05000000 05000000 0100 01 616263",  # half a MIC
    ],
)
def test_a_snapshot_that_contradicts_itself_is_refused(snapshot):
    with pytest.raises(ValueError, match="damaged"):
        CounterWindow.restore(bytes.fromhex(snapshot))


def test_a_snapshot_with_more_than_a_ring_is_refused():
    with pytest.raises(ValueError, match="damaged"):
        CounterWindow.restore(noted(*range(4096)).snapshot() + b"more")
    too_far = (1 << COUNTERS_KEPT | 1).to_bytes(513, "little")
    head = bytes.fromhex("ffff0000 05000000 05000000 0102")
    with pytest.raises(ValueError, match="damaged"):
        CounterWindow.restore(head + too_far + bytes(16 * 1024))


@given(st.binary(max_size=200))
def test_random_snapshots_are_refused_or_restored(snapshot):
    try:
        window = CounterWindow.restore(snapshot)
    except ValueError:
        return
    again = CounterWindow.restore(window.snapshot())
    assert (again.newest, again.first, len(again)) == (window.newest, window.first, len(window))


class WindowAgainstDict(RuleBasedStateMachine):
    """The model: every counter ever noted, in a dict; the window is the part near the greatest."""

    def __init__(self) -> None:
        super().__init__()
        self.window = CounterWindow()
        self.all: dict[int, bytes] = {}

    @initialize(start=counters, mic=mics)
    def start(self, start: int, mic: bytes) -> None:
        self.note(start, mic)

    def note(self, f_cnt: int, mic: bytes) -> None:
        # What fell out of the window once does not come back.
        if not self.all or f_cnt > max(self.all) - COUNTERS_KEPT:
            self.all[f_cnt] = mic
        self.lowest = min(getattr(self, "lowest", f_cnt), f_cnt)
        self.window.note(f_cnt, mic)

    @rule(step=st.integers(1, 3), mic=mics)
    def ahead(self, step: int, mic: bytes) -> None:
        self.note(min(max(self.all) + step, TOP), mic)

    @rule(step=st.sampled_from([100, 4094, 4095, 4096, 4097, 65536]), mic=mics)
    def far_ahead(self, step: int, mic: bytes) -> None:
        self.note(min(max(self.all) + step, TOP), mic)

    @rule(count=st.integers(1, 600))
    def many(self, count: int) -> None:
        start = max(self.all)
        for f_cnt in range(start + 1, min(start + count, TOP) + 1):
            self.note(f_cnt, f_cnt.to_bytes(4, "little"))

    @rule(back=st.integers(0, 5000), mic=mics)
    def behind(self, back: int, mic: bytes) -> None:
        self.note(max(max(self.all) - back, 0), mic)

    @rule()
    def restart(self) -> None:
        self.window = CounterWindow.restore(self.window.snapshot())

    @rule(back=st.integers(-10, 5000))
    def look(self, back: int) -> None:
        f_cnt = max(self.all) - back
        inside = 0 <= back < COUNTERS_KEPT
        assert self.window.mic_of(f_cnt) == (self.all.get(f_cnt) if inside else None)

    @invariant()
    def agrees(self) -> None:
        if not self.all:
            return
        newest = max(self.all)
        assert self.window.newest == newest
        assert self.window.first == self.lowest
        assert len(self.window) == sum(f_cnt > newest - COUNTERS_KEPT for f_cnt in self.all)
        assert self.window.size_bytes <= 16 * 1024


TestWindowAgainstDict = WindowAgainstDict.TestCase
TestWindowAgainstDict.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, derandomize=True
)
