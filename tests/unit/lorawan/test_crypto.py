"""Guards the AES primitives by RFC 4493 and by FRMPayloads that were published with their plaintext."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.lorawan.crypto import (
    DOWN,
    F_OPTS_A_DOWN,
    F_OPTS_UP_OR_N_DOWN,
    Authenticator,
    Key,
    Keystream,
    encrypt_blocks,
    same,
)

DATA = Path(__file__).parents[2] / "data" / "lorawan-vectors.json"
VECTORS = json.loads(DATA.read_text())["vectors"]
RFC_4493_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
RFC_4493_MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


@pytest.mark.parametrize(
    ("size", "code"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_cmac_is_that_of_rfc_4493(size, code):
    authenticator = Authenticator(RFC_4493_KEY)
    for _ in range(2):
        assert authenticator.code(RFC_4493_MESSAGE[:size]).hex() == code


def test_one_block_is_encrypted_as_fips_197_says():
    key = bytes(range(16))
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert encrypt_blocks(key, plain).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"


@pytest.mark.parametrize(
    "vector", [pytest.param(v, id=v["id"]) for v in VECTORS if v["kind"] == "frmpayload_up"]
)
def test_a_published_payload_is_decrypted(vector):
    stream = Keystream(bytes.fromhex(vector["keys"]["app_s_key"]))
    encrypted = bytes.fromhex(vector["frm_payload_encrypted"])
    plain = stream.apply(0, int(vector["dev_addr"], 16), vector["fcnt32"], encrypted)
    assert plain.hex() == vector["expect"]["frm_payload_plain_hex"]


MESSAGES = {
    v["id"]: v for v in VECTORS if v["id"] in ("lora-packet-01", "lora-packet-05", "v11-02")
}


def test_the_code_of_a_data_frame_covers_its_direction():
    for name, direction in (("lora-packet-01", 0), ("lora-packet-05", 1)):
        vector = MESSAGES[name]
        phy = bytes.fromhex(vector["phy_payload_hex"])
        authenticator = Authenticator(bytes.fromhex(vector["keys"]["nwk_s_key"]))
        code = authenticator.data_code(direction, 0x49BE7DF1, vector["fcnt32"], phy[:-4])
        assert code[:4] == phy[-4:]


def test_the_code_of_a_1_1_uplink_covers_confirmed_counter_data_rate_and_channel():
    vector = MESSAGES["v11-02"]
    phy = bytes.fromhex(vector["phy_payload_hex"])
    authenticator = Authenticator(bytes.fromhex(vector["keys"]["s_nwk_s_int_key"]))
    code = authenticator.data_code(0, 0x01020304, 1, phy[:-4], 1, vector["tx_dr"], vector["tx_ch"])
    assert code[:2] == phy[-4:-2]


def test_a_1_1_f_opts_keystream_is_told_apart_by_byte_4():
    vector = next(v for v in VECTORS if v["id"] == "v11-07")
    stream = Keystream(bytes.fromhex(vector["keys"]["nwk_s_enc_key"]))
    f_opts = bytes.fromhex(vector["fields"]["fopts"])
    plain = stream.apply(DOWN, 0x01020304, 0, f_opts, F_OPTS_A_DOWN)
    assert plain.hex() == vector["expect"]["fopts_plain_hex"]
    vector = next(v for v in VECTORS if v["id"] == "v11-08")
    stream = Keystream(bytes.fromhex(vector["keys"]["nwk_s_enc_key"]))
    f_opts = bytes.fromhex(vector["fields"]["fopts"])
    plain = stream.apply(DOWN, 0x01020304, 0, f_opts, F_OPTS_UP_OR_N_DOWN)
    assert plain.hex() == vector["expect"]["fopts_plain_hex"]


def test_a_keystream_keeps_nothing_of_the_frame_before():
    stream = Keystream(bytes(16))
    first = stream.apply(0, 1, 2, bytes(7))
    stream.apply(1, 3, 4, bytes(33))
    assert stream.apply(0, 1, 2, bytes(7)) == first


@given(st.binary(max_size=242), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_decryption_undoes_encryption_at_any_length(plain, dev_addr, f_cnt):
    stream = Keystream(b"k" * 16)
    assert stream.apply(0, dev_addr, f_cnt, stream.apply(0, dev_addr, f_cnt, plain)) == plain


def test_a_key_shows_itself_nowhere():
    key = Key(b"sixteen bytes ok")
    for shown in (repr(key), str(key), f"{key}", f"{key}", repr((key,)), repr({"key": key})):
        assert "sixteen" not in shown
        assert "***" in shown


@pytest.mark.parametrize("size", [0, 15, 17, 32])
@pytest.mark.parametrize("use", [Key, Authenticator, Keystream])
def test_a_key_of_another_size_is_refused_without_being_shown(use, size):
    with pytest.raises(ValueError, match=f"this one {size}") as refused:
        use(b"secret"[:1] * size)
    assert "sss" not in str(refused.value)


def test_comparison_knows_equal_from_unequal():
    assert same(b"abcd", b"abcd")
    assert not same(b"abcd", b"abce")
    assert not same(b"abcd", b"abc")
