"""How InfluxDB 2 answers: a body with a line that does not parse is refused whole, anything else in part."""

import time

from hil.simulators.influxdb_server import deletes
from hil.simulators.influxdb_server.database import Database
from hil.simulators.influxdb_server.exchange import PRECISIONS_NS, Reply, Request, json_reply
from hil.simulators.influxdb_server.lines import BadLine, Point, parse_line, split_lines
from hil.simulators.influxdb_server.settings import Settings

WRITE_PATH = "/api/v2/write"


class Version2:
    """The write and delete endpoints and /ping of version 2."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.databases: dict[str, Database] = {}
        """By bucket."""

    def ping(self, _request: Request) -> Reply:
        """GET /ping: open to everybody."""
        header = self._settings.version_header
        return Reply(204, headers={"X-Influxdb-Version": header} if header else {})

    def write(self, request: Request) -> Reply:
        """POST /api/v2/write."""
        if refusal := self._refusal(request):
            return refusal
        points: list[Point] = []
        complaints: list[str] = []
        for line in split_lines(request.body.decode("utf-8", "replace")):
            try:
                points.append(parse_line(line))
            except BadLine as exc:
                complaints.append(f"unable to parse '{line}': {exc}")
        if complaints:
            return _error(400, "invalid", "\n".join(complaints))
        database = self.databases.setdefault(request.query["bucket"], Database())
        with database.lock:
            return self._store(database, points, request)

    def delete(self, request: Request) -> Reply:
        """POST /api/v2/delete."""
        if refusal := self._refusal(request):
            return refusal
        try:
            deletes.delete(self.databases.setdefault(request.query["bucket"], Database()), request)
        except deletes.BadDelete as exc:
            return _error(400, "invalid", str(exc))
        return Reply(204)

    def _refusal(self, request: Request) -> Reply | None:
        settings = self._settings
        if settings.token and request.token not in {settings.token, *settings.read_only_tokens}:
            return _error(401, "unauthorized", "unauthorized access")
        if request.query.get("org") != settings.org:
            org = request.query.get("org", "")
            return _error(404, "not found", f'organization name "{org}" not found')
        bucket = request.query.get("bucket", "")
        if bucket not in settings.buckets:
            return _error(404, "not found", f'bucket "{bucket}" not found')
        if settings.token and request.token in settings.read_only_tokens:
            return _error(403, "forbidden", "insufficient permissions for write")
        if settings.body_bytes_max is not None and len(request.body) > settings.body_bytes_max:
            return _error(413, "request too large", "points batch is too large")
        if request.query.get("precision", "ns") not in PRECISIONS_NS:
            return _error(
                400, "invalid", "invalid precision; valid precision units are ns, us, ms, s"
            )
        return None

    def _store(self, database: Database, points: list[Point], request: Request) -> Reply:
        now_ns = time.time_ns()
        retention_s = self._settings.retention_s
        oldest_ns = now_ns - int(retention_s * 1e9) if retention_s is not None else None
        expired = conflicts = 0
        first_conflict = ""
        for point in points:
            time_ns = request.time_ns(point, now_ns)
            if oldest_ns is not None and time_ns < oldest_ns:
                expired += 1
            elif conflict := database.conflict(point):
                conflicts += 1
                first_conflict = first_conflict or _conflict_words(point, *conflict)
            else:
                database.write(point, time_ns)
        # What a shard says replaces what was dropped before any shard saw it.
        if conflicts:
            return _partial(f"{first_conflict} dropped={conflicts}")
        if expired:
            return _partial(self._expired_words(expired))
        return Reply(204)

    def _expired_words(self, count: int) -> str:
        if self._settings.retention_wording == "old":
            return f"points beyond retention policy dropped={count}"
        return (
            f"dropped {count} points outside retention policy of duration"
            f" {int((self._settings.retention_s or 0) // 3600)}h0m0s - oldest point m at"
            " 2020-01-01T00:00:00Z dropped because it violates a Retention Policy Lower Bound at"
            f" 2026-01-01T00:00:00Z dropped={count} for database: 9f282d63c7d3a5c0"
            " for retention policy: autogen"
        )


def _conflict_words(point: Point, name: str, sent: str, stored: str) -> str:
    return (
        f'field type conflict: input field "{name}" on measurement "{point.measurement}"'
        f" is type {sent}, already exists as type {stored}"
    )


def _partial(words: str) -> Reply:
    message = f"failure writing points to database: partial write: {words}"
    return _error(422, "unprocessable entity", message)


def _error(status: int, code: str, message: str) -> Reply:
    return json_reply(status, {"code": code, "message": message})
