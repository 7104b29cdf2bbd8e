"""Guards what an HTTP answer to a write is taken for: bodies as 1.6.7 was heard to say them, as the sources of
2 and 3 state them, and as proxies, TLS ports and captive portals put in their place.
"""

import json
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sinks.influxdb.answers import (
    RETRY_AFTER_S_MAX,
    TEXT_MAX,
    Answer,
    BadGzip,
    Conflict,
    Done,
    Later,
    Meaning,
    NeedsOperator,
    Poison,
    TooLarge,
    judge,
)

NOW = 1_800_000_000.0

CONFLICT = (
    'partial write: field type conflict: input field "v" on measurement "m" is type string, '
    "already exists as type float dropped=3"
)
RETENTION_OLD = "partial write: points beyond retention policy dropped=2"
RETENTION_NEW = (
    "partial write: dropped 4 points outside retention policy of duration 24h0m0s - oldest point "
    "home,room=a at 1970-01-01T00:00:01.541Z dropped because it violates a Retention Policy Lower Bound "
    "at 2025-05-20T19:06:17Z, newest point home,room=a at 1970-01-01T00:00:01.54Z dropped because it "
    "violates a Retention Policy Lower Bound at 2025-05-20T19:06:17Z dropped=4 for database: 9f282d63 "
    "for retention policy: autogen"
)
INVALID_TAG = (
    'partial write: invalid tag key: input tag "time" on measurement "m" is invalid dropped=1'
)
IN_V2 = "failure writing points to database: "
PARTIAL_V3 = "partial write of line protocol occurred"
COLUMN_LIMIT = "Update to schema would exceed number of columns per table limit of 500"
DATABASE_LIMIT = "Adding a new database would exceed limit of 5 databases"


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def v1(status: int, error: str) -> Answer:
    return answer(status, json.dumps({"error": error}).encode(), content_type="application/json")


def v2(status: int, code: str, message: str) -> Answer:
    body = json.dumps({"code": code, "message": message}).encode()
    return answer(status, body, content_type="application/json; charset=utf-8")


def v3(status: int, *lines: tuple[int, str]) -> Answer:
    named = [
        {"original_line": "m v=1", "line_number": number, "error_message": said}
        for number, said in lines
    ]
    return v3_error(status, PARTIAL_V3, named)


def v3_error(status: int, error: str, data: object) -> Answer:
    return answer(status, json.dumps({"error": error, "data": data}).encode())


def plain(status: int, text: str) -> Answer:
    return answer(status, text.encode(), content_type="text/plain; charset=utf-8")


def page(status: int, title: str) -> Answer:
    body = f"<html>\r\n<head><title>{title}</title></head></html>"
    return answer(status, body.encode(), content_type="text/html")


def meaning_of(heard: Answer, *, compressed: bool = False) -> Meaning:
    return judge(heard, compressed=compressed, now=NOW)


@pytest.mark.parametrize(
    "heard",
    [answer(204), answer(200), answer(200, b"{}"), answer(204, x_influxdb_version="1.6.7")],
)
def test_a_write_that_was_taken_is_done(heard: Answer) -> None:
    assert meaning_of(heard) == Done()


@pytest.mark.parametrize(
    "heard",
    [
        answer(408),
        v1(429, "RequestLimit"),
        v1(500, "timeout"),
        v1(500, "engine: cache-max-memory-size exceeded: (1073741860/1073741824)"),
        v2(500, "internal error", "unexpected error writing points"),
        plain(500, "write buffer error: wal error"),
        page(502, "502 Bad Gateway"),
        plain(503, "request throttled, queue full"),
        page(504, "504 Gateway Time-out"),
        answer(507),
        answer(599),
    ],
)
def test_what_comes_back_by_itself_is_tried_later(heard: Answer) -> None:
    meaning = meaning_of(heard)
    assert isinstance(meaning, Later)
    assert str(heard.status) in meaning.sentence
    assert meaning.retry_after_s is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("7200", RETRY_AFTER_S_MAX),
        ("1000000000", RETRY_AFTER_S_MAX),
        ("9" * 400, RETRY_AFTER_S_MAX),
        ("-5", 10.0),
        ("1.5", 10.0),
        ("soon", 10.0),
        ("", 10.0),
        ("٣", 10.0),
        (formatdate(NOW + 90, usegmt=True), 90.0),
        (formatdate(NOW - 90, usegmt=True), 0.0),
        (formatdate(NOW + 90_000, usegmt=True), RETRY_AFTER_S_MAX),
        ("Mon, 99 Foo 2026 00:00:00 GMT", 10.0),
    ],
)
def test_retry_after_is_honoured_within_an_hour(value: str, seconds: float) -> None:
    for status in (429, 503):
        meaning = meaning_of(answer(status, retry_after=value))
        assert isinstance(meaning, Later)
        assert meaning.retry_after_s == seconds


def test_a_retry_after_date_is_measured_by_the_servers_own_clock() -> None:
    until, sent = formatdate(NOW + 30, usegmt=True), formatdate(NOW, usegmt=True)
    meaning = judge(answer(503, retry_after=until, date=sent), compressed=False, now=0.0)
    assert isinstance(meaning, Later)
    assert meaning.retry_after_s == 30.0


@pytest.mark.parametrize(
    ("heard", "word"),
    [
        (v1(401, "authorization failed"), "token or password"),
        (v1(401, "unable to parse authentication credentials"), "token or password"),
        (v2(401, "unauthorized", "unauthorized access"), "token or password"),
        (answer(401), "token or password"),
        (v1(403, "create admin user first or disable authentication"), "right"),
        (v2(403, "forbidden", "insufficient permissions for write"), "right"),
        (answer(403), "right"),
        (v1(404, 'database not found: "city"'), "create the database"),
        (v2(404, "not found", 'bucket "city" not found'), "create the database"),
        (page(404, "404 Not Found"), "create the database"),
        (v1(500, "retention policy not found: zzz"), "create that retention policy"),
        (plain(500, "cannot write to soft-deleted database 'x' - marked for deletion"), "create"),
        (answer(301, location="https://other/"), "final address"),
        (answer(308, location="https://other/"), "final address"),
        (page(400, "400 The plain HTTP request was sent to HTTPS port"), "TLS"),
        (plain(400, "Client sent an HTTP request to an HTTPS server."), "TLS"),
        (answer(400), "url"),
        (v3_error(400, "invalid character in database or rp name", None), "url"),
        (v2(400, "unsupported", "partial write"), "url"),
        (page(405, "405 Not Allowed"), "url"),
        (answer(415), "url"),
        (v3_error(422, DATABASE_LIMIT, None), "url"),
        (v3(422, (1, DATABASE_LIMIT)), "limit"),
        (answer(451), "url"),
        (page(200, "Welcome to our Wi-Fi"), "log in to the network"),
        (answer(200, b"\r\n<!DOCTYPE html><title>Log in</title>"), "log in to the network"),
        (answer(204, content_type="text/html"), "log in to the network"),
    ],
)
def test_what_an_operator_must_see_to_says_what_to_do(heard: Answer, word: str) -> None:
    meaning = meaning_of(heard)
    assert isinstance(meaning, NeedsOperator)
    assert word in meaning.remedy


def test_a_redirect_names_its_target() -> None:
    meaning = meaning_of(answer(307, location="https://db.example/write"))
    assert isinstance(meaning, NeedsOperator)
    assert "https://db.example/write" in meaning.sentence


def test_a_web_page_is_shown_by_its_title() -> None:
    meaning = meaning_of(page(502, "502 Bad &amp; Gone"))
    assert isinstance(meaning, Later)
    assert meaning.sentence == "answers 502: a web page: 502 Bad & Gone"


@pytest.mark.parametrize(
    "heard",
    [
        v1(413, "Request Entity Too Large"),
        page(413, "413 Request Entity Too Large"),
        answer(413),
        plain(500, "max request size (10485760 bytes) exceeded"),
    ],
)
def test_too_large_is_sent_in_smaller_pieces(heard: Answer) -> None:
    assert isinstance(meaning_of(heard), TooLarge)
    assert isinstance(meaning_of(heard, compressed=True), TooLarge)


@pytest.mark.parametrize(
    "heard",
    [
        v1(400, "unexpected EOF"),
        v1(400, "gzip: invalid header"),
        v2(400, "invalid", "gzip: invalid checksum"),
        plain(400, "unacceptable content-encoding: gzip"),
        plain(415, "unsupported Content-Encoding"),
        plain(500, "error decoding gzip stream: corrupt deflate stream"),
    ],
)
def test_trouble_with_gzip_is_not_blamed_on_the_lines(heard: Answer) -> None:
    assert isinstance(meaning_of(heard, compressed=True), BadGzip)
    assert not isinstance(meaning_of(heard, compressed=False), BadGzip)


@pytest.mark.parametrize(
    ("heard", "meaning"),
    [
        (
            v1(400, CONFLICT),
            Poison(400, CONFLICT, dropped=3, conflict=Conflict("m", "v", "string")),
        ),
        (
            v2(422, "unprocessable entity", IN_V2 + CONFLICT),
            Poison(422, IN_V2 + CONFLICT, dropped=3, conflict=Conflict("m", "v", "string")),
        ),
        (
            v1(400, "partial write: unable to parse 'm v= 1': missing field value dropped=0"),
            Poison(400, "partial write: unable to parse 'm v= 1': missing field value dropped=0"),
        ),
        (
            v1(400, "unable to parse 'm,a=b,a=c v=2': duplicate tags"),
            Poison(400, "unable to parse 'm,a=b,a=c v=2': duplicate tags"),
        ),
        (
            v2(400, "invalid", "unable to parse 'm v=': missing field value"),
            Poison(400, "unable to parse 'm v=': missing field value"),
        ),
        (v1(400, INVALID_TAG), Poison(400, INVALID_TAG, dropped=1)),
        (v1(400, RETENTION_OLD), Poison(400, RETENTION_OLD, dropped=2, expired=True)),
        (
            v2(422, "unprocessable entity", IN_V2 + RETENTION_OLD),
            Poison(422, IN_V2 + RETENTION_OLD, dropped=2, expired=True),
        ),
        (v1(400, RETENTION_NEW), Poison(400, RETENTION_NEW, dropped=4, expired=True)),
        (
            v2(422, "unprocessable entity", IN_V2 + RETENTION_NEW),
            Poison(422, IN_V2 + RETENTION_NEW, dropped=4, expired=True),
        ),
        (
            v3(400, (2, "No fields were provided"), (5, "invalid column type for column 'v'")),
            Poison(
                400,
                PARTIAL_V3,
                lines=((2, "No fields were provided"), (5, "invalid column type for column 'v'")),
                rest_written=True,
            ),
        ),
        (
            v3(422, (1, COLUMN_LIMIT)),
            Poison(422, PARTIAL_V3, lines=((1, COLUMN_LIMIT),), rest_written=True),
        ),
        (
            v3_error(
                400,
                "parsing failed for write_lp endpoint",
                {"original_line": "m v=", "line_number": 2, "error_message": "No fields"},
            ),
            Poison(400, "parsing failed for write_lp endpoint", lines=((2, "No fields"),)),
        ),
    ],
)
def test_what_is_said_about_lines_is_taken_as_said(heard: Answer, meaning: Poison) -> None:
    assert meaning_of(heard) == meaning
    assert meaning_of(heard, compressed=True) == meaning


def test_a_reading_from_the_future_is_not_called_too_old() -> None:
    message = RETENTION_NEW.replace("Lower", "Upper").replace("room=a", "room=" + "x" * 2000)
    meaning = meaning_of(v2(422, "unprocessable entity", IN_V2 + message))
    assert isinstance(meaning, Poison)
    assert not meaning.expired
    assert meaning.dropped == 4


def test_a_quoted_line_cannot_pretend_to_be_too_old() -> None:
    said = "unable to parse 'x points beyond retention policy dropped=9': missing fields"
    meaning = meaning_of(v1(400, said))
    assert isinstance(meaning, Poison)
    assert not meaning.expired


def test_long_words_are_shortened() -> None:
    meaning = meaning_of(v1(400, "unable to parse '" + "x" * 70_000 + "'"))
    assert isinstance(meaning, Poison)
    assert len(meaning.text) == TEXT_MAX


@pytest.mark.parametrize("data", [[{"line_number": "2"}], [2], "2", [{"line_number": True}], 7])
def test_data_of_another_form_names_no_lines(data: object) -> None:
    assert isinstance(meaning_of(v3_error(400, PARTIAL_V3, data)), NeedsOperator)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "data", "line_number"]), inner
        )
    ),
    max_leaves=8,
)


@given(
    status=st.integers(100, 599),
    body=st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "content-type", "location", "date", "x-influxdb-error"]),
        st.text(max_size=30),
    ),
    compressed=st.booleans(),
)
def test_any_answer_has_a_meaning(
    status: int, body: bytes, headers: dict[str, str], compressed: bool
) -> None:
    meaning = judge(Answer(status, headers, body), compressed=compressed, now=NOW)
    assert isinstance(meaning, Meaning)
    if isinstance(meaning, Later) and meaning.retry_after_s is not None:
        assert 0 <= meaning.retry_after_s <= RETRY_AFTER_S_MAX
    if isinstance(meaning, Done):
        assert 200 <= status < 300
