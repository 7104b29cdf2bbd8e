"""Guards the parser of PHYPayloads: published frames, the size rules, and that hostile bytes only get refused."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Refused
from gateway.lorawan.phy_payload import (
    DataDownlink,
    DataUplink,
    JoinAccept,
    JoinRequest,
    Proprietary,
    RejoinRequest,
    parse,
)

DATA = Path(__file__).parents[2] / "data" / "lorawan-vectors.json"
VECTORS = json.loads(DATA.read_text())["vectors"]


# A server under conformance test sent MAC commands in both places, to see them discarded.
DISCARDED = "capture-15"


def of_kind(*kinds: str) -> list[object]:
    chosen = [v for v in VECTORS if v["kind"] in kinds and v["id"] != DISCARDED]
    return [pytest.param(v, id=v["id"]) for v in chosen]


def test_the_captured_frame_with_commands_in_both_places_is_discarded():
    vector = next(v for v in VECTORS if v["id"] == DISCARDED)
    assert (vector["fields"]["fport"], vector["fields"]["fopts"]) == (0, "06")
    with pytest.raises(Refused, match="FPort 0"):
        parse(bytes.fromhex(vector["phy_payload_hex"]))


@pytest.mark.parametrize("vector", of_kind("data_up", "data_down"))
def test_a_published_data_frame_is_read_field_by_field(vector):
    fields = vector["fields"]
    frame = parse(bytes.fromhex(vector["phy_payload_hex"]))
    assert type(frame) is (DataUplink if fields["direction"] == "up" else DataDownlink)
    assert frame.confirmed == fields["mtype"].startswith("Confirmed")
    assert f"{frame.dev_addr:08x}" == fields["dev_addr"]
    assert f"{frame.f_ctrl:02x}" == fields["fctrl"]
    assert frame.f_cnt16 == fields["fcnt16"]
    assert frame.f_opts.hex() == fields["fopts"]
    assert frame.f_port == fields["fport"]
    assert frame.frm_payload.hex() == fields["frm_payload_encrypted"]
    assert frame.mic.hex() == fields["mic"]
    assert (frame.authenticated + frame.mic).hex() == vector["phy_payload_hex"]
    assert (frame.adr, frame.ack) == (fields["adr"], fields["ack"])
    if fields["direction"] == "up":
        assert (frame.adr_ack_req, frame.bit_4) == (fields["adr_ack_req"], fields["class_b"])
    else:
        assert frame.bit_4 == fields["f_pending"]


@pytest.mark.parametrize("vector", of_kind("join_request"))
def test_a_published_join_request_is_read(vector):
    fields = vector["fields"]
    frame = parse(bytes.fromhex(vector["phy_payload_hex"]))
    assert isinstance(frame, JoinRequest)
    assert frame.join_eui == fields["join_eui"]
    assert frame.dev_eui == fields["dev_eui"]
    assert frame.dev_nonce == fields["dev_nonce"]
    assert frame.mic.hex() == fields["mic"]


@pytest.mark.parametrize("vector", of_kind("rejoin_request"))
def test_a_published_rejoin_request_is_read(vector):
    fields = vector["fields"]
    frame = parse(bytes.fromhex(vector["phy_payload_hex"]))
    assert isinstance(frame, RejoinRequest)
    assert frame.kind == fields["rejoin_type"]
    assert frame.dev_eui == fields["dev_eui"]
    assert frame.rj_count == fields["rjcount"]
    assert frame.join_eui == fields.get("join_eui")
    net_id = fields.get("net_id")
    assert frame.net_id == (None if net_id is None else int(net_id, 16))
    assert frame.mic.hex() == fields["mic"]


@pytest.mark.parametrize("vector", of_kind("join_accept"))
def test_a_published_join_accept_is_recognised(vector):
    phy = bytes.fromhex(vector["phy_payload_hex"])
    assert parse(phy) == JoinAccept(phy)


@pytest.mark.parametrize("vector", of_kind("proprietary"))
def test_a_proprietary_frame_is_opaque(vector):
    frame = parse(bytes.fromhex(vector["phy_payload_hex"]))
    assert isinstance(frame, Proprietary)
    assert frame.body.hex() == vector["expect"]["mac_payload"] + vector["expect"]["mic"]


@pytest.mark.parametrize("vector", of_kind("malformed"))
def test_a_frame_against_the_rules_is_refused_by_reason(vector):
    phy = bytes.fromhex(vector["phy_payload_hex"])
    if vector["expect"]["parse_ok"]:
        assert isinstance(parse(phy), DataUplink)
        return
    with pytest.raises(Refused) as refused:
        parse(phy)
    major = phy[:1] and phy[0] & 3
    assert refused.value.reason == ("not_lorawan" if major else "malformed")


@pytest.mark.parametrize(
    ("mhdr", "sizes"),
    [
        (0x00, {23}),
        (0x20, {17, 33}),
        (0x40, set(range(12, 256))),
        (0x60, set(range(12, 256))),
        (0x80, set(range(12, 256))),
        (0xA0, set(range(12, 256))),
        (0xC0, {19}),
        (0xE0, set(range(1, 256))),
    ],
)
def test_each_type_has_its_sizes(mhdr, sizes):
    for size in range(1, 300):
        phy = bytes([mhdr]) + bytes(size - 1)
        if size in sizes:
            parse(phy)
        else:
            with pytest.raises(Refused) as refused:
                parse(phy)
            assert refused.value.reason == "malformed"


@pytest.mark.parametrize(("kind", "size"), [(0, 24), (1, 19), (2, 24), (3, 19), (255, 24)])
def test_a_rejoin_type_has_its_own_size(kind, size):
    with pytest.raises(Refused, match=f"of type {kind}"):
        parse(bytes([0xC0, kind]) + bytes(size - 2))


@pytest.mark.parametrize("major", [1, 2, 3])
@pytest.mark.parametrize("m_type", range(8))
def test_another_major_is_not_lorawan(m_type, major):
    with pytest.raises(Refused, match=f"not_lorawan: .* has Major {major},"):
        parse(bytes([m_type << 5 | major]) + bytes(22))


def test_f_opts_may_fill_the_frame_but_not_overrun_it(device10):
    for length in range(16):
        head = b"\x40" + bytes(4) + bytes([length]) + bytes(2)
        frame = parse(head + b"\xaa" * length + b"MIC!")
        assert (frame.f_opts, frame.f_port, frame.frm_payload) == (b"\xaa" * length, None, b"")
        if length:
            with pytest.raises(Refused, match=f"FOptsLen {length} "):
                parse(head + b"\xaa" * (length - 1) + b"MIC!")


def test_port_zero_is_read_without_f_opts_and_refused_with_them():
    assert parse(b"\x40" + bytes(7) + b"\x00\x02MIC!").f_port == 0
    with pytest.raises(Refused, match="FPort 0"):
        parse(b"\x40" + bytes(4) + b"\x01" + bytes(2) + b"\xaa\x00\x02MIC!")


def test_rfu_bits_of_the_header_are_not_judged(device10):
    phy = device10.frame(5)
    assert parse(bytes([phy[0] | 0x1C]) + phy[1:]).f_cnt16 == 5


def test_every_truncation_is_refused_or_a_shorter_frame(device10):
    phy = device10.frame(5, b"hello", f_opts=b"\x02\x03\x07")
    shortest = 8 + 3 + 4
    for size in range(len(phy)):
        if size < shortest:
            with pytest.raises(Refused):
                parse(phy[:size])
        else:
            assert parse(phy[:size]).authenticated == phy[: size - 4]


@given(st.binary(max_size=300))
def test_random_bytes_are_parsed_or_refused(phy):
    try:
        frame = parse(phy)
    except Refused as refused:
        frame = refused
    if isinstance(frame, DataUplink | DataDownlink):
        port = b"" if frame.f_port is None else bytes([frame.f_port])
        assert phy[8:] == frame.f_opts + port + frame.frm_payload + frame.mic
    elif isinstance(frame, Refused):
        assert frame.reason in {"malformed", "not_lorawan"}
        assert frame.sentence
