"""Guards what a datagram is and which answer it gets: other projects' datagrams with the answers they expect,
then every length, every first byte and random bytes.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.sources.semtech_udp.protocol import Message, read

DATA = Path(__file__).parents[3] / "data"
DATAGRAMS = [
    json.loads(line) for line in (DATA / "semtech_udp/datagrams.jsonl").read_text().splitlines()
]
SESSIONS = [
    json.loads(line) for line in (DATA / "captured_sessions.jsonl").read_text().splitlines()
]
KINDS = {
    "PUSH_DATA": "push_data",
    "PULL_DATA": "pull_data",
    "TX_ACK": "tx_ack",
    "PUSH_ACK": "from_server",
    "PULL_ACK": "from_server",
    "PULL_RESP": "from_server",
}
EUI = bytes.fromhex("0016c001ff10a235")
PUSH = bytes.fromhex("02abcd00") + EUI + b"{}"


@pytest.mark.parametrize("sample", DATAGRAMS, ids=lambda s: f"{s.get('type')}-{s['len']}")
def test_a_known_datagram_is_what_it_is_and_gets_its_answer(sample: dict[str, Any]) -> None:
    datagram = bytes.fromhex(sample["datagram_hex"])
    assert len(datagram) == sample["len"]
    if "reject" in sample.get("notes", ""):
        with pytest.raises(Refused) as refused:
            read(datagram, 16_384)
        assert refused.value.reason == "malformed"
        return
    message = read(datagram, 16_384)
    if sample["type"] == "PULL_ACK" and len(datagram) == 12:
        # One server appends the EUI; coming from a gateway this is a TX_ACK with a wrong kind.
        assert message == Message("tx_ack", datagram[4:12])
        return
    assert message.kind == KINDS[sample["type"]]
    assert message.gateway.hex() == sample.get("gateway_eui", "")
    assert message.answer.hex() == sample.get("expected_ack_hex", "")
    if message.kind in ("push_data", "tx_ack"):
        assert message.json.decode() == sample.get("json_text", "")


def test_every_datagram_of_the_captured_sessions_is_what_the_log_says() -> None:
    kinds = dict.fromkeys(("PUSH_DATA", "PULL_DATA", "TX_ACK"), 0)
    for record in SESSIONS:
        if record["direction"] == "gateway_to_server":
            message = read(bytes.fromhex(record["datagram_hex"]), 16_384)
            assert message.kind == KINDS[record["type"]]
            assert message.gateway.hex() == "647fdafffe007417"
            kinds[record["type"]] += 1
            if record["type"] == "PUSH_DATA":
                assert json.loads(message.json) == record["json"]
    assert kinds == {"PUSH_DATA": 177, "PULL_DATA": 92, "TX_ACK": 58}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("token", ["0000", "ffff", "a55a"])
def test_an_answer_carries_version_and_token_of_the_question(version: int, token: str) -> None:
    start = bytes([version]) + bytes.fromhex(token)
    assert read(start + b"\0" + EUI + b"{}", 100).answer == start + b"\1"
    assert read(start + b"\2" + EUI, 100).answer == start + b"\4"


def test_tx_ack_gets_no_answer_and_may_have_no_json() -> None:
    assert read(b"\2ab\5" + EUI, 100) == Message("tx_ack", EUI)
    assert read(b"\2ab\5" + EUI + b"{}", 100) == Message("tx_ack", EUI, b"{}")


def test_tx_ack_sent_with_the_kind_of_pull_ack_is_known_by_its_eui() -> None:
    assert read(b"\2ab\4" + EUI + b'{"txpk_ack":{}}', 100).kind == "tx_ack"
    assert read(b"\2ab\4", 100).kind == "from_server"


def test_bytes_after_the_eui_of_pull_data_are_let_be() -> None:
    assert read(b"\2ab\2" + EUI + b"{}", 100) == Message("pull_data", EUI, b"", b"\2ab\4")


@pytest.mark.parametrize(
    ("datagram", "sentence"),
    [
        (b"", "0 bytes, the header alone has 4"),
        (b"\2ab", "3 bytes, the header alone has 4"),
        (b"\0\0\0\0", "protocol version 0, known are 1 and 2"),
        (b"\3ab\0" + EUI + b"{}", "protocol version 3, known are 1 and 2"),
        (b'{"rxpk":[]}', "protocol version 123, known are 1 and 2"),
        (b"\2ab\0" + EUI, "PUSH_DATA of 12 bytes holds no JSON"),
        (b"\2ab\0" + EUI + b"{", "PUSH_DATA of 13 bytes holds no JSON"),
        (b"\2ab\2" + EUI[:7], "PULL_DATA of 11 bytes holds no EUI"),
        (b"\2ab\5" + EUI[:7], "TX_ACK of 11 bytes holds no EUI"),
        (b"\2ab\6" + EUI, "unknown kind 6 of message"),
        (b"\2ab\xff" + EUI + b"{}", "unknown kind 255 of message"),
        (PUSH + b" " * 87, "longer than 100 bytes"),
    ],
)
def test_what_is_no_message_is_refused_and_says_why(datagram: bytes, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        read(datagram, 100)
    assert refused.value.reason == "malformed"
    assert refused.value.sentence == sentence


def test_the_longest_datagram_asked_for_is_read() -> None:
    assert read(PUSH + b" " * 86, 100).kind == "push_data"


def test_every_truncation_is_refused_or_a_shorter_message() -> None:
    whole = PUSH + b'"rxpk":[]}'
    for length in range(len(whole)):
        if length < 14:
            with pytest.raises(Refused):
                read(whole[:length], 100)
        else:
            assert read(whole[:length], 100).json == whole[12:length]


@pytest.mark.parametrize("place", range(14))
def test_every_flipped_bit_is_a_message_or_refused(place: int) -> None:
    for bit in range(8):
        changed = bytearray(PUSH)
        changed[place] ^= 1 << bit
        if (found := message_or_none(bytes(changed))) is None:
            assert place in (0, 3)
        else:
            assert found.answer[:3] in (changed[:3], b"")


def message_or_none(datagram: bytes) -> Message | None:
    """The message, None when it is refused as it should be; anything else is raised on."""
    try:
        return read(datagram, 50)
    except Refused as refused:
        if refused.reason != "malformed" or not refused.sentence:
            raise
        return None


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda b: b"\2" + b))
def test_random_bytes_are_a_message_or_refused(datagram: bytes) -> None:
    message = message_or_none(datagram)
    if message is not None:
        assert len(message.answer) in (0, 4)
        assert len(message.gateway) == (0 if message.kind == "from_server" else 8)
