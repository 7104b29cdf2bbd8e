"""Sessions and join keys are exchanged while frames come: who stays keeps all it heard, who goes can come back."""

import pytest

from gateway.errors import Refused
from gateway.lorawan import unwrap
from gateway.lorawan.join import JoinKeys
from gateway.lorawan.session import OnReset, Session
from gateway.lorawan.session_keys import SessionKeys10
from gateway.lorawan.unwrap import Lorawan, Opened

JOINS = JoinKeys(device="j", dev_eui="70b3d57ed0000001", app_key=b"k" * 16)


def session(number: int, name: str = "", f_cnt_reset: OnReset = "refuse") -> Session:
    """The session of a device of this number; its keys are made of it."""
    keys = SessionKeys10(nwk_s_key=bytes([number]) * 16, app_s_key=bytes([number + 100]) * 16)
    return Session(
        device=name or f"d{number}", dev_addr=f"{number:08x}", keys=keys, f_cnt_reset=f_cnt_reset
    )


def lorawan_of(*sessions: Session, joins: JoinKeys | None = None) -> Lorawan:
    """All of these, with nothing heard."""
    made = Lorawan()
    for one in sessions:
        made.add_session(one)
    if joins:
        made.add_join_keys(joins)
    return made


def known(lorawan: Lorawan) -> dict[str, int | None]:
    """The newest counter of each device's session."""
    return {one.device: one.newest for one in lorawan.sessions()}


def test_who_stays_keeps_its_counters_and_who_is_new_has_none() -> None:
    first = session(1)
    first.learn(70_000, b"mic1")
    lorawan = lorawan_of(first, session(2))
    gone, new = lorawan.become(lorawan_of(session(1), session(3)))
    assert known(lorawan) == {"d1": 70_000, "d3": None}
    assert [one.device for one in gone] == ["d2"]
    assert [one.device for one in new] == ["d3"]


def test_a_new_name_and_rule_are_taken_over() -> None:
    first = session(1)
    first.spent = True
    lorawan = lorawan_of(first)
    lorawan.become(lorawan_of(session(1, name="other", f_cnt_reset="accept_once")))
    (taken,) = lorawan.sessions()
    assert taken is first
    assert (taken.device, taken.f_cnt_reset, taken.spent) == ("other", "accept_once", False)


def test_the_epoch_before_gets_the_name_as_well() -> None:
    first = session(1)
    lorawan = lorawan_of(first)
    lorawan.restore(first.dev_addr, first.fingerprint, 1, 7, b"")
    lorawan.become(lorawan_of(session(1, name="other")))
    assert [one.device for one in lorawan.sessions()] == ["other", "other"]
    assert [one.epoch for one in lorawan.sessions()] == [1, 0]


def test_other_keys_are_another_session() -> None:
    first = session(1)
    first.learn(5, b"mic1")
    other = session(2, name="d1")
    other.dev_addr = first.dev_addr
    lorawan = lorawan_of(first)
    lorawan.become(lorawan_of(other))
    assert known(lorawan) == {"d1": None}


def test_who_comes_back_goes_on() -> None:
    first = session(1)
    first.learn(9, b"mic1")
    lorawan = lorawan_of(first)
    lorawan.become(lorawan_of())
    assert lorawan.identities() == {(first.dev_addr, first.fingerprint)}
    gone, new = lorawan.become(lorawan_of(session(1)))
    assert (gone, new) == ([], [])
    assert known(lorawan) == {"d1": 9}


def test_those_that_left_first_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unwrap, "SESSIONS_GONE_MAX", 2)
    lorawan = lorawan_of(session(1))
    for number in (2, 3, 4):
        lorawan.become(lorawan_of(session(number)))
    _, new = lorawan.become(lorawan_of(session(1), session(2)))
    assert [one.device for one in new] == ["d1"]


def test_joins_are_of_those_that_are_configured_now() -> None:
    lorawan = lorawan_of(joins=JOINS)
    lorawan.become(lorawan_of())
    assert list(lorawan.join_keys()) == []
    lorawan.become(lorawan_of(joins=JOINS))
    assert list(lorawan.join_keys()) == [(JOINS.dev_eui, JOINS)]


def test_an_address_of_a_network_server_is_a_strangers_when_its_device_is_gone() -> None:
    lorawan = lorawan_of()
    lorawan.add_elsewhere("00000001", "river")
    lorawan.forget_elsewhere("nobody")
    frame = bytes.fromhex("40") + (1).to_bytes(4, "little") + bytes(3) + b"\x01\x02mic!"
    reasons = []
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            lorawan.unwrap(frame, 0.0)
        reasons.append(refused.value.reason)
        lorawan.forget_elsewhere("river")
    assert reasons == ["no_session", "unknown_device"]


def test_a_frame_is_opened_by_the_session_that_stayed(device10) -> None:
    keys = SessionKeys10(nwk_s_key=device10.nwk_s_key, app_s_key=device10.app_s_key)
    address = f"{device10.dev_addr:08x}"
    lorawan = lorawan_of(Session(device="aq-1", dev_addr=address, keys=keys))
    lorawan.unwrap(device10.frame(70_000, b"twenty"), 0.0)
    lorawan.become(lorawan_of(Session(device="aq-1", dev_addr=address, keys=keys)))
    opened = lorawan.unwrap(device10.frame(70_001, b"twenty"), 1.0)
    assert isinstance(opened, Opened)
    assert (opened.outcome, opened.f_cnt, opened.lost) == ("uplink", 70_001, 0)
