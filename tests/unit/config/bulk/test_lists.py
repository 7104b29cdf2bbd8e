"""Lists of other programs are read as they mean it, and nothing but what they say; whatever comes, with a line.

The rows are constructed after the published descriptions; the QR code with all its parts is the example of
The Things Stack's console.
"""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.bulk import qr_code
from gateway.config.bulk.lists import Form, decoded, parse

KEY = "00112233445566778899AABBCCDDEEFF"
OTHER = "FFEEDDCCBBAA99887766554433221100"
QR = "LW:D0:1122334455667788:AABBCCDDEEFF0011:AABB1122:OAABBCCDDEEFF:SYYWWNNNNNN:PFOOBAR:CAF2C"

TTS = f"""\
id;dev_eui;join_eui;name;frequency_plan_id;lorawan_version;lorawan_phy_version;app_key;nwk_key
river-1;70B3D57ED0000001;70B3D57ED0000000;แม่น้ำ;AS_923;MAC_V1_0_3;PHY_V1_0_3_REV_A;{KEY};
river-2;70B3D57ED0000002;70B3D57ED0000000;;AS_923;MAC_V1_1;PHY_V1_1_REV_B;{KEY};{OTHER}
"""
TTS_JSON = f"""\
{{
  "ids": {{"device_id": "otaa-1", "dev_eui": "70B3D57ED0000001", "join_eui": "70B3D57ED0000000"}},
  "name": "River", "supports_join": true,
  "root_keys": {{"app_key": {{"key": "{KEY}"}}}},
  "session": {{"dev_addr": "260B1A2C", "keys": {{"app_s_key": {{"key": "{OTHER}"}}}}}}
}}
{{"ids": {{"device_id": "abp-1", "dev_eui": "70B3D57ED0000002"}},
  "session": {{"dev_addr": "260B1A2D", "keys": {{"app_s_key": {{"key": "{KEY}"}},
                                              "f_nwk_s_int_key": {{"key": "{OTHER}"}}}}}}}}
"""
CHIRPSTACK = f"""\
DevEUI,Device-profile ID,Name,Description,Network-key,Application-key
70b3d57ed0000001,5a1c,River 1,on the bridge,{KEY},{"0" * 32}
70b3d57ed0000002,5a1c,River 2,,{OTHER},{KEY}
"""
CHIRPSTACK_TABLE = """\
dev_eui,application_id,device_profile_id,created_at,name,is_disabled,join_eui,dev_addr
\\x70b3d57ed0000001,ae63,5a1c,2026-11-22 00:00:00+00,River 1,f,\\x0000000000000000,
"""
PLAIN = f"""\
name,dev_eui,decoder,dev_addr,nwk_s_key,app_s_key,tags.zone,address
aq-1,70b3d57ed0000001,air_quality,260b1a2c,{KEY},{OTHER},centre,
tank,,energy,,,,'=harbour,17
"""


def values(text: str, form: Form = Form.AUTO) -> list[dict[str, object]]:
    """What each line says."""
    parsed = parse(text, form)
    assert parsed.unreadable == []
    return [proposal.values for proposal in parsed.proposals]


def test_the_things_stack_csv() -> None:
    first, second = values(TTS)
    assert first == {
        "dev_eui": "70B3D57ED0000001",
        "join_eui": "70B3D57ED0000000",
        "app_key": KEY,
    }
    assert second["nwk_key"] == OTHER
    parsed = parse(TTS)
    assert [proposal.called for proposal in parsed.proposals] == ["แม่น้ำ", "river-2"]
    assert [proposal.line for proposal in parsed.proposals] == [2, 3]
    assert parsed.ignored == ("frequency_plan_id", "lorawan_version", "lorawan_phy_version")


def test_the_things_stack_csv_with_commas_and_the_old_name_of_the_join_eui() -> None:
    text = "dev_eui,app_eui,lorawan_version,app_key\n70B3D57ED0000001,70B3D57ED0000000,1.0.3," + KEY
    assert values(text) == [
        {"dev_eui": "70B3D57ED0000001", "join_eui": "70B3D57ED0000000", "app_key": KEY}
    ]


def test_the_things_stack_json_is_a_stream_or_an_array() -> None:
    joins, session = values(TTS_JSON)
    assert joins == {
        "dev_eui": "70B3D57ED0000001",
        "join_eui": "70B3D57ED0000000",
        "app_key": KEY,
    }, "its session changes with the next join"
    assert session == {
        "dev_eui": "70B3D57ED0000002",
        "dev_addr": "260B1A2D",
        "app_s_key": KEY,
        "nwk_s_key": OTHER,
    }, "LoRaWAN 1.0 has one network session key"
    array = "[" + TTS_JSON.replace('}\n{"ids"', '},\n{"ids"') + "]"
    assert values(array) == [joins, session]
    assert [proposal.line for proposal in parse(TTS_JSON).proposals] == [1, 7]


def test_chirpstack_keeps_the_only_root_key_as_its_network_key() -> None:
    first, second = values(CHIRPSTACK)
    assert first == {"dev_eui": "70b3d57ed0000001", "app_key": KEY}
    assert second == {"dev_eui": "70b3d57ed0000002", "app_key": KEY, "nwk_key": OTHER}
    assert parse(CHIRPSTACK).proposals[0].called == "River 1"


def test_chirpstack_tables_have_bytes_as_postgresql_writes_them() -> None:
    assert values(CHIRPSTACK_TABLE) == [
        {"dev_eui": "70b3d57ed0000001", "join_eui": "0000000000000000"}
    ]


def test_a_plain_list_has_the_keys_of_the_devices_file() -> None:
    first, second = values(PLAIN)
    assert first["tags"] == {"zone": "centre"}
    assert first["nwk_s_key"] == KEY
    assert second == {
        "name": "tank",
        "decoder": "energy",
        "tags": {"zone": "=harbour"},
        "address": 17,
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_way_of_saving_gives_the_same(end: str, encoding: str) -> None:
    raw = TTS.replace("\n", end).encode(encoding)
    assert values(decoded(raw)) == values(TTS)
    tabs = TTS.replace(";", "\t")
    assert values(tabs) == values(TTS)


def test_quotes_keep_what_is_between_them_and_lines_are_counted() -> None:
    text = 'name,dev_eui\n"one,\ntwo",70b3d57ed0000001\nnext,70b3d57ed0000002\n'
    parsed = parse(text)
    assert [proposal.line for proposal in parsed.proposals] == [2, 4]
    assert parsed.proposals[0].values["name"] == "one,\ntwo"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,dev_eui\na,b,c\n", "line 2: has 3 cells"),
        ("name,dev_eui\na\n", "line 2: has 1 cells"),
        ("name,dev_eui\na,7.0E+15\n", "line 2: dev_eui: a spreadsheet has made a number of it"),
        ("name,dev_eui\na," + "7" * 5000, "line 2: has a cell of more than"),
        ("LW:D0:1:2:3\n", "line 1: is no QR code"),
        ('{"id": 1}', "line 1: is no end device"),
    ],
)
def test_a_line_that_cannot_be_read_is_told(text: str, sentence: str) -> None:
    parsed = parse(text)
    assert parsed.proposals == []
    (line,) = parsed.unreadable
    assert f"line {line.line}: {line.sentence}".startswith(sentence)


def test_hex_digits_that_look_like_a_number_are_hex_digits() -> None:
    assert values("name,dev_addr\na,260000e5\n") == [{"name": "a", "dev_addr": "260000e5"}]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("name,Name\n", "two columns 'name'"),
        ('name,x\n"a', "line 2: is no CSV"),
        ("{", "line 1: is no JSON"),
        ("[" * 100_000, "nested too deeply"),
        (",".join(f"c{number}" for number in range(300)), "more than 200 columns"),
    ],
)
def test_what_is_no_list_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse(text)


def test_other_encodings_name_the_line() -> None:
    with pytest.raises(ValueError, match="line 2: is not UTF-8"):
        decoded("name\nCaf\xe9".encode("latin-1"))


def test_qr_codes_one_a_line() -> None:
    text = f"# scanned in the yard\n{QR}\n\nLW:D0:70B3D57ED0000010:0018B20000000101:000AF8BE\n"
    first, second = values(text)
    assert first == {"dev_eui": "aabbccddeeff0011", "join_eui": "1122334455667788"}
    assert second == {"dev_eui": "0018b20000000101", "join_eui": "70b3d57ed0000010"}


def test_every_truncation_and_every_flipped_bit_of_a_qr_code_with_its_checksum_is_seen() -> None:
    """But for the case of letters, which a scanner may change."""
    for length in range(len(QR)):
        parsed = parse(QR[:length], Form.QR)
        shorter = [proposal.values for proposal in parsed.proposals]
        assert shorter in ([], values(QR))
    for place in range(6, len(QR)):
        for bit in (0, 1, 2, 3, 4, 6):
            spoiled = QR[:place] + chr(ord(QR[place]) ^ 1 << bit) + QR[place + 1 :]
            proposals = parse(spoiled, Form.QR).proposals
            assert [proposal.values for proposal in proposals] in ([], values(QR)), spoiled


def test_crc_of_the_check_string() -> None:
    """The check value of CRC-16/MODBUS in the catalogue of parametrised CRC algorithms."""
    assert qr_code.crc16(b"123456789") == 0x4B37


@given(st.text(max_size=300), st.sampled_from(Form))
def test_any_text_is_a_list_or_refused(text: str, form: Form) -> None:
    with contextlib.suppress(ValueError):
        parse(text, form)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(raw: bytes) -> None:
    with contextlib.suppress(ValueError):
        decoded(raw)
