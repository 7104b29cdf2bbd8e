"""What goes over the wire, as values: a request that came in and the reply to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from hil.simulators.influxdb_server.lines import Point

PRECISIONS_NS = {
    "ns": 1, "nanosecond": 1, "us": 10**3, "microsecond": 10**3,
    "ms": 10**6, "millisecond": 10**6, "s": 10**9, "second": 10**9,
}  # fmt: skip


@dataclass
class Request:
    """One request, kept for tests to look at."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    """Decompressed."""
    status: int = 0
    """What was answered; 0 while nothing was."""

    @property
    def token(self) -> str:
        """What the Authorization header holds after its scheme."""
        return self.headers.get("authorization", "").partition(" ")[2]

    @property
    def lines(self) -> list[bytes]:
        """The physical lines of the body."""
        return self.body.split(b"\n") if self.body else []

    def time_ns(self, point: Point, now_ns: int) -> int:
        """A point's time by the request's precision."""
        if point.time is None:
            return now_ns
        return point.time * PRECISIONS_NS[self.query.get("precision", "ns")]


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, content: object) -> Reply:
    """A reply with a JSON body."""
    body = json.dumps(content, ensure_ascii=False).encode()
    return Reply(status, body, {"Content-Type": "application/json; charset=utf-8"})


def text_reply(status: int, text: str) -> Reply:
    """A reply in plain text."""
    return Reply(status, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})
