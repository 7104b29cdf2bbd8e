"""Guards the description of a single frame: published frames in both directions, joins, and `f_cnt_last`."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.lorawan.dry_run import describe
from gateway.lorawan.join import JoinKeys
from gateway.lorawan.session_keys import SessionKeys10, SessionKeys11

DATA = Path(__file__).parents[2] / "data" / "lorawan-vectors.json"
VECTORS = {v["id"]: v for v in json.loads(DATA.read_text())["vectors"]}


def keys_of(device) -> SessionKeys10:
    return SessionKeys10(nwk_s_key=device.nwk_s_key, app_s_key=device.app_s_key)


COMPLETE = [
    pytest.param(v, id=v["id"])
    for v in VECTORS.values()
    if v["kind"] in ("data_up", "data_down")
    and {"nwk_s_key", "app_s_key"} <= set(v["keys"])
    and v["expect"].get("mic_valid")
    and v["id"] != "capture-15"  # discarded by the parser
]


@pytest.mark.parametrize("vector", COMPLETE)
def test_a_published_data_frame_is_described(vector):
    keys = SessionKeys10(**{name: bytes.fromhex(key) for name, key in vector["keys"].items()})
    fields = vector["fields"]
    described = describe(bytes.fromhex(vector["phy_payload_hex"]), keys)
    facts = described.facts
    assert described.refused is None
    assert facts["mic_ok"] is True
    assert facts["m_type"] == fields["mtype"]
    assert facts["dev_addr"] == fields["dev_addr"]
    assert facts["f_cnt"] == vector["fcnt32"]
    assert facts["f_port"] == fields["fport"]
    assert (facts["adr"], facts["ack"], facts["f_opts"]) == (
        fields["adr"],
        fields["ack"],
        fields["fopts"],
    )
    if "frm_payload_plain_hex" in vector["expect"]:
        assert facts["payload"] == vector["expect"]["frm_payload_plain_hex"]
        if fields["fport"] and facts["payload"]:
            assert described.payload.hex() == facts["payload"]
    json.dumps(facts)


def outcome(device, f_cnt, last, payload=b"hello"):
    described = describe(device.frame(f_cnt, payload), keys_of(device), f_cnt_last=last)
    assert described.facts["mic_ok"] is True
    assert described.facts["f_cnt"] == f_cnt
    if described.refused is not None:
        assert described.facts["outcome"] is None
        return described.refused.reason
    return described.facts["outcome"], described.facts["lost"]


def test_f_cnt_last_means_that_nothing_but_that_counter_was_heard(device10):
    assert outcome(device10, 100, None) == ("uplink", 0)
    assert outcome(device10, 101, 100) == ("uplink", 0)
    assert outcome(device10, 105, 100) == ("uplink", 4)
    assert outcome(device10, 100, 100) == "replayed"
    assert outcome(device10, 99, 100) == ("late", 0)
    assert outcome(device10, 0, 100) == ("late", 99)
    assert outcome(device10, 0, 0) == "replayed"
    assert outcome(device10, 65_536, 65_535) == ("uplink", 0)
    assert outcome(device10, 65_535, 65_536) == ("late", 0)
    assert outcome(device10, 10_000 - 4096, 10_000) == "replayed"
    assert outcome(device10, 10_000 - 4095, 10_000) == ("late", 4094)
    assert outcome(device10, 5, None, b"") == ("mac_only", 0)


def test_the_payload_of_a_replayed_frame_is_still_shown(device10):
    described = describe(device10.frame(7), keys_of(device10), f_cnt_last=7)
    assert described.refused.reason == "replayed"
    assert described.payload == b"hello"


def test_a_wrong_mic_is_described_without_a_payload(device10):
    phy = device10.frame(70_000)
    described = describe(phy[:-1] + bytes([phy[-1] ^ 1]), keys_of(device10))
    assert described.refused.reason == "bad_mic"
    assert (described.payload, described.facts["payload"]) == (None, None)
    assert (described.facts["mic_ok"], described.facts["f_cnt"]) == (False, 70_000 - 65_536)


def test_without_keys_the_open_fields_are_described(device10):
    described = describe(device10.frame(5, f_opts=b"\x02", confirmed=True))
    assert described.refused.reason == "unknown_device"
    facts = described.facts
    assert (facts["m_type"], facts["f_opts"]) == ("ConfirmedDataUp", "02")
    assert (facts["mic_ok"], facts["payload"], facts["f_cnt"]) == (None, None, 5)
    downlink = describe(device10.frame(5, down=True))
    assert downlink.facts["m_type"] == "UnconfirmedDataDown"
    assert downlink.refused.reason == "unknown_device"


def test_mac_commands_are_described_decrypted(device10):
    described = describe(device10.frame(5, b"\x02\x03\x07", f_port=0), keys_of(device10))
    assert described.facts["mac_commands"] == described.facts["payload"] == "020307"
    assert described.facts["outcome"] == "mac_only"
    assert described.payload is None


def test_a_downlink_is_described_and_a_wrong_one_refused(device10):
    phy = device10.frame(70_000, b"down", down=True, confirmed=True)
    described = describe(phy, keys_of(device10))
    assert described.facts["m_type"] == "ConfirmedDataDown"
    assert (described.facts["f_cnt"], described.payload) == (70_000, b"down")
    assert described.refused is None
    wrong = describe(phy[:-1] + bytes([phy[-1] ^ 1]), keys_of(device10))
    assert (wrong.refused.reason, wrong.facts["mic_ok"]) == ("bad_mic", False)


def test_a_1_1_uplink_is_described_by_its_four_keys(device11):
    keys = SessionKeys11(**device11.keys)
    described = describe(
        device11.frame(9, f_opts=b"\x02"), keys, data_rate=2, channels=tuple(range(16))
    )
    assert described.facts["mic_checked"] == "full"
    assert described.facts["mac_commands"] == "02"
    assert describe(device11.frame(9), keys).facts["mic_checked"] == "half"


def test_a_join_request_is_described_and_checked():
    vector = VECTORS["jr-01"]
    phy, fields = bytes.fromhex(vector["phy_payload_hex"]), vector["fields"]
    keys = JoinKeys(
        device="d", dev_eui=fields["dev_eui"], app_key=bytes.fromhex(vector["keys"]["app_key"])
    )
    facts = describe(phy, join_keys=keys).facts
    assert facts == {
        "m_type": "JoinRequest",
        "dev_eui": fields["dev_eui"],
        "join_eui": fields["join_eui"],
        "dev_nonce": fields["dev_nonce"],
        "mic": fields["mic"],
        "mic_ok": True,
    }
    assert describe(phy).facts["mic_ok"] is None
    assert describe(phy).refused is None
    wrong = JoinKeys(device="d", dev_eui=fields["dev_eui"], app_key=bytes(16))
    assert describe(phy, join_keys=wrong).refused.reason == "bad_mic"


def test_a_rejoin_request_is_described():
    phy = bytes.fromhex(VECTORS["rejoin-01"]["phy_payload_hex"])
    facts = describe(phy).facts
    assert (facts["rejoin_type"], facts["net_id"], facts["join_eui"]) == (0, "010203", None)
    assert (facts["rj_count"], facts["mic_ok"]) == (258, None)
    type_1 = describe(bytes.fromhex(VECTORS["rejoin-02"]["phy_payload_hex"]))
    assert (type_1.facts["net_id"], type_1.facts["join_eui"]) == (None, "0102030405060708")


def test_a_rejoin_request_is_checked_by_the_root_key():
    phy = bytes.fromhex(VECTORS["rejoin-05"]["phy_payload_hex"])
    keys = JoinKeys(device="d", dev_eui="090a0b0c0d0e0f10", app_key=bytes(16), nwk_key=bytes(16))
    # The published MIC is by a JSIntKey of zeros, which follows from no known root key.
    described = describe(phy, join_keys=keys)
    assert (described.facts["mic_ok"], described.refused.reason) == (False, "bad_mic")


def test_a_join_accept_is_described_by_the_root_key():
    vector = VECTORS["ja-07"]
    phy = bytes.fromhex(vector["phy_payload_hex"])
    fields = vector["fields"]
    keys = JoinKeys(device="d", dev_eui="0" * 16, app_key=bytes.fromhex(vector["keys"]["app_key"]))
    described = describe(phy, join_keys=keys)
    assert described.refused is None
    assert described.facts == {
        "m_type": "JoinAccept",
        "join_nonce": int(fields["join_nonce"], 16),
        "net_id": fields["net_id"],
        "dev_addr": fields["dev_addr"],
        "dl_settings": 0x12,
        "rx_delay_s": 3,
        "cf_list": fields["cflist"],
        "mic": vector["expect"]["mic_computed"],
        "mic_ok": True,
    }
    assert describe(phy).facts == {"m_type": "JoinAccept", "mic_ok": None}
    wrong = JoinKeys(device="d", dev_eui="0" * 16, app_key=bytes(16))
    assert describe(phy, join_keys=wrong).refused.reason == "bad_mic"


def test_a_1_1_join_accept_cannot_be_checked_without_its_request():
    vector = VECTORS["ja-06"]
    key = bytes.fromhex(next(iter(vector["keys"].values())))
    phy = bytes.fromhex(vector["phy_payload_hex"])
    both = JoinKeys(device="d", dev_eui="0" * 16, app_key=bytes(16), nwk_key=key)
    described = describe(phy, join_keys=both)
    assert (described.facts["mic_ok"], described.refused) == (None, None)
    # A 1.0 device cannot have got a 1.1 answer.
    only_app = JoinKeys(device="d", dev_eui="0" * 16, app_key=key)
    assert describe(phy, join_keys=only_app).facts["mic_ok"] is False


def test_a_proprietary_frame_is_described_and_refused():
    described = describe(b"\xe0own")
    assert described.facts["body"] == b"own".hex()
    assert described.refused.reason == "not_lorawan"


@given(st.binary(max_size=260))
def test_random_bytes_are_described_or_refused(device10, phy):
    try:
        described = describe(phy, keys_of(device10))
    except Refused as refused:
        facts, payload = {"reason": refused.reason}, None
    else:
        facts, payload = described.facts, described.payload
    assert payload is None
    assert facts.get("reason", "malformed") in {"malformed", "not_lorawan"}
    assert json.loads(json.dumps(facts)) == facts
