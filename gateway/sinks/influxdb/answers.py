"""What an answer to a write means: an HTTP answer of any InfluxDB, or of a proxy before it, as a value.

| answer | meaning |
|---|---|
| 2xx, not a web page | Done |
| 408, 429, 5xx | Later, with Retry-After when it is given |
| 30x, 401, 403, 404, other 4xx, a web page, 500 `retention policy not found` | NeedsOperator |
| 413, 500 `max request size` (some of version 3) | TooLarge |
| 400, 415, 500 about gzip | BadGzip |
| 400, 422 of InfluxDB itself | Poison |

How versions tell of bad lines:

    1   400 {"error": "partial write: ... dropped=N"}      the good lines are written
    2   400 {"code": "invalid", "message": "unable to parse ..."}        nothing is written
        422 {"code": "unprocessable entity", "message": "... partial write: ... dropped=N"}
    3   400 or 422 {"error": "partial write of line protocol occurred",
                    "data": [{"line_number": 2, "error_message": "...", "original_line": "..."}]}

Only version 3 names the lines. A 400 in another form (a web page, or the plain text with which a TLS port
answers plain HTTP) says nothing about lines, so no line is given up for it.

Sources: InfluxDB 1.6.7 measured; influxdb master-1.x services/httpd/handler.go, coordinator/points_writer.go,
main-2.x http/write_handler.go, main (3) influxdb3_server/src/http.rs.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from html import unescape

from msgspec import Struct

TEXT_MAX = 500
"""Characters of a server's words that are kept."""
RETRY_AFTER_S_MAX = 3600.0
RETRY_AFTER_S_JUNK = 10.0
"""Taken for a Retry-After that cannot be read."""


class Answer(Struct, frozen=True):
    """An HTTP answer, whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Done(Struct, frozen=True):
    """Everything sent is written."""


class Later(Struct, frozen=True):
    """It comes back by itself."""

    sentence: str
    retry_after_s: float | None = None


class NeedsOperator(Struct, frozen=True):
    """Somebody must do something about the server or the configuration."""

    sentence: str
    remedy: str


class TooLarge(Struct, frozen=True):
    """The same in smaller pieces."""

    status: int
    text: str


class BadGzip(Struct, frozen=True):
    """The server could not read the compressed body."""

    text: str


class Conflict(Struct, frozen=True):
    """A field whose type is another one in the database."""

    measurement: str
    field: str
    type: str
    """The type that was sent: "float", "string" or "boolean"."""


class Poison(Struct, frozen=True):
    """At least one line was refused for what it says."""

    status: int
    text: str
    lines: tuple[tuple[int, str], ...] = ()
    """The bad lines where the server names them: number from 1 and its words."""
    rest_written: bool = False
    """Whether all other lines than `lines` are known to be written."""
    dropped: int = 0
    """How many lines the server says it dropped for this reason; 0 when it does not say."""
    expired: bool = False
    """The reason is that they are older than the server keeps."""
    conflict: Conflict | None = None


Meaning = Done | Later | NeedsOperator | TooLarge | BadGzip | Poison

_EXPIRED = re.compile(r"beyond retention policy|outside retention policy")
_DROPPED = re.compile(r"dropped=(\d+)")
_CONFLICT = re.compile(
    r'field type conflict: input field "(.+?)" on measurement "(.+?)" is type (\w+), already exists'
)
_GZIP = re.compile(r"^unexpected EOF$|gzip|content-encoding|flate:", re.IGNORECASE)
_OF_INFLUXDB = re.compile(r"partial write|unable to parse|field type conflict|retention policy")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)

_REMEDIES = {
    401: "put a valid token or password into the file that the configuration names",
    403: "give the user or token of the configuration the right to write there",
    404: "create the database or bucket, or correct its name in the configuration",
}


def judge(answer: Answer, *, compressed: bool, now: float) -> Meaning:
    """What the answer to a write means. `now` is Unix seconds, for a Retry-After that is a date."""
    status, text = answer.status, words(answer)
    if 200 <= status < 300:
        return _success(answer, text)
    if compressed and status in (400, 415, 500) and _GZIP.search(text):
        return BadGzip(text[:TEXT_MAX])
    if status == 413 or text.startswith("max request size"):
        return TooLarge(status, text[:TEXT_MAX])
    if status in (408, 429) or status >= 500:
        return _failure(answer, text, now)
    if status in (400, 422) and not is_web_page(answer):
        return _refusal(answer, text)
    return _needs_operator(answer, text)


def words(answer: Answer) -> str:
    """The server's own words in one line, whole; "" when it said nothing."""
    if is_web_page(answer):
        title = _TITLE.search(answer.body.decode("utf-8", "replace"))
        text = f"a web page: {unescape(title[1])}" if title else "a web page"
    else:
        fields = json_object(answer.body)
        said = (
            fields.get("error") or fields.get("message") or answer.headers.get("x-influxdb-error")
        )
        text = said if isinstance(said, str) else answer.body.decode("utf-8", "replace")
    return " ".join(text.split())


def is_web_page(answer: Answer) -> bool:
    """Whether it is HTML: a proxy or a captive portal, never InfluxDB's write endpoint."""
    kind = answer.headers.get("content-type", "").lower()
    return "html" in kind or answer.body[:64].lstrip()[:1] == b"<"


def json_object(body: bytes) -> Mapping[str, object]:
    """The members of a body that is a JSON object; none when it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def retry_after_s(answer: Answer, now: float) -> float | None:
    """Seconds to wait by the Retry-After header, from 0 to one hour; None without that header."""
    value = answer.headers.get("retry-after")
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), RETRY_AFTER_S_MAX)
    until = _unix_s(text)
    if until is None:
        return RETRY_AFTER_S_JUNK
    # The server's own clock when it sends it: this machine's may not be set yet.
    sent = _unix_s(answer.headers.get("date", ""))
    return min(max(until - (now if sent is None else sent), 0.0), RETRY_AFTER_S_MAX)


def _success(answer: Answer, text: str) -> Meaning:
    if not is_web_page(answer):
        return Done()
    return NeedsOperator(
        f"answers a write with {text[:TEXT_MAX]}",
        "correct the url, or log in to the network: something else than InfluxDB answers",
    )


def _failure(answer: Answer, text: str, now: float) -> Meaning:
    if "retention policy not found" in text:
        return NeedsOperator(
            _said(answer, text),
            "create that retention policy, or correct retention_policy in the configuration",
        )
    if "marked for deletion" in text:
        return _needs_operator(answer, text, _REMEDIES[404])
    return Later(_said(answer, text), retry_after_s(answer, now))


def _refusal(answer: Answer, text: str) -> Meaning:
    """A 400 or 422: about lines only where InfluxDB says so in its own form."""
    fields = json_object(answer.body)
    lines = _bad_lines(fields.get("data"))
    if lines and all("Adding a new database" in said for _, said in lines):
        return _needs_operator(answer, lines[0][1], "raise the server's limit of databases")
    if not lines and not _speaks_of_lines(fields, text):
        return _needs_operator(answer, text)
    dropped = _DROPPED.findall(text)
    conflict = _CONFLICT.search(text)
    return Poison(
        status=answer.status,
        text=text[:TEXT_MAX],
        lines=lines,
        rest_written=bool(lines) and "partial write" in text,
        dropped=int(dropped[-1]) if dropped else 0,
        expired=_is_expired(text),
        conflict=Conflict(conflict[2], conflict[1], conflict[3]) if conflict else None,
    )


def _is_expired(text: str) -> bool:
    # A parse error quotes the line, which may hold any words.
    if "unable to parse" in text or "Upper Bound" in text:
        return False
    return bool(_EXPIRED.search(text))


def _speaks_of_lines(fields: Mapping[str, object], text: str) -> bool:
    # Version 3 always names the lines; what it refuses without naming any is about the request.
    # So are the codes of version 2 other than these two.
    if "code" in fields:
        return fields["code"] in ("invalid", "unprocessable entity")
    return bool(_OF_INFLUXDB.search(text)) and "data" not in fields


def _needs_operator(answer: Answer, text: str, remedy: str = "") -> NeedsOperator:
    said = _said(answer, text)
    if 300 <= answer.status < 400:
        target = answer.headers.get("location", "nowhere")[:TEXT_MAX]
        return NeedsOperator(
            f"{said}, sends on to {target}", "write the final address into url; nothing is followed"
        )
    fallback = "check url and version: is it InfluxDB, of that version, with TLS as the url says?"
    return NeedsOperator(said, remedy or _REMEDIES.get(answer.status, fallback))


def _said(answer: Answer, text: str) -> str:
    return f"answers {answer.status}: {text[:TEXT_MAX]}" if text else f"answers {answer.status}"


def _bad_lines(data: object) -> tuple[tuple[int, str], ...]:
    entries = [data] if isinstance(data, dict) else data if isinstance(data, list) else []
    found = []
    for entry in entries:
        if not isinstance(entry, dict) or type(entry.get("line_number")) is not int:
            return ()
        found.append((entry["line_number"], str(entry.get("error_message", ""))[:TEXT_MAX]))
    return tuple(found)


def _unix_s(http_date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(http_date)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
