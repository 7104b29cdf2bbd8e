"""The server as tests and demos hold it: started and stopped, told to fail, asked what it stores."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from hil.simulators.influxdb_server import deletes, version2, version3
from hil.simulators.influxdb_server.database import PointKey
from hil.simulators.influxdb_server.exchange import Reply, Request, json_reply
from hil.simulators.influxdb_server.faults import Fault
from hil.simulators.influxdb_server.listener import Listener
from hil.simulators.influxdb_server.settings import Settings

REQUESTS_KEPT_MAX = 10_000

Predicate = Callable[[Request], bool]


class InfluxdbServer:
    """A server in threads of this process; a context manager, or `start` and `stop`."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, **settings: Any) -> None:
        """`settings` are the fields of `Settings`; port 0 takes a free one and keeps it over restarts."""
        self.settings = Settings(**settings)
        self.requests: list[Request] = []
        """What came in, the oldest first, up to REQUESTS_KEPT_MAX."""
        second = self.settings.version == "2"
        self._version: version2.Version2 | version3.Version3 = (
            version2.Version2(self.settings) if second else version3.Version3(self.settings)
        )
        self._write_path = version2.WRITE_PATH if second else version3.WRITE_PATH
        self._host, self._port = host, port
        self._coming: list[Fault] = []
        self._standing: list[tuple[Predicate, Fault]] = []
        self._lock = threading.Lock()
        self._listener: Listener | None = None

    @property
    def url(self) -> str:
        """Where writers find it, once it was started."""
        return f"http://{self._host}:{self._port}"

    @property
    def writes(self) -> list[Request]:
        """The requests to the write path so far."""
        return [request for request in self.requests if request.path == self._write_path]

    def start(self) -> Self:
        """Listen; points and settings of an earlier start are still there."""
        self._listener = Listener(self._host, self._port, self._fault_for, self._carry_out)
        self._port = self._listener.port
        return self

    def stop(self) -> None:
        """Close the port and every connection, also in the middle of an answer."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def fail_next(self, *faults: Fault) -> None:
        """Let the coming writes go wrong, one fault each."""
        with self._lock:
            self._coming.extend(faults)

    def fail_when(self, predicate: Predicate, fault: Fault) -> None:
        """Let every request that the predicate holds for go wrong, until `mend`."""
        with self._lock:
            self._standing.append((predicate, fault))

    def mend(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._coming.clear()
            self._standing.clear()

    def points(self) -> dict[PointKey, dict[str, float | bool | str]]:
        """All stored points, of all buckets or databases: (measurement, tags, time in ns) -> fields."""
        return {
            key: dict(fields)
            for database in list(self._version.databases.values())
            for key, fields in list(database.points.items())
        }

    def _fault_for(self, request: Request) -> Fault | None:
        with self._lock:
            if len(self.requests) < REQUESTS_KEPT_MAX:
                self.requests.append(request)
            for predicate, fault in self._standing:
                if predicate(request):
                    return fault
            if self._coming and request.path == self._write_path:
                return self._coming.pop(0)
        return None

    def _carry_out(self, request: Request) -> Reply:
        if (request.method, request.path) == ("POST", self._write_path):
            return self._version.write(request)
        if isinstance(self._version, version2.Version2) and request.path == deletes.PATH:
            return self._version.delete(request)
        if (request.method, request.path) == ("GET", "/ping"):
            return self._version.ping(request)
        if (request.method, request.path) == ("GET", "/points"):
            return self._points_reply()
        return json_reply(404, {"code": "not found", "message": "path not found"})

    def _points_reply(self) -> Reply:
        points = [
            {"measurement": measurement, "tags": dict(tags), "time": time_ns, "fields": fields}
            for (measurement, tags, time_ns), fields in self.points().items()
        ]
        return json_reply(200, {"count": len(points), "points": points})
