"""Guards the way from bytes to an authentic uplink: whose frame it is, every refusal, epochs.

Frames are made by the devices of conftest.py, or were published.
"""

import json
from pathlib import Path

import pytest

from gateway.errors import Refused
from gateway.lorawan.join import JoinKeys
from gateway.lorawan.session import Session
from gateway.lorawan.session_keys import SessionKeys10, SessionKeys11
from gateway.lorawan.unwrap import SESSIONS_PER_DEV_ADDR_MAX, Join, Lorawan, Opened

DATA = Path(__file__).parents[2] / "data" / "lorawan-vectors.json"
VECTORS = {v["id"]: v for v in json.loads(DATA.read_text())["vectors"]}


def session_of(device, name="aq-1", f_cnt_reset="refuse") -> Session:
    keys = SessionKeys10(nwk_s_key=device.nwk_s_key, app_s_key=device.app_s_key)
    return Session(
        device=name, dev_addr=f"{device.dev_addr:08x}", keys=keys, f_cnt_reset=f_cnt_reset
    )


def lorawan_of(*sessions: Session, channels: tuple[int, ...] = ()) -> Lorawan:
    lorawan = Lorawan(channels)
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


def test_an_uplink_is_opened_with_everything_it_says(lorawan, session, device10):
    opened = lorawan.unwrap(device10.frame(70_000, b"twenty", confirmed=True), 0.0)
    assert opened == Opened(
        session=session,
        device="aq-1",
        dev_addr="260b1a2c",
        f_cnt=70_000,
        f_port=20,
        payload=b"twenty",
        outcome="uplink",
        confirmed=True,
        adr=True,
        lost=0,
        mic_checked="full",
        mac_commands=b"",
        opened_epoch=False,
    )
    assert session.newest == 70_000
    assert session.dirty


UPLINKS = [
    v
    for v in VECTORS.values()
    if v["kind"] == "data_up" and "nwk_s_key" in v["keys"] and v["expect"].get("mic_valid")
]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in UPLINKS])
def test_a_published_uplink_is_opened(vector):
    keys, fields = vector["keys"], vector["fields"]
    session = Session(
        device="d",
        dev_addr=fields["dev_addr"],
        keys=SessionKeys10(
            nwk_s_key=bytes.fromhex(keys["nwk_s_key"]),
            app_s_key=bytes.fromhex(keys.get("app_s_key", "00" * 16)),
        ),
    )
    opened = lorawan_of(session).unwrap(bytes.fromhex(vector["phy_payload_hex"]), 0.0)
    assert (opened.f_cnt, opened.f_port) == (vector["fcnt32"], fields["fport"])
    assert opened.adr == fields["adr"]
    assert opened.confirmed == fields["mtype"].startswith("Confirmed")
    plain = vector["expect"].get("frm_payload_plain_hex")
    if plain is not None and fields["fport"] == 0:
        assert (opened.outcome, opened.payload) == ("mac_only", b"")
        assert opened.mac_commands.hex() == plain
    elif plain is not None and "app_s_key" in keys:
        assert opened.payload.hex() == plain
        assert opened.outcome == ("uplink" if plain else "mac_only")
        assert opened.mac_commands.hex() == fields["fopts"]


def test_the_counter_rolls_over_with_the_published_frames():
    rollover = [VECTORS[f"rollover-0{n}"] for n in range(1, 7)]
    keys = {name: bytes.fromhex(key) for name, key in rollover[0]["keys"].items()}
    address = rollover[0]["fields"]["dev_addr"]
    session = Session(device="d", dev_addr=address, keys=SessionKeys10(**keys))
    lorawan = lorawan_of(session)
    opened = [lorawan.unwrap(bytes.fromhex(v["phy_payload_hex"]), 0.0) for v in rollover]
    assert [one.f_cnt for one in opened] == [65534, 65535, 65536, 65537, 131071, 131072]
    assert [one.lost for one in opened] == [0, 0, 0, 0, 131071 - 65538, 0]


def test_a_frame_is_late_repeated_in_conflict_or_replayed(lorawan, device10):
    def outcome(f_cnt, payload=b"hello"):
        return lorawan.unwrap(device10.frame(f_cnt, payload), 0.0).outcome

    assert [outcome(n) for n in (65_535, 65_530, 65_530, 65_536, 65_535)] == [
        "uplink",
        "late",
        "repeated",
        "uplink",
        "repeated",
    ]
    assert reason_of(lorawan, device10.frame(65_535, b"other")) == "f_cnt_conflict"
    assert reason_of(lorawan, device10.frame(65_536 - 4096)) == "replayed"
    assert outcome(65_536 - 4095) == "late"


def test_a_reset_is_refused_loudly_and_late_copies_do_not_hide_it(lorawan, device10):
    lorawan.unwrap(device10.frame(200_000), 0.0)
    reasons = [reason_of(lorawan, device10.frame(n), 60.0 * n) for n in (0, 1, 1, 2)]
    assert reasons == ["replayed", "replayed", "replayed", "f_cnt_reset"]


def test_accept_once_goes_on_in_a_new_session(device10):
    old = session_of(device10, f_cnt_reset="accept_once")
    lorawan = lorawan_of(old)
    lorawan.unwrap(device10.frame(10_000), 0.0)
    assert [reason_of(lorawan, device10.frame(n), 0.0) for n in (0, 1)] == ["replayed"] * 2
    opened = lorawan.unwrap(device10.frame(2), 0.0)
    assert (opened.outcome, opened.f_cnt, opened.opened_epoch) == ("uplink", 2, True)
    assert (opened.session.epoch, old.epoch) == (1, 0)
    following = lorawan.unwrap(device10.frame(3), 0.0)
    assert following.session is opened.session
    assert not following.opened_epoch
    assert list(lorawan.sessions()) == [opened.session, old]
    copy = lorawan.unwrap(device10.frame(10_000), 0.0)
    assert (copy.outcome, copy.session) == ("repeated", old)
    assert lorawan.unwrap(device10.frame(4), 0.0).session is opened.session


def test_mac_commands_alone_are_no_uplink_but_take_their_counter(lorawan, device10):
    on_port_0 = lorawan.unwrap(device10.frame(1, b"\x02\x03\x07", f_port=0), 0.0)
    assert (on_port_0.outcome, on_port_0.f_port, on_port_0.payload) == ("mac_only", 0, b"")
    assert on_port_0.mac_commands == b"\x02\x03\x07"
    in_f_opts = lorawan.unwrap(device10.frame(2, b"", f_port=None, f_opts=b"\x02"), 0.0)
    assert (in_f_opts.outcome, in_f_opts.f_port) == ("mac_only", None)
    assert in_f_opts.mac_commands == b"\x02"
    empty = lorawan.unwrap(device10.frame(3, b"", f_port=5), 0.0)
    assert (empty.outcome, empty.f_port, empty.mac_commands) == ("mac_only", 5, b"")
    both = lorawan.unwrap(device10.frame(4, b"data", f_opts=b"\x02"), 0.0)
    assert (both.outcome, both.payload, both.mac_commands) == ("uplink", b"data", b"\x02")
    again = lorawan.unwrap(device10.frame(2, b"", f_port=None, f_opts=b"\x02"), 0.0)
    assert again.outcome == "repeated"
    assert reason_of(lorawan, device10.frame(1, b"data")) == "f_cnt_conflict"
    assert lorawan.unwrap(device10.frame(8, b"", f_port=5), 0.0).lost == 3
    assert lorawan.unwrap(device10.frame(6, b"", f_port=5), 0.0).outcome == "mac_only"


def test_devices_that_share_an_address_are_told_apart_by_their_keys(device10, make_device):
    other = make_device(nwk_s_key=b"2" * 16, app_s_key=b"3" * 16)
    lorawan = lorawan_of(session_of(device10, "one"), session_of(other, "two"))
    for f_cnt in range(3):
        assert lorawan.unwrap(device10.frame(f_cnt), 0.0).device == "one"
        opened = lorawan.unwrap(other.frame(f_cnt + 300, b"two's"), 0.0)
        assert (opened.device, opened.payload, opened.f_cnt) == ("two", b"two's", f_cnt + 300)


def test_an_address_is_shared_by_32_at_most_and_never_with_the_same_keys(make_device):
    devices = [make_device(nwk_s_key=bytes([n]) * 16) for n in range(SESSIONS_PER_DEV_ADDR_MAX)]
    lorawan = lorawan_of(*(session_of(device, f"d{n}") for n, device in enumerate(devices)))
    with pytest.raises(ValueError, match="one-more: 32 devices share the DevAddr 260b1a2c"):
        lorawan.add_session(session_of(make_device(nwk_s_key=b"x" * 16), "one-more"))
    with pytest.raises(ValueError, match="twin and d3 have the same DevAddr"):
        lorawan.add_session(session_of(devices[3], "twin"))
    assert lorawan.unwrap(devices[31].frame(5), 0.0).device == "d31"


def test_a_stranger_is_unknown_and_a_device_of_a_network_server_has_no_session(
    lorawan, make_device
):
    frame = make_device(dev_addr=0x01020304).frame(1)
    assert reason_of(lorawan, frame) == "unknown_device"
    lorawan.add_elsewhere("01020304", "otaa-1")
    assert reason_of(lorawan, frame) == "no_session"
    # It joined again: the old address is anybody's.
    lorawan.add_elsewhere("01020305", "otaa-1")
    assert reason_of(lorawan, frame) == "unknown_device"
    moved = make_device(dev_addr=0x01020305).frame(1)
    assert reason_of(lorawan, moved) == "no_session"
    # Another one has the same address; when the first moves on, that one is still there.
    lorawan.add_elsewhere("01020305", "otaa-2")
    lorawan.add_elsewhere("01020305", "otaa-2")
    lorawan.add_elsewhere("01020306", "otaa-1")
    with pytest.raises(Refused, match="no_session: otaa-2"):
        lorawan.unwrap(moved, 0.0)


def test_what_is_no_uplink_is_told_as_what_it_is(lorawan, device10):
    with pytest.raises(Refused, match="not_lorawan: a downlink to DevAddr 260b1a2c"):
        lorawan.unwrap(device10.frame(1, down=True), 0.0)
    with pytest.raises(Refused, match="not_lorawan: MType 7"):
        lorawan.unwrap(b"\xe0proprietary", 0.0)
    assert reason_of(lorawan, b"\x41" + bytes(20)) == "not_lorawan"
    assert reason_of(lorawan, b"\x40" + bytes(5)) == "malformed"
    assert reason_of(lorawan, b"") == "malformed"


def test_a_wrong_mic_is_told_with_the_devices_it_could_have_been(lorawan, device10):
    with pytest.raises(Refused, match=r"bad_mic: .*260b1a2c.* aq-1"):
        lorawan.unwrap(spoilt(device10.frame(1)), 0.0)


@pytest.fixture
def session11(device11) -> Session:
    keys = SessionKeys11(**device11.keys)
    return Session(device="v11", dev_addr=f"{device11.dev_addr:08x}", keys=keys)


def test_a_1_1_uplink_says_how_much_of_its_mic_was_checked(session11, device11):
    lorawan = lorawan_of(session11, channels=tuple(range(16)))
    full = lorawan.unwrap(device11.frame(1, data_rate=5, channel=15), 0.0, 5)
    assert (full.mic_checked, full.payload) == ("full", b"hello")
    assert lorawan.unwrap(device11.frame(2), 0.0).mic_checked == "half"
    acking = device11.frame(3, ack_of=77, f_opts=b"\x02")
    opened = lorawan.unwrap(acking, 0.0, 2)
    assert (opened.mic_checked, opened.mac_commands) == ("half", b"\x02")
    assert reason_of(lorawan, device11.frame(4, channel=16), data_rate=2) == "bad_mic"
    assert reason_of(lorawan, device11.frame(4, data_rate=3), data_rate=2) == "bad_mic"


def test_a_1_1_repeat_on_another_channel_is_repeated(session11, device11):
    lorawan = lorawan_of(session11, channels=tuple(range(16)))
    lorawan.unwrap(device11.frame(1, channel=0), 0.0, 2)
    assert lorawan.unwrap(device11.frame(1, channel=7), 0.0, 2).outcome == "repeated"
    changed = device11.frame(1, b"other", channel=7)
    assert reason_of(lorawan, changed, data_rate=2) == "f_cnt_conflict"


def test_a_join_request_is_told_with_its_device_when_that_is_known():
    vector = VECTORS["jr-01"]
    phy, fields = bytes.fromhex(vector["phy_payload_hex"]), vector["fields"]
    lorawan = Lorawan()
    wanted = {"kind": "join_request", "dev_nonce": fields["dev_nonce"]}
    wanted |= {"dev_eui": fields["dev_eui"], "join_eui": fields["join_eui"]}
    assert lorawan.unwrap(phy, 0.0) == Join(device=None, mic_ok=None, **wanted)
    app_key = bytes.fromhex(vector["keys"]["app_key"])
    lorawan.add_join_keys(JoinKeys(device="otaa-1", dev_eui=fields["dev_eui"], app_key=app_key))
    assert lorawan.unwrap(phy, 0.0) == Join(device="otaa-1", mic_ok=True, **wanted)
    assert lorawan.unwrap(spoilt(phy), 0.0) == Join(device="otaa-1", mic_ok=False, **wanted)


def test_a_rejoin_request_and_a_join_accept_are_joins_too():
    lorawan = Lorawan()
    fields = VECTORS["rejoin-05"]["fields"]
    phy = bytes.fromhex(VECTORS["rejoin-05"]["phy_payload_hex"])
    rejoin = lorawan.unwrap(phy, 0.0)
    assert (rejoin.kind, rejoin.dev_eui, rejoin.join_eui, rejoin.dev_nonce, rejoin.mic_ok) == (
        "rejoin_request",
        fields["dev_eui"],
        fields["join_eui"],
        219,
        None,
    )
    keys = JoinKeys(device="r", dev_eui=fields["dev_eui"], app_key=bytes(16), nwk_key=bytes(16))
    lorawan.add_join_keys(keys)
    rejoin = lorawan.unwrap(phy, 0.0)
    # The vector's JSIntKey is given, not derived from this root key, so the MIC is another.
    assert (rejoin.device, rejoin.mic_ok) == ("r", False)
    accept = lorawan.unwrap(bytes.fromhex(VECTORS["ja-04"]["phy_payload_hex"]), 0.0)
    assert (accept.kind, accept.device, accept.dev_eui) == ("join_accept", None, None)


def test_a_late_copy_of_the_old_epoch_is_found_at_its_high_half(device10):
    old = session_of(device10, f_cnt_reset="accept_once")
    lorawan = lorawan_of(old)
    old.learn(30 << 16, device10.frame(30 << 16)[-4:])
    for f_cnt in (0, 1):
        reason_of(lorawan, device10.frame(f_cnt))
    assert lorawan.unwrap(device10.frame(2), 0.0).opened_epoch
    copy = lorawan.unwrap(device10.frame(30 << 16), 0.0)
    assert (copy.outcome, copy.session) == ("repeated", old)


def test_sessions_come_back_from_the_store_with_their_epochs(device10):
    first = session_of(device10, f_cnt_reset="accept_once")
    lorawan = lorawan_of(first)
    for f_cnt in (9_999, 10_000):
        lorawan.unwrap(device10.frame(f_cnt), 0.0)
    for f_cnt in (0, 1):
        reason_of(lorawan, device10.frame(f_cnt))
    second = lorawan.unwrap(device10.frame(2), 0.0).session
    kept = [(one.epoch, one.snapshot()) for one in (first, second)]

    configured = session_of(device10, f_cnt_reset="accept_once")
    again = lorawan_of(configured)
    name = ("260b1a2c", configured.fingerprint)
    old = again.restore(*name, kept[0][0], 11, kept[0][1])
    new = again.restore(*name, kept[1][0], 12, kept[1][1])
    assert old is configured
    assert [(one.epoch, one.row, one.newest) for one in (old, new)] == [(0, 11, 10_000), (1, 12, 2)]
    assert not old.dirty
    assert not new.dirty
    new.learn(3, device10.frame(3)[-4:])
    assert again.unwrap(device10.frame(3), 0.0).outcome == "repeated"
    assert again.unwrap(device10.frame(4), 0.0).session is new
    assert again.unwrap(device10.frame(10_000), 0.0).session is old


def test_a_row_without_a_flush_or_without_a_device_is_no_error(lorawan, session):
    assert lorawan.restore("260b1a2c", session.fingerprint, 0, 5, b"") is session
    following = lorawan.restore("260b1a2c", session.fingerprint, 2, 8, b"")
    assert (session.row, following.row, following.epoch) == (5, 8, 2)
    assert not session.dirty
    assert not following.dirty
    assert lorawan.restore("260b1a2c", "0" * 16, 0, 6, b"") is None
    assert lorawan.restore("01020304", session.fingerprint, 0, 6, b"") is None
    with pytest.raises(ValueError, match="snapshot"):
        lorawan.restore("260b1a2c", session.fingerprint, 2, 8, b"\xff\xff")
    assert session.newest is None


def test_bytes_are_not_opened_before_the_mic(lorawan, session, device10, monkeypatch):
    opened = []
    decrypt = SessionKeys10.payload
    monkeypatch.setattr(
        SessionKeys10, "payload", lambda *given: opened.append(given) or decrypt(*given)
    )
    good = device10.frame(1, b"twenty")
    assert reason_of(lorawan, spoilt(good)) == "bad_mic"
    assert opened == []
    assert lorawan.unwrap(good, 0.0).payload == b"twenty"
    assert len(opened) == 1, "the search above would have been seen"
