"""Guards the blobs of a row: every kind of hearing comes back as it went in, and readings keep their types."""

import pytest

from gateway.model import ApplicationUplink, Frame, Heard, Malformed, Radio, Reception, Stamp
from gateway.store.packing import pack_body, pack_heard, unpack_body, unpack_heard

STAMP = Stamp(1_700_000_000_000_000_000, 5_000_000_000, True)
RECEPTIONS = (
    Reception("02c17aff00000001", 0, -97.5, 8.25, 3, "4294967295"),
    Reception("02c17aff00000001", 1, None, None, None, ""),
)

HEARD: list[Heard] = [
    Frame("air", b"\x40\x00\xff", Radio(868_100_000, "LORA", 7, 125_000, None, "4/5"), RECEPTIONS, STAMP),
    Frame("air", b"", Radio(), RECEPTIONS[:1], STAMP, gateway_time_ns=1, gps_time_ns=2, address=255),
    Frame("air", b"\x80", Radio(868_800_000, "FSK", bit_rate=50_000), RECEPTIONS[:1], STAMP,
          live=False, recorded=True),
    ApplicationUplink("ns", "chirpstack", "e-1", "", "0102030405060708", "26011bda", 4_294_967_295, 2,
                      b"\x00\x01", b'{"t":1}', Radio(), RECEPTIONS, STAMP, 3, 4, True, False),
    ApplicationUplink("ns", "the_things_stack", "", "s", "0102030405060708", "", 0, None, b"", None,
                      Radio(), (), STAMP),
    Malformed("air", b"\xff not JSON", "it is not JSON", STAMP),
]  # fmt: skip


@pytest.mark.parametrize("heard", HEARD, ids=lambda one: type(one).__name__)
def test_hearing_comes_back_as_it_went_in(heard: Heard) -> None:
    phy, radio = pack_heard(heard)
    f_cnt = heard.f_cnt if isinstance(heard, ApplicationUplink) else None
    sentence = heard.sentence if isinstance(heard, Malformed) else None
    assert unpack_heard(phy, radio, heard.source, STAMP, f_cnt, sentence) == heard


def test_bytes_as_heard_are_a_column_of_their_own() -> None:
    assert [pack_heard(one)[0] for one in HEARD] == [
        b"\x40\x00\xff", b"", b"\x80", b"\x00\x01", b"", b"\xff not JSON",
    ]  # fmt: skip


def test_readings_keep_values_and_types() -> None:
    values = [-(2**63), 2**63 - 1, 0.1, -0.0, 1e300, True, False, "", "é\n,= ", 3.0]
    readings, sentence = unpack_body(pack_body([(7, 1_700_000_000_000_000_000, *values)], "why"))
    assert readings == [[7, 1_700_000_000_000_000_000, *values]]
    assert [type(value) for value in readings[0][2:]] == [type(value) for value in values]
    assert sentence == "why"
    assert unpack_body(pack_body([])) == ([], None)
