"""Guards the times of gateways: texts and GPS counts against instants worked out by hand or by `date`."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sources.gateway_time import unix_ns, unix_ns_from_gps_ms

SECOND = 1_000_000_000
AT = 1_614_201_402 * SECOND
"""2021-02-24T21:16:42Z, by `date -u -d 2021-02-24T21:16:42Z +%s`."""


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("2021-02-24T21:16:42Z", AT),
        ("2021-02-24T21:16:42.9Z", AT + 900_000_000),
        ("2021-02-24T21:16:42.906774Z", AT + 906_774_000),
        ("2021-02-24T21:16:42.906774868Z", AT + 906_774_868),
        ("2021-02-24T21:16:42.90677486899Z", AT + 906_774_868),
        ("2021-02-24T21:16:42.00000Z", AT),
        ("2021-02-24T23:16:42.906774+02:00", AT + 906_774_000),
        ("2021-02-25T04:16:42+0700", AT),
        ("2021-02-24T23:16:42.906774Z+0200", AT + 906_774_000),
        ("2021-02-24T17:46:42-03:30", AT),
        ("2021-02-24 21:16:42 GMT", AT),
        ("2021-02-24 21:16:42 UTC", AT),
        ("2021-02-24T21:16:42", AT),
        ("2021-02-24t21:16:42,5z", AT + 500_000_000),
        (" 2021-02-24T21:16:42Z ", AT),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000000001Z", 1),
    ],
)
def test_a_time_is_read_in_every_form_that_gateways_write(text: str, ns: int) -> None:
    assert unix_ns(text) == ns


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2021-02-24", "21:16:42", "2021-02-30T00:00:00Z", "2021-13-01T00:00:00Z",
        "2021-02-24T24:00:00Z", "2021-02-24T21:61:00Z", "2016-12-31T23:59:60Z", "1969-12-31T23:59:59Z",
        "2021-02-24T21:16:42.Z", "2021-02-24T21:16:42+99:00", "2021-02-24T21:16:42+02:60", "9999-01-01T00:00:00Z",
        "0000-00-00T00:00:00Z", "2021-02-24T21:16:42Z Z", "٢٠٢١-02-24T21:16:42Z", "2021-02-24T21:16:42.٣Z",
        "1970-01-01T00:00:00+02:00",
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_read_is_none(text: str) -> None:
    assert unix_ns(text) is None


@given(st.datetimes(datetime(1970, 1, 1), datetime(2261, 1, 1)))  # noqa: DTZ001
def test_every_instant_is_kept_to_the_microsecond(instant: datetime) -> None:
    since = instant.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    ns = (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1000
    assert unix_ns(f"{instant.isoformat()}Z") == ns


@given(st.text(max_size=40) | st.from_regex(r"\A[0-9T:.Z+ -]{0,40}\Z"))
def test_no_text_is_an_error(text: str) -> None:
    assert unix_ns(text) is None or unix_ns(text) >= 0


@pytest.mark.parametrize(
    ("utc", "gps_ms"),
    [
        # The GPS week number makes the counts: 7 days of 86,400 s from 1980-01-06, without leap seconds.
        ("2015-01-04T00:00:00Z", (1826 * 604_800 + 16) * 1000),
        ("2015-07-05T00:00:00Z", (1852 * 604_800 + 17) * 1000),
        ("2017-01-08T00:00:00Z", (1931 * 604_800 + 18) * 1000),
        ("2020-10-01T09:30:53.592Z", 1_285_579_871_592),
        ("2016-12-31T23:59:59Z", 1_167_264_016_000),
        ("2017-01-01T00:00:00Z", 1_167_264_018_000),
    ],
)
def test_gps_time_loses_the_leap_seconds_of_its_day(utc: str, gps_ms: int) -> None:
    expected = datetime.fromisoformat(utc)
    ns = unix_ns_from_gps_ms(gps_ms)
    assert ns is not None
    assert ns == round(expected.timestamp() * 1000) * 1_000_000


@pytest.mark.parametrize("gps_ms", [-1, 0, 1_326_511_376, 1_104_105_615_999, 10**19])
def test_gps_time_from_before_lorawan_or_beyond_the_year_2262_is_none(gps_ms: int) -> None:
    assert unix_ns_from_gps_ms(gps_ms) is None


def test_gps_time_begins_with_2015() -> None:
    assert unix_ns_from_gps_ms(1_104_105_616_000) == 1_420_070_400 * SECOND
