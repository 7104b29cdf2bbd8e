"""Guards the search for a frame's counter: what it costs, its budget, and a flood of wrong MICs.

The last tests send random histories and random bytes, and demand that what is refused leaves every
session as it was.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.lorawan.session import Session
from gateway.lorawan.session_keys import SessionKeys10
from gateway.lorawan.unwrap import Join, Lorawan, Undecided


class CountingKeys(SessionKeys10):
    """Real keys that count how often a MIC is computed by them."""

    checks = 0

    def check_uplink(self, frame, f_cnt, data_rate, channels):
        self.checks += 1
        return super().check_uplink(frame, f_cnt, data_rate, channels)


def session_of(device, name="aq-1", f_cnt_reset="refuse") -> Session:
    keys = CountingKeys(nwk_s_key=device.nwk_s_key, app_s_key=device.app_s_key)
    return Session(
        device=name, dev_addr=f"{device.dev_addr:08x}", keys=keys, f_cnt_reset=f_cnt_reset
    )


def lorawan_of(*sessions: Session) -> Lorawan:
    lorawan = Lorawan()
    for session in sessions:
        lorawan.add_session(session)
    return lorawan


@pytest.fixture
def session(device10) -> Session:
    return session_of(device10)


@pytest.fixture
def lorawan(session) -> Lorawan:
    return lorawan_of(session)


def reason_of(lorawan: Lorawan, phy: bytes, now_s: float = 0.0, **more) -> str:
    with pytest.raises(Refused) as refused:
        lorawan.unwrap(phy, now_s, **more)
    return refused.value.reason


def spoilt(phy: bytes) -> bytes:
    return phy[:-1] + bytes([phy[-1] ^ 1])


def test_the_expected_counter_costs_one_check(lorawan, session, device10):
    for number, f_cnt in enumerate((5, 6, 900, 3, 3, 65_000, 65_536, 126_000), start=1):
        lorawan.unwrap(device10.frame(f_cnt), 0.0)
        assert session.keys.checks == number


def test_a_far_counter_is_searched_for(lorawan, session, device10):
    lorawan.unwrap(device10.frame(10), 0.0)
    far = 10 + 9 * 65_536
    assert lorawan.unwrap(device10.frame(far), 0.0).lost == 9 * 65_536 - 1
    assert reason_of(lorawan, device10.frame(far + 10 * 65_536)) == "bad_mic"
    fresh = lorawan_of(session_of(device10))
    assert reason_of(fresh, device10.frame(16 << 16)) == "bad_mic"
    assert fresh.unwrap(device10.frame(15 << 16), 0.0).f_cnt == 15 << 16


def test_over_budget_a_frame_is_undecided_and_never_called_bad(lorawan, session, device10):
    lorawan.unwrap(device10.frame(10), 0.0)
    bad = spoilt(device10.frame(11))
    assert [reason_of(lorawan, bad, 1.0) for _ in range(5)] == ["bad_mic"] * 5
    before = session.keys.checks
    assert lorawan.unwrap(bad, 1.0) == Undecided("260b1a2c", 11)
    assert session.keys.checks == before + 1
    # A right frame that needs a search is undecided too, and found when it is tried again.
    far = device10.frame(10 + 3 * 65_536)
    assert isinstance(lorawan.unwrap(far, 1.0), Undecided)
    assert session.newest == 10
    assert lorawan.unwrap(far, 1.0, idle=True).f_cnt == 10 + 3 * 65_536


def test_a_flood_of_wrong_mics_holds_up_no_valid_frame(lorawan, session, device10):
    lorawan.unwrap(device10.frame(65_000), 0.0)
    bad = [spoilt(device10.frame(n)) for n in range(64_900, 65_500)]
    for f_cnt in range(65_001, 65_601):
        checks = session.keys.checks
        try:
            assert isinstance(lorawan.unwrap(bad[f_cnt - 65_001], 1.0), Undecided)
        except Refused:
            assert f_cnt <= 65_005
        else:
            assert session.keys.checks == checks + 1
        # Across the rollover too.
        assert lorawan.unwrap(device10.frame(f_cnt), 1.0).outcome == "uplink"


def test_a_budget_comes_back_with_time(lorawan, device10):
    bad = spoilt(device10.frame(1))
    for _ in range(5):
        reason_of(lorawan, bad, 0.0)
    assert isinstance(lorawan.unwrap(bad, 59.0), Undecided)
    assert reason_of(lorawan, bad, 60.0) == "bad_mic"


def state_of(lorawan: Lorawan) -> list[object]:
    """Everything of the sessions, without marking them as clean."""
    return [
        (one, one.epoch, one.dirty, one.spent, one.window.snapshot()) for one in lorawan.sessions()
    ]


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2, 3, 60, 4094, 4095, 4096, 5000, 65_535, 65_536, 131_072, 10**6]),
        st.sampled_from([b"one", b"two", b""]),
        st.sampled_from(["sent", "spoilt", "cut", "one bit"]),
    ),
    max_size=30,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(STEPS, st.sampled_from(["refuse", "accept_once"]))
def test_what_is_refused_or_undecided_changes_no_session(device10, steps, f_cnt_reset):
    lorawan = lorawan_of(session_of(device10, f_cnt_reset=f_cnt_reset))
    for number, (f_cnt, payload, fate) in enumerate(steps):
        phy = device10.frame(f_cnt, payload)
        if fate == "spoilt":
            phy = spoilt(phy)
        elif fate == "cut":
            phy = phy[:-1]
        elif fate == "one bit":
            phy = phy[:6] + bytes([phy[6] ^ 4]) + phy[7:]
        before = state_of(lorawan)
        try:
            opened = lorawan.unwrap(phy, float(number))
        except Refused:
            assert state_of(lorawan) == before
        else:
            if isinstance(opened, Undecided):
                assert state_of(lorawan) == before
                continue
            assert fate == "sent"
            assert (opened.f_cnt, opened.payload) == (f_cnt, payload)
            if opened.outcome == "repeated":
                assert state_of(lorawan) == before
            else:
                assert state_of(lorawan) != before
                assert lorawan.unwrap(phy, float(number)).outcome == "repeated"


@given(st.binary(max_size=260), st.booleans())
def test_random_bytes_are_never_an_uplink(device10, tail, as_uplink):
    head = b"\x40" + device10.dev_addr.to_bytes(4, "little") if as_uplink else b""
    lorawan = lorawan_of(session_of(device10))
    result: object
    try:
        result = lorawan.unwrap(head + tail, 0.0)
    except Refused as refused:
        result = refused
    assert isinstance(result, Join | Refused)
