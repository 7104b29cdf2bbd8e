"""Guards checking and reading frames by session keys, LoRaWAN 1.0 and 1.1, and that the keys stay hidden."""

import json
from pathlib import Path

import pytest

from gateway.lorawan.phy_payload import parse
from gateway.lorawan.session_keys import SessionKeys10, SessionKeys11

DATA = Path(__file__).parents[2] / "data" / "lorawan-vectors.json"
VECTORS = json.loads(DATA.read_text())["vectors"]
NO_KEY = "00" * 16


def frames(kind: str, version: str) -> list[object]:
    # capture-15 is a frame that the parser discards (test_phy_payload.py).
    about = (kind, version)
    chosen = [v for v in VECTORS if (v["kind"], v["lorawan"]) == about and v["id"] != "capture-15"]
    return [pytest.param(v, id=v["id"]) for v in chosen]


def keys_1_0(vector) -> SessionKeys10:
    keys = vector["keys"]
    return SessionKeys10(
        nwk_s_key=bytes.fromhex(keys.get("nwk_s_key", NO_KEY)),
        app_s_key=bytes.fromhex(keys.get("app_s_key", NO_KEY)),
    )


def keys_1_1(vector) -> SessionKeys11:
    keys = {"f_nwk_s_int_key": NO_KEY} | vector["keys"]
    return SessionKeys11(**{name: bytes.fromhex(key) for name, key in keys.items()})


@pytest.fixture
def keys10(device10) -> SessionKeys10:
    return SessionKeys10(nwk_s_key=device10.nwk_s_key, app_s_key=device10.app_s_key)


@pytest.fixture
def keys11(device11) -> SessionKeys11:
    return SessionKeys11(**device11.keys)


def check_payload(vector, keys, frame, f_cnt):
    expected = vector["expect"].get("frm_payload_plain_hex")
    has_key = "app_s_key" in vector["keys"] or vector["fields"]["fport"] == 0
    if expected is not None and has_key:
        assert keys.payload(frame, f_cnt).hex() == expected
    return expected is not None and has_key


@pytest.mark.parametrize("vector", frames("data_up", "1.0.x"))
def test_a_published_uplink_is_checked_and_read(vector):
    frame, keys = parse(bytes.fromhex(vector["phy_payload_hex"])), keys_1_0(vector)
    expect = vector["expect"]
    if "mic_valid" in expect:
        checked = keys.check_uplink(frame, vector["fcnt32"], None, ())
        assert checked == ("full" if expect["mic_valid"] else None)
    assert check_payload(vector, keys, frame, vector["fcnt32"]) or "mic_valid" in expect
    assert keys.f_opts(frame, vector["fcnt32"]).hex() == vector["fields"]["fopts"]


@pytest.mark.parametrize("vector", frames("data_down", "1.0.x"))
def test_a_published_downlink_is_checked_and_read(vector):
    frame, keys = parse(bytes.fromhex(vector["phy_payload_hex"])), keys_1_0(vector)
    expect = vector["expect"]
    if "mic_valid" in expect:
        assert keys.check_downlink(frame, vector["fcnt32"]) == expect["mic_valid"]
    assert check_payload(vector, keys, frame, vector["fcnt32"]) or "mic_valid" in expect


@pytest.mark.parametrize("vector", frames("data_up", "1.1"))
def test_a_published_1_1_uplink_is_checked_and_read(vector):
    frame, keys = parse(bytes.fromhex(vector["phy_payload_hex"])), keys_1_1(vector)
    f_cnt = vector["fields"]["fcnt16"]
    checked = keys.check_uplink(frame, f_cnt, vector["tx_dr"], tuple(range(16)))
    # The counter of the downlink that an ACK confirms is in the MIC, and no receiver knows it.
    assert checked == ("half" if vector["fields"]["ack"] else "full")
    check_payload(vector, keys, frame, f_cnt)


@pytest.mark.parametrize("vector", frames("data_down", "1.1"))
def test_a_published_1_1_downlink_is_checked_and_read(vector):
    frame, keys = parse(bytes.fromhex(vector["phy_payload_hex"])), keys_1_1(vector)
    f_cnt = vector["fields"]["fcnt16"]
    assert keys.check_downlink(frame, f_cnt)
    check_payload(vector, keys, frame, f_cnt)
    if "fopts_plain_hex" in vector["expect"]:
        assert keys.f_opts(frame, f_cnt).hex() == vector["expect"]["fopts_plain_hex"]


@pytest.mark.parametrize(
    "vector", [p for p in frames("data_up", "1.0.x") if p.id.startswith("rollover")]
)
def test_the_high_half_of_the_counter_is_in_the_mic(vector):
    frame, keys = parse(bytes.fromhex(vector["phy_payload_hex"])), keys_1_0(vector)
    low = vector["fcnt32"] & 0xFFFF
    right = vector["fcnt32"] == low
    assert (keys.check_uplink(frame, low, None, ()) == "full") == right
    # That a wrong high half gives another MIC is a published fact too, not only an inequality.
    computed = keys._network.data_code(0, frame.dev_addr, low, frame.authenticated)[:4]
    assert computed.hex() == vector["expect"]["mic_if_high_half_assumed_zero"]


def test_no_flipped_bit_passes(device10, keys10):
    phy = device10.frame(70_000, b"twenty bytes payload", f_opts=b"\x02")
    for bit in range(8 * len(phy)):
        forged = bytearray(phy)
        forged[bit // 8] ^= 1 << bit % 8
        if forged[0] >> 5 not in (2, 4) or forged[0] & 3 or forged[5] & 15 > 13:
            continue  # no data uplink any more
        assert keys10.check_uplink(parse(bytes(forged)), 70_000, None, ()) is None


def test_half_of_a_1_1_mic_is_checked_where_the_other_cannot_be(device11, keys11):
    phy = device11.frame(7, data_rate=2, channel=3)
    assert keys11.check_uplink(parse(phy), 7, None, (3,)) == "half"
    assert keys11.check_uplink(parse(phy), 7, 2, ()) == "half"
    assert keys11.check_uplink(parse(device11.frame(7, ack_of=99)), 7, 2, (3,)) == "half"


def test_a_1_1_mic_is_wrong_when_the_channel_is_none_of_the_regions(device11, keys11):
    phy = device11.frame(7, data_rate=2, channel=3)
    assert keys11.check_uplink(parse(phy), 7, 2, (0, 1, 2, 3)) == "full"
    assert keys11.check_uplink(parse(phy), 7, 2, (0, 1, 2)) is None
    assert keys11.check_uplink(parse(phy), 7, 1, (0, 1, 2, 3)) is None


@pytest.mark.parametrize("at", [-1, -2, -3, -4])
def test_each_byte_of_a_1_1_mic_counts(device11, keys11, at):
    phy = bytearray(device11.frame(7))
    phy[at] ^= 1
    assert keys11.check_uplink(parse(bytes(phy)), 7, 2, tuple(range(16))) is None


def test_1_1_mac_commands_in_f_opts_are_decrypted(device11, keys11):
    frame = parse(device11.frame(7, f_opts=b"\x02\x0b\x01"))
    assert frame.f_opts != b"\x02\x0b\x01"
    assert keys11.f_opts(frame, 7) == b"\x02\x0b\x01"
    assert keys11.f_opts(parse(device11.frame(7)), 7) == b""


def test_the_lasting_part_of_a_mic_is_the_same_on_every_channel(device11, keys10, keys11):
    here, there = device11.frame(7, channel=1)[-4:], device11.frame(7, channel=2)[-4:]
    assert here != there
    assert keys11.lasting(here) == keys11.lasting(there)
    assert len(keys11.lasting(here)) == 4
    assert keys11.lasting(device11.frame(7, b"other")[-4:]) != keys11.lasting(here)
    assert keys10.lasting(b"abcd") == b"abcd"


def test_a_1_1_downlink_with_ack_covers_the_confirmed_counter():
    vector = next(v for v in VECTORS if v["id"] == "v11-09")
    keys = keys_1_1(vector)
    frame = parse(bytes.fromhex(vector["phy_payload_hex"]))
    assert not frame.ack
    assert keys.check_downlink(frame, 0, conf_f_cnt=77)
    acking = bytearray(bytes.fromhex(vector["phy_payload_hex"]))
    acking[5] |= 0x20
    code = keys._serving.data_code(1, frame.dev_addr, 0, bytes(acking[:-4]), conf_f_cnt=77)
    acking[-4:] = code[:4]
    assert keys.check_downlink(parse(bytes(acking)), 0, conf_f_cnt=77)
    assert not keys.check_downlink(parse(bytes(acking)), 0, conf_f_cnt=78)


def test_the_fingerprint_is_stable_and_differs_by_every_key_and_by_version():
    def fingerprint(nwk: int, app: int) -> str:
        keys = SessionKeys10(nwk_s_key=bytes([nwk]) * 16, app_s_key=bytes([app]) * 16)
        return keys.fingerprint

    # Written out: it is stored in databases and must never change.
    assert fingerprint(1, 2) == "58ef58db52c3edca"
    assert len({fingerprint(1, 2), fingerprint(2, 1), fingerprint(1, 1), fingerprint(2, 2)}) == 4
    names = ("f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key", "app_s_key")
    made = set()
    for changed in (None, *names):
        keys = {name: b"\2" * 16 if name == changed else b"\1" * 16 for name in names}
        made.add(SessionKeys11(**keys).fingerprint)
    assert len(made | {fingerprint(1, 1)}) == 6


def test_session_keys_show_only_their_fingerprint(keys10, keys11):
    for keys in (keys10, keys11):
        assert keys.fingerprint in repr(keys)
        shown = repr(keys) + str(keys)
        assert "AAAA" not in shown
        assert bytes(range(16)).hex() not in shown
        assert len(repr(keys)) < 60


def test_a_key_of_another_size_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        SessionKeys10(nwk_s_key=b"short", app_s_key=bytes(16))
