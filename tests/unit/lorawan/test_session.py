"""Guards the judgement of authentic frames: late, repeated, conflict, replayed, restart, epochs, snapshots."""

import pytest

from gateway.errors import Refused
from gateway.lorawan.session import Session
from gateway.lorawan.session_keys import SessionKeys10, SessionKeys11

KEYS = SessionKeys10(nwk_s_key=b"N" * 16, app_s_key=b"A" * 16)


def new_session(f_cnt_reset="refuse") -> Session:
    return Session(device="aq-1", dev_addr="260b1a2c", keys=KEYS, f_cnt_reset=f_cnt_reset)


def mic(f_cnt: int, run: int = 0) -> bytes:
    return bytes([run]) + f_cnt.to_bytes(4, "big")[1:]


def refusal(session: Session, f_cnt: int, code: bytes) -> Refused:
    before = (session.window.snapshot(), session.dirty, session.epoch)
    with pytest.raises(Refused) as refused:
        session.admit(f_cnt, code)
    assert (session.window.snapshot(), session.dirty, session.epoch) == before
    return refused.value


def heard(*f_cnts: int, f_cnt_reset="refuse") -> Session:
    session = new_session(f_cnt_reset)
    for f_cnt in f_cnts:
        session.admit(f_cnt, mic(f_cnt))
    return session


def test_a_session_never_heard_takes_any_counter_and_counts_nothing_lost():
    admission = new_session().admit(70_000, mic(70_000))
    assert (admission.outcome, admission.lost, admission.opened) == ("uplink", 0, False)


def test_the_next_counter_is_an_uplink_and_a_gap_is_counted_not_refused():
    session = heard(10)
    assert session.admit(11, mic(11)).lost == 0
    assert session.admit(15, mic(15)).lost == 3
    far = session.admit(1_000_000, mic(64))
    assert (far.outcome, far.lost) == ("uplink", 1_000_000 - 16)
    assert session.newest == 1_000_000


def test_a_counter_behind_the_newest_is_late_once_and_fills_its_gap():
    session = heard(10, 15)
    admission = session.admit(12, mic(12))
    assert (admission.outcome, admission.lost) == ("late", -1)
    assert session.newest == 15
    again = session.admit(12, mic(12))
    assert (again.outcome, again.lost) == ("repeated", 0)


def test_late_frames_before_the_first_one_count_what_lies_between():
    session = heard(10)
    assert session.admit(6, mic(6)).lost == 3
    assert session.admit(7, mic(7)).lost == -1
    assert session.admit(5, mic(5)).lost == 0


def test_lost_adds_up_to_the_counters_that_are_missing():
    session, order = new_session(), [50, 60, 55, 40, 70, 41, 69, 30, 56]
    lost = sum(session.admit(f_cnt, mic(f_cnt)).lost for f_cnt in order)
    assert lost == (70 - 30 + 1) - len(order)


def test_the_same_bytes_are_another_reception_whenever_they_come():
    session = heard(*range(100, 4196))
    for f_cnt in (4195, 2000, 100):
        admission = session.admit(f_cnt, mic(f_cnt))
        assert (admission.outcome, admission.session, admission.lost) == ("repeated", session, 0)


def test_late_ends_where_the_window_ends():
    session = heard(5000)
    assert session.admit(5000 - 4095, mic(905)).outcome == "late"
    refused = refusal(session, 5000 - 4096, mic(904))
    assert refused.reason == "replayed"
    assert "904" in refused.sentence
    assert "5000" in refused.sentence


def test_other_bytes_at_a_counter_that_was_heard_are_a_conflict():
    session = heard(10, 11)
    assert refusal(session, 10, mic(10, run=1)).reason == "f_cnt_conflict"
    assert refusal(session, 11, mic(11, run=1)).reason == "f_cnt_conflict"
    assert session.admit(10, mic(10)).outcome == "repeated"


def test_the_third_rising_frame_below_the_window_is_a_suspected_reset():
    session = heard(10_000)
    reasons = [refusal(session, f_cnt, mic(f_cnt)).reason for f_cnt in (0, 1, 2, 3)]
    assert reasons == ["replayed", "replayed", "f_cnt_reset", "f_cnt_reset"]
    assert "accept_once" in refusal(session, 4, mic(4)).sentence
    assert session.newest == 10_000


def test_conflicts_make_the_same_suspicion():
    session = heard(*range(20))
    reasons = [refusal(session, f_cnt, mic(f_cnt, run=1)).reason for f_cnt in (0, 1, 2)]
    assert reasons == ["f_cnt_conflict", "f_cnt_conflict", "f_cnt_reset"]


def test_late_and_repeated_frames_are_no_part_of_a_suspicion():
    session = heard(1, 3, 5, 100)
    outcomes = [session.admit(f_cnt, mic(f_cnt)).outcome for f_cnt in (1, 2, 3, 4, 5, 6)]
    assert outcomes == ["repeated", "late", "repeated", "late", "repeated", "late"]
    assert refusal(session, 1, mic(1, run=1)).reason == "f_cnt_conflict"


def test_a_suspicion_ends_when_the_device_goes_on_above_the_newest():
    session = heard(10_000)
    refusal(session, 0, mic(0))
    refusal(session, 1, mic(1))
    assert session.admit(10_001, mic(1)).outcome == "uplink"
    assert refusal(session, 2, mic(2)).reason == "replayed"


def test_accept_once_opens_the_next_epoch_with_the_third_frame():
    session = heard(10_000, f_cnt_reset="accept_once")
    session.row = 7
    refusal(session, 0, mic(0))
    refusal(session, 1, mic(1))
    admission = session.admit(2, mic(2))
    opened = admission.session
    assert (admission.outcome, admission.lost, admission.opened) == ("uplink", 0, True)
    assert opened is not session
    assert (opened.epoch, opened.newest, opened.row, opened.dirty) == (1, 2, None, True)
    assert (opened.device, opened.dev_addr) == (session.device, session.dev_addr)
    assert opened.fingerprint == session.fingerprint
    assert (session.epoch, session.newest, session.row) == (0, 10_000, 7)
    # The two frames before it were only refused; their bytes may still come in as late ones.
    assert opened.admit(1, mic(1)).outcome == "late"
    assert opened.admit(3, mic(3)).outcome == "uplink"


def restarted() -> Session:
    session = heard(10_000, f_cnt_reset="accept_once")
    for f_cnt in (0, 1):
        refusal(session, f_cnt, mic(f_cnt))
    return session.admit(2, mic(2)).session


def test_accept_once_is_used_up_until_it_is_armed_again():
    session = restarted()
    session.admit(4_200, mic(0, run=2))
    reasons = [refusal(session, f_cnt, mic(f_cnt, run=1)) for f_cnt in (0, 1, 2)]
    assert [refused.reason for refused in reasons] == ["replayed", "replayed", "f_cnt_reset"]
    assert "arm it again" in reasons[2].sentence
    session.arm()
    second = session.admit(4, mic(4, run=1))
    assert (second.opened, second.session.epoch) == (True, 2)
    assert second.session.previous is session
    assert session.previous is None


def test_a_late_copy_of_the_epoch_before_is_no_news_in_this_one():
    session = restarted()
    old = session.previous
    admission = session.admit(10_000, mic(10_000))
    assert (admission.outcome, admission.session) == ("repeated", old)
    assert session.newest == 2
    # Other bytes at that counter were not sent in the epoch before.
    assert session.admit(10_000, mic(10_000, run=3)).session is session


def test_a_backlog_of_the_epoch_before_does_not_end_this_one():
    session = restarted()
    old = session.previous
    for f_cnt, outcome, lost in ((10_003, "uplink", 2), (10_001, "late", -1), (9_999, "late", 0)):
        admission = session.admit(f_cnt, mic(f_cnt))
        assert (admission.outcome, admission.lost, admission.session) == (outcome, lost, old)
    assert (session.newest, old.newest) == (2, 10_003)
    assert session.admit(3, mic(3)).session is session


def test_the_new_epoch_takes_a_gap_that_leads_nowhere_near_the_old_one():
    for f_cnt, taken in (
        (10_000 - 4096, True),
        (10_000 - 4095, False),
        (10_000 + 4095, False),
        (10_000 + 4096, True),
    ):
        session = restarted()
        assert (session.admit(f_cnt, mic(f_cnt)).session is session) == taken


def test_the_new_epoch_takes_a_gap_of_a_window_whatever_the_old_one_had():
    for f_cnt, taken in ((3001, True), (4098, True), (4099, False)):
        old = heard(6000)
        session = old.next_epoch()
        session.admit(2, mic(2, run=1))
        assert (session.admit(f_cnt, mic(f_cnt, run=1)).session is session) == taken


def test_a_snapshot_brings_back_what_was_heard_and_what_is_used_up():
    session = restarted()
    session.admit(40, mic(40))
    assert session.dirty
    snapshot = session.snapshot()
    assert not session.dirty
    again = Session(
        device="aq-1", dev_addr="260b1a2c", keys=KEYS, f_cnt_reset="accept_once", epoch=1
    )
    again.restore(snapshot)
    assert (again.newest, again.spent, again.dirty) == (40, True, False)
    assert again.admit(40, mic(40)).outcome == "repeated"
    assert again.admit(39, mic(39)).lost == -1
    assert refusal(again, 2, mic(2, run=1)).reason == "f_cnt_conflict"


def test_the_remedy_told_with_a_reset_is_the_one_that_is_left():
    for f_cnt_reset, spent, remedy in (
        ("refuse", False, 'set f_cnt_reset = "accept_once"'),
        ("refuse", True, 'set f_cnt_reset = "accept_once"'),
        ("accept_once", True, "arm it again"),
    ):
        session = heard(10_000, f_cnt_reset=f_cnt_reset)
        session.spent = spent
        told = [refusal(session, f_cnt, mic(f_cnt)).sentence for f_cnt in (0, 1, 2)]
        assert remedy in told[2]


def test_a_new_session_is_clean_and_its_snapshot_is_two_bytes():
    session = new_session()
    assert not session.dirty
    assert session.snapshot() == b"\1\0"
    session.admit(9, mic(9))
    session.restore(b"\1\0")
    assert session.newest is None


def test_the_bytes_of_a_snapshot_are_those_of_version_1():
    session = heard(5, 7)
    newest_first_base = "07000000 05000000 05000000"
    written = bytes.fromhex(f"01 00 {newest_first_base} 0100 05 00000005 00000000 00000007")
    assert session.snapshot() == written


def test_a_search_leaves_out_what_is_expected_and_ends_with_the_epoch_before():
    assert list(heard(70_000).searches(1)) == [n << 16 | 1 for n in (1, 0, 3, 4, 5, 6, 7, 8, 9, 10)]
    assert list(restarted().searches(1))[-1] == 65_537


def test_a_snapshot_remembers_that_it_was_armed():
    session = restarted()
    session.snapshot()
    session.arm()
    assert session.dirty
    again = Session(device="d", dev_addr="0" * 8, keys=KEYS, f_cnt_reset="accept_once", epoch=1)
    again.restore(session.snapshot())
    assert not again.spent


def test_a_start_under_refuse_arms_accept_once_for_the_next_time():
    snapshot = restarted().snapshot()
    refusing = Session(device="d", dev_addr="0" * 8, keys=KEYS, epoch=1)
    refusing.restore(snapshot)
    assert (refusing.spent, refusing.dirty) == (False, True)
    accepting = Session(device="d", dev_addr="0" * 8, keys=KEYS, f_cnt_reset="accept_once", epoch=1)
    accepting.restore(refusing.snapshot())
    assert not accepting.spent


def test_frames_after_the_snapshot_complete_it():
    session = heard(*range(10))
    snapshot = session.snapshot()
    for f_cnt in (10, 15, 12):
        session.admit(f_cnt, mic(f_cnt))
    again = new_session()
    again.restore(snapshot)
    for f_cnt in (10, 15, 12, 15):
        again.learn(f_cnt, mic(f_cnt))
    assert again.dirty
    assert again.snapshot() == session.snapshot()
    assert [again.admit(f_cnt, mic(f_cnt)).outcome for f_cnt in (10, 12, 15)] == ["repeated"] * 3
    assert again.admit(13, mic(13)).outcome == "late"


def test_a_repeated_frame_leaves_a_session_clean():
    session = heard(1)
    session.snapshot()
    session.admit(1, mic(1))
    assert not session.dirty
    session.admit(2, mic(2))
    assert session.dirty


def test_a_snapshot_holds_no_key_and_a_damaged_one_changes_nothing():
    session = heard(5)
    snapshot = session.snapshot()
    assert b"NNNN" not in snapshot
    assert b"AAAA" not in snapshot
    for damaged in (b"", b"\1", b"\2" + snapshot[1:], snapshot[:-1], snapshot[:6]):
        with pytest.raises(ValueError, match="snapshot"):
            session.restore(damaged)
        assert session.newest == 5


def test_a_1_1_retransmission_on_another_channel_is_repeated():
    keys = SessionKeys11(
        f_nwk_s_int_key=bytes(16),
        s_nwk_s_int_key=bytes(16),
        nwk_s_enc_key=bytes(16),
        app_s_key=bytes(16),
    )
    session = Session(device="d", dev_addr="0" * 8, keys=keys)
    session.admit(5, b"aaFF")
    assert session.admit(5, b"bbFF").outcome == "repeated"
    assert refusal(session, 5, b"aaGG").reason == "f_cnt_conflict"
    again = Session(device="d", dev_addr="0" * 8, keys=keys)
    again.learn(5, b"ccFF")
    assert again.admit(5, b"ddFF").outcome == "repeated"
