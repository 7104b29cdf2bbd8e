"""How InfluxDB 3 answers: every bad line is named by its number, all others are written."""

import re
import time
from collections.abc import Sequence

from hil.simulators.influxdb_server.database import Database
from hil.simulators.influxdb_server.exchange import (
    PRECISIONS_NS,
    Reply,
    Request,
    json_reply,
    text_reply,
)
from hil.simulators.influxdb_server.lines import BadLine, Point, parse_line, split_lines
from hil.simulators.influxdb_server.settings import Settings

WRITE_PATH = "/api/v3/write_lp"
BODY_BYTES_MAX = 10 * 2**20
_DATABASE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_ORIGINAL_LINE_BYTES = 20


class Version3:
    """The write endpoint and /ping of version 3."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.databases: dict[str, Database] = {}
        """By name."""

    def ping(self, request: Request) -> Reply:
        """GET /ping: only for those who show a token, where there is one."""
        if self._settings.token and request.token not in self._known_tokens():
            return Reply(401)
        return json_reply(200, {"version": "3.4.1", "revision": "0000000", "process_id": "0"})

    def write(self, request: Request) -> Reply:
        """POST /api/v3/write_lp."""
        if refusal := self._refusal(request):
            return refusal
        name = request.query["db"]
        if name not in self.databases and len(self.databases) >= self._settings.databases_max:
            limit = self._settings.databases_max
            return _error(422, f"Adding a new database would exceed limit of {limit} databases")
        database = self.databases.setdefault(name, Database())
        with database.lock:
            return self._store(database, request)

    def _known_tokens(self) -> set[str]:
        return {self._settings.token, *self._settings.read_only_tokens}

    def _refusal(self, request: Request) -> Reply | None:
        if self._settings.token and request.token not in self._known_tokens():
            return Reply(401)
        if self._settings.token and request.token in self._settings.read_only_tokens:
            return Reply(403)
        name = request.query.get("db", "")
        if not _DATABASE_NAME.fullmatch(name):
            return _error(400, "invalid character in database or rp name: must be ASCII, ...")
        if name in self._settings.deleted_databases:
            words = f"cannot write to soft-deleted database '{name}' - it is marked for deletion"
            return text_reply(500, f"write buffer error: {words}")
        limit = self._settings.body_bytes_max or BODY_BYTES_MAX
        if len(request.body) > limit:
            return text_reply(413, f"max request size ({limit} bytes) exceeded")
        if request.query.get("precision", "nanosecond") not in PRECISIONS_NS:
            return text_reply(400, "serde error: unknown precision")
        if not request.body.strip():
            return text_reply(400, "incoming write was empty")
        return None

    def _store(self, database: Database, request: Request) -> Reply:
        now_ns = time.time_ns()
        bad: list[dict[str, object]] = []
        for number, line in enumerate(split_lines(request.body.decode()), 1):
            try:
                point = _checked(database, line)
            except BadLine as exc:
                bad.append(_bad_line(line, number, str(exc)))
            else:
                database.write(point, request.time_ns(point, now_ns))
        return _error(400, "partial write of line protocol occurred", bad) if bad else Reply(204)


def _checked(database: Database, line: str) -> Point:
    point = parse_line(line, double_backslash=True)
    conflict = database.column_conflict(point)
    if conflict is None:
        return point
    name, sent, stored = conflict
    raise BadLine(
        f"invalid column type for column '{name}', expected {_column_type(stored)},"
        f" got {_column_type(sent)}"
    )


def _column_type(kind: str) -> str:
    plain = kind in ("tag", "timestamp")
    return f"iox::column_type::{kind}" if plain else f"iox::column_type::field::{kind}"


def _bad_line(line: str, number: int, message: str) -> dict[str, object]:
    shown = line.encode()[:_ORIGINAL_LINE_BYTES].decode("utf-8", "ignore")
    return {"original_line": shown, "line_number": number, "error_message": message}


def _error(status: int, error: str, data: Sequence[object] | None = None) -> Reply:
    return json_reply(status, {"error": error, "data": data})
