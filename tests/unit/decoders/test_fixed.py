"""Guards decoders of fixed layouts: the order of the checks, choices by a byte, and stored records."""

from datetime import UTC, datetime

import pytest

from decoders.contract import About, Decoder, DecodeRefused
from decoders.fixed import Choice, OneRecord, StoredRecords, decoder_of
from decoders.items import Flag, Value
from decoders.layout import U8, U16
from decoders.record import Gap, Int, Record
from decoders.refusals import APPLICATION_PORTS, ports_text

ABOUT = About(vendor="V", models=("M",), measurements=("m", "n"), source="S")
ONE = OneRecord("m", Record("big", Gap(1), Int(U16, Value("battery_v", "0.001"))))
OTHER = OneRecord("n", Record("big", Gap(2), Int(U8, Flag("leak"))))
CHOICE = Choice(3, "byte 0", lambda payload: payload[0], {1: ONE, 2: OTHER}, {3: "which is a test"})
STORED = StoredRecords("m", Record("big", Int(U8, Value("battery_pct")), Gap(4)), time_at=1)
RECEIVED_AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def decoder() -> Decoder:
    return decoder_of("v_m", {2: CHOICE, 3: STORED, 5: OTHER}, ABOUT)


def reason(decoder: Decoder, f_port: int, payload: str) -> str:
    with pytest.raises(DecodeRefused) as refused:
        decoder.decode(f_port, bytes.fromhex(payload), RECEIVED_AT)
    return str(refused.value)


def test_a_decoder_says_what_it_takes_and_gives(decoder: Decoder) -> None:
    assert (decoder.name, decoder.f_ports, decoder.clock_ports) == ("v_m", {2, 3, 5}, {3})
    assert [q.name for q in decoder.quantities] == ["battery_v", "leak", "battery_pct"]
    assert decoder.about is ABOUT


def test_the_layout_is_the_one_that_the_byte_names(decoder: Decoder) -> None:
    (reading,) = decoder.decode(2, bytes.fromhex("010ce4"), None)
    assert (reading.measurement, reading.fields) == ("m", {"battery_v": 3.3})
    (reading,) = decoder.decode(2, bytes.fromhex("020001"), None)
    assert (reading.measurement, reading.fields) == ("n", {"leak": True})


def test_stored_records_have_times_of_their_own(decoder: Decoder) -> None:
    payload = bytes.fromhex("406955b900 416955b901")
    readings = decoder.decode(3, payload, RECEIVED_AT)
    assert [dict(r.fields) for r in readings] == [{"battery_pct": 64.0}, {"battery_pct": 65.0}]
    assert [r.time and r.time.second for r in readings] == [0, 1]


def test_the_checks_come_in_one_order(decoder: Decoder) -> None:
    assert reason(decoder, 4, "00").startswith(
        "wrong_port: FPort 4 does not carry v_m: expected 2, 3, 5"
    )
    assert reason(decoder, 2, "09").startswith("wrong_length: v_m has 1 bytes; expected 3")
    assert reason(decoder, 2, "090000").startswith("unknown_layout: byte 0 is 9, which is unknown")
    assert reason(decoder, 2, "030000").startswith("unknown_layout: byte 0 is 3, which is a test")
    assert reason(decoder, 5, "000002").startswith("unknown_layout: leak is 0x02")
    assert reason(decoder, 3, "").startswith("wrong_length")
    assert reason(decoder, 3, "4069").startswith("wrong_length")
    assert reason(decoder, 3, "4000000000").startswith("clock_not_set")
    assert reason(decoder, 3, "406955bb00").startswith("clock_not_set")


def test_ports_are_written_for_people() -> None:
    assert ports_text({2}) == "2"
    assert ports_text({11, 10}) == "10, 11"
    assert ports_text({2, 3, 5}) == "2, 3, 5"
    assert ports_text(APPLICATION_PORTS) == "1 to 223"
