"""Guards how EUIs, bytes and times in JSON text are read, in every form seen; others are refused."""

from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.mqtt.dialects.scalars import (
    dev_addr,
    eui,
    eui_from_either,
    from_base64,
    gps_ns_as_unix_ns,
    gps_time_ns,
    time_ns,
)


@pytest.mark.parametrize(
    "text",
    [
        "0016c001f153a14c",
        "0016C001F153A14C",
        "00-16-C0-01-F1-53-A1-4C",
        "00:16:c0:01:f1:53:a1:4c",
    ],
)
def test_an_eui_has_one_form(text: str) -> None:
    assert eui(text) == "0016c001f153a14c"
    assert eui_from_either(text) == "0016c001f153a14c"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0016c001f153a14",
        "0016c001f153a14cc",
        "0016c001f153a14g",
        "00-16:c0-01-f1-53-a1-4c",
        "00-16c001f153a14c",
        "0016c001f153a14c\n",
        "YOUR_DEVICE_EUI",
        "٠٠١٦c001f153a14c",
        "0" * 100_000,
    ],
)
def test_what_is_no_eui_is_refused_with_a_short_sentence(text: str) -> None:
    for read in (eui, eui_from_either):
        with pytest.raises(ValueError, match=r".") as refusal:
            read(text)
        assert len(str(refusal.value)) < 120


def test_an_eui_in_base64_is_its_bytes() -> None:
    assert eui_from_either("cnb/AC4GLBg=") == "7276ff002e062c18"
    assert eui_from_either("cnb_AC4GLBg") == "7276ff002e062c18"
    with pytest.raises(ValueError, match="neither hex nor base64 of 8 bytes"):
        eui_from_either("qg==")


def test_a_dev_addr_is_hex_or_base64_or_nothing() -> None:
    assert dev_addr("00BCB929") == "00bcb929"
    assert dev_addr("ALoO7g==") == "00ba0eee"
    assert dev_addr("") == ""
    for text in ("00bcb9", "00bcb92900", "cnb/AC4GLBg="):
        with pytest.raises(ValueError, match="neither hex nor base64 of 4 bytes"):
            dev_addr(text)


def test_base64_is_read_with_and_without_padding_in_both_alphabets() -> None:
    for text in ("+/+/AQ==", "+/+/AQ", "-_-_AQ==", "-_-_AQ", "+_-/AQ"):
        assert from_base64(text) == bytes.fromhex("fbffbf01")
    assert from_base64("") == b""


@pytest.mark.parametrize("text", ["...", "A", "qg== ", "qg=q", "q\ng", "é"])
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not base64"):
        from_base64(text)


@given(st.binary())
def test_base64_gives_back_every_byte(raw: bytes) -> None:
    assert from_base64(b64encode(raw).decode()) == raw
    assert from_base64(urlsafe_b64encode(raw).decode().rstrip("=")) == raw


WHOLE = 1_659_537_463  # 2022-08-03T14:37:43Z, by `date -u -d ... +%s`


@pytest.mark.parametrize(
    ("text", "fraction_ns"),
    [
        ("2022-08-03T14:37:43.383634108Z", 383_634_108),
        ("2022-08-03T14:37:43.383634Z", 383_634_000),
        ("2022-08-03T14:37:43.3Z", 300_000_000),
        ("2022-08-03T14:37:43.000000001Z", 1),
        ("2022-08-03T14:37:43Z", 0),
        ("2022-08-03T14:37:43.775023242+00:00", 775_023_242),
        ("2022-08-03T21:37:43.5+07:00", 500_000_000),
        ("2022-08-03T14:37:43.3836341089999Z", 383_634_108),
    ],
)
def test_a_time_keeps_its_nanoseconds(text: str, fraction_ns: int) -> None:
    assert time_ns(text) == WHOLE * 1_000_000_000 + fraction_ns


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Z",
        "...",
        "2020-02-12T15:15...",
        "2022-02-30T14:37:43.3Z",
        "2022-08-03T14:37:43.Z",
        "2022-08-03T14:37:43.3_4Z",
        "2022-08-03T14:37:43. 3Z",
        "1969-12-31T23:59:59.9Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.9Z",
        "9" * 10_000,
    ],
)
def test_a_time_that_is_missing_or_unreadable_is_none(text: str | None) -> None:
    assert time_ns(text) is None


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_is_the_one_that_was_written(at: datetime) -> None:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    ns = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
    assert time_ns(at.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")) == ns


@given(st.text())
def test_no_text_makes_a_time_raise(text: str) -> None:
    for read in (time_ns, gps_time_ns):
        got = read(text)
        assert got is None or 0 <= got < 2**63


def test_gps_time_is_ahead_of_utc_by_18_leap_seconds() -> None:
    assert gps_time_ns("1398567863.123456s") == time_ns("2024-05-01T03:04:05.123456Z")
    assert gps_time_ns("1398567863s") == time_ns("2024-05-01T03:04:05Z")
    assert gps_time_ns("1398567863.000000001s") == 1_714_532_645_000_000_001
    assert gps_ns_as_unix_ns(1_398_567_863_123_456_789) == 1_714_532_645_123_456_789


def test_gps_time_in_hours_and_minutes_is_that_of_lora_server_2() -> None:
    assert gps_time_ns("332535h29m12.222s") == time_ns("2017-12-12T15:28:54.222Z")
    assert gps_time_ns("388491h4m23s") == time_ns("2024-05-01T03:04:05Z")


@pytest.mark.parametrize(
    "text",
    [None, "", "s", "12", "1398567863.s", "1398567863.1_2s", "-1s", "1h-1s", "0s", "9" * 40 + "s"],
)
def test_gps_time_that_is_missing_or_cannot_be_is_none(text: str | None) -> None:
    assert gps_time_ns(text) is None
