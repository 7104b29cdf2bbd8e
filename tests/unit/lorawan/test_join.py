"""Guards joins: published requests, answers and key derivations, both generations, and what a wrong key gives."""

import json
from pathlib import Path

import pytest

from gateway.lorawan.crypto import Authenticator
from gateway.lorawan.join import (
    JoinKeys,
    accept_code_1_1,
    check_accept,
    check_accept_1_1,
    derive_1_0,
    derive_1_1,
    derive_join_keys,
    read_accept,
    read_plain_accept,
    session_keys,
)
from gateway.lorawan.phy_payload import JoinAccept, parse
from gateway.lorawan.session_keys import SessionKeys10, SessionKeys11

DATA = Path(__file__).parents[2] / "data" / "lorawan-vectors.json"
VECTORS = {v["id"]: v for v in json.loads(DATA.read_text())["vectors"]}


def of_kind(kind: str, version: str | None = None) -> list[object]:
    chosen = [v for v in VECTORS.values() if v["kind"] == kind]
    return [pytest.param(v, id=v["id"]) for v in chosen if version in (None, v["lorawan"])]


def h(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize("vector", of_kind("join_request"))
def test_a_published_join_request_is_checked(vector):
    request = parse(h(vector["phy_payload_hex"]))
    keys = {name: h(key) for name, key in vector["keys"].items()}
    # A 1.1 device has both root keys; the MIC is by NwkKey then.
    joins = JoinKeys(device="d", dev_eui=request.dev_eui, **({"app_key": bytes(16)} | keys))
    assert joins.check_request(request) == vector["expect"]["mic_valid"]


@pytest.mark.parametrize("vector", of_kind("rejoin_request"))
def test_a_published_rejoin_request_has_its_mic(vector):
    request = parse(h(vector["phy_payload_hex"]))
    (key,) = vector["keys"].values()
    assert Authenticator(h(key)).code(request.authenticated)[:4] == request.mic


def test_a_rejoin_request_is_checked_where_the_root_keys_are_enough():
    nwk_key, dev_eui = b"N" * 16, "0123456789abcdef"
    joins = JoinKeys(device="d", dev_eui=dev_eui, app_key=bytes(16), nwk_key=nwk_key)
    js_int_key, _ = derive_join_keys(nwk_key, dev_eui)
    body = b"\xc0\x01" + bytes(8) + h(dev_eui)[::-1] + b"\x05\x00"
    right = parse(body + Authenticator(js_int_key).code(body)[:4])
    wrong = parse(body + b"\0\0\0\0")
    assert joins.check_rejoin(right) is True
    assert joins.check_rejoin(wrong) is False
    type_0 = parse(b"\xc0\x00" + bytes(13) + b"\0\0\0\0")
    assert joins.check_rejoin(type_0) is None
    assert JoinKeys(device="d", dev_eui=dev_eui, app_key=nwk_key).check_rejoin(right) is None


@pytest.mark.parametrize("vector", of_kind("join_accept"))
def test_a_published_join_accept_is_decrypted_and_checked(vector):
    key = h(next(iter(vector["keys"].values())))
    phy = h(vector["phy_payload_hex"])
    if vector.get("encrypted_on_wire", True):
        accepted = read_accept(key, JoinAccept(phy))
    else:
        accepted = read_plain_accept(phy)
    fields, expect = vector["fields"] | vector["expect"], vector["expect"]
    assert (accepted.authenticated + accepted.mic).hex() == fields["decrypted_hex"]
    assert f"{accepted.join_nonce:06x}" == fields["join_nonce"]
    assert f"{accepted.net_id:06x}" == fields["net_id"]
    assert f"{accepted.dev_addr:08x}" == fields["dev_addr"]
    assert f"{accepted.dl_settings:02x}" == fields["dl_settings"]
    assert accepted.opt_neg == fields["opt_neg"]
    assert accepted.rx_delay_s == (fields["rx_delay"] or 1)
    assert accepted.cf_list.hex() == (fields["cflist"] or "")
    assert list(accepted.channels_hz) == fields.get("cflist_freqs_hz", [])
    if vector["lorawan"] == "1.1":
        nonce = int(vector["dev_nonce"], 16)
        facts = {"join_eui": vector["join_eui"], "dev_nonce": nonce}
        assert check_accept_1_1(key, accepted, **facts) == expect["mic_valid"]
        assert not check_accept_1_1(key, accepted, **facts | {"dev_nonce": nonce ^ 1})
        assert not check_accept_1_1(key, accepted, **facts, answers=1)
    else:
        assert check_accept(key, accepted) == expect["mic_valid"]
    assert not check_accept(b"W" * 16, accepted)


def test_a_channel_mask_is_not_read_as_frequencies():
    plain = h(VECTORS["ja-07"]["fields"]["decrypted_hex"])
    masked = plain[:28] + b"\x01" + plain[29:]
    assert read_plain_accept(masked).channels_hz == ()


def test_the_published_1_1_accept_code_is_computed():
    vector = VECTORS["ja-09"]
    code = accept_code_1_1(
        h(vector["keys"]["js_int_key"]),
        h(vector["join_accept_plain_no_mic_hex"]),
        "0807060504030201",
        0x0201,
    )
    assert code[:4].hex() == vector["expect"]["mic"]


@pytest.mark.parametrize("vector", of_kind("key_derivation"))
def test_published_keys_are_derived(vector):
    given, made = vector["inputs"], {}
    number = {name: int(value, 16) for name, value in given.items() if "wire" not in name}
    if "app_nonce_wire" in given:
        values = (given["app_nonce_wire"], given["net_id_wire"], given["dev_nonce_wire"])
        nonces = [int.from_bytes(h(value), "little") for value in values]
        made["nwk_s_key"], made["app_s_key"] = derive_1_0(h(given["app_key"]), *nonces)
    elif "dev_eui" in given:
        names = ("js_int_key", "js_enc_key")
        made |= zip(names, derive_join_keys(h(given["nwk_key"]), given["dev_eui"]), strict=True)
    elif "nwk_key" in given:
        names = ("f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key", "app_s_key")
        keys = derive_1_1(
            h(given["app_key"]),
            h(given["nwk_key"]),
            number["join_nonce"],
            given.get("join_eui") or given["net_id"],
            number["dev_nonce"],
        )
        made |= zip(names, keys, strict=True)
    else:
        join_nonce = number.get("join_nonce", number.get("app_nonce"))
        made["nwk_s_key"], made["app_s_key"] = derive_1_0(
            h(given["app_key"]), join_nonce, number["net_id"], number["dev_nonce"]
        )
    assert {name: key.hex() for name, key in made.items()} == vector["expect"]


CAPTURED = [v for v in VECTORS.values() if "join_request_hex" in v and v["kind"] == "join_accept"]


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in CAPTURED])
def test_a_captured_join_gives_the_keys_that_the_network_used(vector):
    request = parse(h(vector["join_request_hex"]))
    app_key = h(vector["keys"]["app_key"])
    accepted = read_accept(app_key, JoinAccept(h(vector["phy_payload_hex"])))
    derived = derive_1_0(app_key, accepted.join_nonce, accepted.net_id, request.dev_nonce)
    expect = vector["expect"]
    assert [key.hex() for key in derived] == [
        expect["derived_nwk_s_key"],
        expect["derived_app_s_key"],
    ]


def test_a_captured_join_pair_opens_the_session_of_the_frames_that_follow():
    pair = VECTORS["lorawan-parser-join"]
    request = parse(h(pair["join_request_hex"]))
    keys = JoinKeys(device="d", dev_eui=request.dev_eui, app_key=h(pair["keys"]["app_key"]))
    assert keys.check_request(request)
    accepted = read_accept(keys.app_key, JoinAccept(h(pair["join_accept_hex"])))
    assert check_accept(keys.app_key, accepted)
    opened = session_keys(keys, request, accepted)
    expected = SessionKeys10(
        nwk_s_key=h(pair["expect"]["nwk_s_key"]), app_s_key=h(pair["expect"]["app_s_key"])
    )
    assert opened.fingerprint == expected.fingerprint


def test_a_1_1_answer_opens_a_1_1_session_and_needs_both_root_keys():
    vector = VECTORS["keys-03"]
    given = vector["inputs"]
    roots = {"app_key": h(given["app_key"]), "nwk_key": h(given["nwk_key"])}
    plain = b"\x20" + h(given["join_nonce"])[::-1] + bytes(7) + b"\x80\x01" + bytes(4)
    accepted = read_plain_accept(plain)
    request = parse(
        b"\0" + h(given["join_eui"])[::-1] + bytes(8) + h(given["dev_nonce"])[::-1] + bytes(4)
    )
    opened = session_keys(JoinKeys(device="d", dev_eui="0" * 16, **roots), request, accepted)
    expected = SessionKeys11(**{name: h(key) for name, key in vector["expect"].items()})
    assert opened.fingerprint == expected.fingerprint
    only_app = JoinKeys(device="meter-7", dev_eui="0" * 16, app_key=roots["app_key"])
    with pytest.raises(ValueError, match="meter-7"):
        session_keys(only_app, request, accepted)


def test_a_1_1_device_under_a_1_0_server_derives_by_its_nwk_key():
    vector = VECTORS["keys-04"]
    given = vector["inputs"]
    nonce, net_id = h(given["join_nonce"])[::-1], h(given["net_id"])[::-1]
    accepted = read_plain_accept(b"\x20" + nonce + net_id + bytes(10))
    request = parse(b"\0" + bytes(16) + h(given["dev_nonce"])[::-1] + bytes(4))
    keys = JoinKeys(device="d", dev_eui="0" * 16, app_key=bytes(16), nwk_key=h(given["app_key"]))
    expected = SessionKeys10(**{name: h(key) for name, key in vector["expect"].items()})
    assert session_keys(keys, request, accepted).fingerprint == expected.fingerprint


def test_root_keys_do_not_show_themselves():
    keys = JoinKeys(device="d", dev_eui="0" * 16, app_key=b"Q" * 16, nwk_key=b"Q" * 16)
    assert "QQQ" not in repr(vars(keys))
