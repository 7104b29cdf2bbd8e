"""One InfluxDB as something that bodies of line protocol are written to, whatever its version.

Here the credentials are read, the version is found out, gzip is used as long as the server can read it,
and what is not about the lines becomes Unavailable or Blocked.
"""

import gzip
import time
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gateway import __version__
from gateway.errors import Blocked, Unavailable
from gateway.health import Health
from gateway.ports import Clock
from gateway.sinks.influxdb.answers import (
    Answer,
    BadGzip,
    Done,
    Later,
    Meaning,
    NeedsOperator,
    Poison,
    TooLarge,
    judge,
)
from gateway.sinks.influxdb.config import InfluxdbSection, Version
from gateway.sinks.influxdb.credentials import Credentials, read_credentials
from gateway.sinks.influxdb.deletion import POINTS_AT_ONCE, Point, complaint, delete_request
from gateway.sinks.influxdb.endpoint import PING, version_of, write_target
from gateway.sinks.influxdb.http import HttpClient

GZIP_BYTES_MIN = 1024
"""Smaller bodies go as they are: there is nothing to win."""

_HEADERS = {"Accept": "application/json", "User-Agent": f"lora-gateway/{__version__}"}
_VERSIONS: dict[str | None, Version] = {"1": "1", "2": "2", "3": "3"}


class Server:
    """Requests to one InfluxDB from one thread; `close` may be called from any other."""

    def __init__(
        self,
        section: InfluxdbSection,
        known_version: str | None,
        health: Health,
        clock: Clock | None = None,
    ) -> None:
        """`known_version` is what an earlier run found out; it counts only where the section says "auto"."""
        fixed = section.version != "auto"
        self.version: Version | None = _VERSIONS.get(section.version if fixed else known_version)
        """Its major version; None while unknown."""
        self._may_be_another = False
        """Set when it refuses us: it may have been upgraded since it was asked."""
        self._section = section
        self._health = health
        self._client = HttpClient(
            section.url, ca_file=section.ca_file, timeout_s=section.timeout, clock=clock
        )
        self._plain_connection = 0
        """The number of the connection on which gzip was not understood."""
        self._gzip_noted = False

    def write(self, body: bytes) -> Done | TooLarge | Poison:
        """Write lines of line protocol.

        Raises:
            Unavailable: it does not answer, or asks to come back later.
            Blocked: credentials, rights, a missing database or whatever else an operator must see to.
        """
        version = self._find_version()
        if missing := self._section.missing_for(version):
            self._may_be_another = self._section.version == "auto"
            raise Blocked(self._it(f"is version {version}"), missing)
        compress = len(body) >= GZIP_BYTES_MIN and not self._is_plain()
        meaning = self._post(body, version, compress=compress)
        if isinstance(meaning, BadGzip):
            self._note_bad_gzip(meaning)
            meaning = self._post(body, version, compress=False)
            self._plain_connection = self._client.connections
        elif compress:
            self._gzip_noted = False
        if isinstance(meaning, Done | TooLarge | Poison):
            return meaning
        raise self._obstacle(meaning)

    def delete(self, points: Sequence[Point]) -> None:
        """Let it forget these points.

        Raises:
            Unavailable: it does not answer. Some may be forgotten, to ask again is harmless.
            Blocked: this version cannot, or this user may not.
        """
        version = self._find_version()
        at_once = POINTS_AT_ONCE[version]
        for start in range(0, len(points), at_once):
            asked = delete_request(self._section, version, points[start : start + at_once])
            if asked is None:
                raise Blocked(
                    self._it(f"is version {version}, which deletes no points"),
                    "what is gone stays there until its retention ends",
                )
            target, kind, body = asked
            credentials = read_credentials(self._section, version)
            headers = {"Content-Type": kind}
            if credentials.header:
                headers["Authorization"] = credentials.header
            answer = self._request("POST", target, headers, body)
            meaning = _hidden(judge(answer, compressed=False, now=time.time()), credentials)
            said = complaint(answer.body) if isinstance(meaning, Done) else None
            if isinstance(meaning, Poison | TooLarge):
                said = meaning.text
            if said is not None:
                raise Blocked(self._it(f"refuses to delete: {said}"), "delete it by hand there")
            if isinstance(meaning, Later | NeedsOperator | BadGzip):
                raise self._obstacle(meaning)

    def close(self) -> None:
        """Give up a request under way."""
        self._client.close()

    def _find_version(self) -> Version:
        if self.version is not None and not self._may_be_another:
            return self.version
        answer = self._request("GET", PING, {})
        found = version_of(answer, time.time())
        if isinstance(found, NeedsOperator) and self.version is not None:
            # A proxy that lets no ping through: what was known still holds.
            found = self.version
        if isinstance(found, Later | NeedsOperator):
            raise self._obstacle(found)
        self._may_be_another = False
        self.version = found
        return found

    def _obstacle(self, meaning: Later | NeedsOperator | BadGzip) -> Unavailable | Blocked:
        if isinstance(meaning, NeedsOperator):
            self._may_be_another = self._section.version == "auto"
            return Blocked(self._it(meaning.sentence), meaning.remedy)
        if isinstance(meaning, Later):
            return Unavailable(self._it(meaning.sentence), meaning.retry_after_s)
        return Unavailable(self._it(f"does not read what it is sent: {meaning.text}"))

    def _note_bad_gzip(self, meaning: BadGzip) -> None:
        # Once until gzip works again: each new connection tries it anew.
        if not self._gzip_noted:
            self._health.note("gzip_not_understood", server=self._section.url, says=meaning.text)
        self._gzip_noted = True

    def _is_plain(self) -> bool:
        return self._client.connections == self._plain_connection > 0

    def _post(self, body: bytes, version: Version, *, compress: bool) -> Meaning:
        credentials = read_credentials(self._section, version)
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        if credentials.header:
            headers["Authorization"] = credentials.header
        if compress:
            headers["Content-Encoding"] = "gzip"
            # Level 1: a sixth of the time of level 6 for a third more bytes.
            body = gzip.compress(body, 1)
        answer = self._request("POST", write_target(self._section, version), headers, body)
        return _hidden(judge(answer, compressed=compress, now=time.time()), credentials)

    def _request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        try:
            return self._client.request(method, target, {**_HEADERS, **headers}, body)
        except Unavailable as exc:
            raise Unavailable(self._it(exc.what), exc.retry_after_s) from exc
        except Blocked as exc:
            raise Blocked(self._it(exc.what), exc.remedy) from exc

    def _it(self, does: str) -> str:
        return f"{self._section.url} {does}"


def _hidden(meaning: Meaning, credentials: Credentials) -> Meaning:
    """The same without the credentials, which an error page may echo."""
    hide = credentials.hide
    if isinstance(meaning, Later | NeedsOperator):
        return replace(meaning, sentence=hide(meaning.sentence))
    if isinstance(meaning, TooLarge | BadGzip):
        return replace(meaning, text=hide(meaning.text))
    if isinstance(meaning, Poison):
        lines = tuple((number, hide(text)) for number, text in meaning.lines)
        return replace(meaning, text=hide(meaning.text), lines=lines)
    return meaning
