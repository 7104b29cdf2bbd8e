"""Events that a network server has judged: counters are told apart, and nothing is refused."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Record
from gateway.pipeline.event_sessions import SESSIONS_MAX, EventSessions, Judged
from tests.pipeline_bench import NEAR, START_S, event_of, heard_by, who


def event(f_cnt: int, **more: Any) -> Any:
    return event_of(who(), f_cnt, b"\x01", START_S, **more)


def judge(sessions: EventSessions, *f_cnts: int) -> list[tuple[int, int]]:
    judged = [sessions.judge(event(f_cnt), again=False) for f_cnt in f_cnts]
    return [(one.epoch, one.lost) for one in judged]


def test_a_gap_is_counted_as_lost_but_not_before_the_first() -> None:
    assert judge(EventSessions(), 100, 101, 105) == [(0, 0), (0, 0), (0, 3)]


def test_a_lower_counter_is_the_next_epoch_and_counts_from_there() -> None:
    assert judge(EventSessions(), 10, 3, 4, 6, 0) == [(0, 0), (1, 0), (1, 0), (1, 1), (2, 0)]


def test_the_same_event_again_is_repeated_and_another_at_its_counter_an_epoch() -> None:
    sessions = EventSessions()
    sessions.judge(event(5), again=False)
    assert sessions.judge(event(5), again=True) == Judged(0, 0, repeated=True)
    assert sessions.judge(event(5), again=False) == Judged(1, 0, repeated=False)


def test_device_address_and_the_servers_session_id_make_a_session() -> None:
    sessions = EventSessions()
    sessions.judge(event(50), again=False)
    for other in (event(2, dev_addr="0200ffff"), event(2, session_id="s2"), event(2, dev_eui="ee")):
        assert sessions.judge(other, again=False) == Judged(0, 0, repeated=False)


def test_what_is_recalled_is_gone_on_with() -> None:
    sessions = EventSessions()
    sessions.recall(Record(event(7), "uplink"), 3)
    sessions.recall(Record(heard_by(NEAR, START_S, b"\x01"), "uplink"), 9)
    assert judge(sessions, 9, 1) == [(3, 1), (4, 0)]


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=40))
def test_epochs_never_go_back_and_losses_are_never_negative(heard: list[tuple[int, bool]]) -> None:
    sessions, epoch = EventSessions(), 0
    for f_cnt, again in heard:
        judged = sessions.judge(event(f_cnt), again=again)
        assert judged.lost >= 0
        assert epoch <= judged.epoch <= epoch + 1
        epoch = judged.epoch


def test_sessions_are_bounded_and_the_oldest_forgotten() -> None:
    sessions = EventSessions()
    one = event(5)
    sessions.judge(one, again=False)
    for number in range(SESSIONS_MAX):
        sessions.recall(Record(event(5, session_id=str(number)), "uplink"), 0)
    assert sessions.judge(event(3, session_id="1"), again=False).epoch == 1
    assert sessions.judge(event(3), again=False).epoch == 0, "forgotten, and so new"
