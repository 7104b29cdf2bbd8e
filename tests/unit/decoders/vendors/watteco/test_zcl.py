"""Guards what a Watteco frame says of itself; payloads are in tests/data/vendors/watteco.jsonl."""

import pytest

from decoders.contract import DecodeRefused
from decoders.registry import DECODERS
from decoders.vendors.watteco.zcl import endpoint_of


@pytest.mark.parametrize(
    ("fctrl", "endpoint"),
    [(0x11, 0), (0x31, 1), (0x51, 2), (0x71, 3), (0xF1, 7), (0x13, 8), (0x15, 16), (0xF7, 31)],
)
def test_the_endpoint_is_in_two_parts_of_the_first_byte(fctrl: int, endpoint: int) -> None:
    assert endpoint_of(fctrl) == endpoint


def refusal_of(payload: str) -> str:
    with pytest.raises(DecodeRefused) as refusal:
        DECODERS["watteco_th"].decode(125, bytes.fromhex(payload), None)
    assert refusal.value.reason == "unknown_layout"
    return refusal.value.sentence


def test_a_batch_is_refused_with_what_reads_it() -> None:
    sentence = refusal_of("20220080039281f268d3212d54a0c3e170380ab000")
    assert "a batch in Huffman codes, which the maker's JavaScript codec reads" in sentence


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        ("110a800700014107010304fffffffe", "an answer over Modbus"),
        ("110a80090000411f06000f", "answers over Modbus"),
        ("110a00530000410c0000080000000000", "a French meter's data line (TIC)"),
        ("110a800f00004116", "statistics of shocks"),
    ],
)
def test_a_cluster_that_is_left_out_is_refused_with_what_it_carries(
    payload: str, what: str
) -> None:
    assert f"carries {what}, which the maker's JavaScript codec reads" in refusal_of(payload)


def test_an_endpoint_a_model_does_not_have_is_not_taken_for_another() -> None:
    assert "endpoint 1 of cluster 0x0402" in refusal_of("310a04020000290992")
