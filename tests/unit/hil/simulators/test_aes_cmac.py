"""Guards the simulated devices' own CMAC: RFC 4493's examples, and the library's CMAC for any length."""

import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from hil.simulators.aes_cmac import AesBlocks, AesCmac

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


@pytest.mark.parametrize(
    ("length", "tag"),
    [
        (0, "bb1d6929e95937287fa37d129b756746"),
        (16, "070a16b46b4d4144f79bdd9dd04a287c"),
        (40, "dfa66747de9ae63030ca32611497c827"),
        (64, "51f0bebf7e3b9d92fc49741779363cfe"),
    ],
)
def test_the_examples_of_rfc_4493_come_out(length: int, tag: str) -> None:
    assert AesCmac(KEY).tag(MESSAGE[:length]).hex() == tag


def test_a_block_is_encrypted_as_fips_197_appendix_b_shows() -> None:
    plain = bytes.fromhex("3243f6a8885a308d313198a2e0370734")
    assert AesBlocks(KEY).encrypt(plain).hex() == "3925841d02dc09fbdc118597196a0b32"


@given(key=st.binary(min_size=16, max_size=16), message=st.binary(max_size=80))
def test_any_message_has_the_tag_that_the_library_computes(key: bytes, message: bytes) -> None:
    library = CMAC(algorithms.AES(key))
    library.update(message)
    assert AesCmac(key).tag(message) == library.finalize()


def test_one_key_object_tags_many_messages_independently() -> None:
    mac = AesCmac(KEY)
    first = mac.tag(b"first")
    mac.tag(b"something longer than one block of sixteen bytes")
    assert mac.tag(b"first") == first
