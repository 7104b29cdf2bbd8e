"""What a broker has lost, or may have lost, of what it kept for this gateway: counted, logged, said in `status`.

    session_lost      the broker had forgotten this gateway: what was published from then until now may be lost
    broker_dropped    it had no room for messages: this gateway's, or another client's

Such a loss cannot be undone, and the sentence stays until this program is started again.
"""

from datetime import UTC, datetime

from gateway.health import Health

_LOG_EVERY_NS = 600 * 10**9
"""A broker that goes on dropping is logged so often."""


class Losses:
    """Of one broker, in this run."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._forgotten = ""
        self._dropped = ""
        self._dropped_count = 0
        self._logged_ns: int | None = None

    @property
    def sentence(self) -> str:
        """What a person should know; empty, or it begins with a semicolon."""
        return self._forgotten + self._dropped

    def session_forgotten(self, since_ns: int, now_ns: int) -> None:
        """The broker does not know us any more; both times are Unix time in ns."""
        self._health.count("session_lost")
        window = f"from {_text(since_ns)} to {_text(now_ns)}"
        self._health.note(
            "session_lost",
            why=f"the broker has forgotten this gateway: what was published {window} may be lost",
            remedy="see that its persistence is on, as in config/mosquitto.conf",
        )
        times = self._health.counters["session_lost"]
        often = f" ({times} times in this run)" if times > 1 else ""
        self._forgotten = (
            f"; the broker had forgotten this gateway{often}: "
            f"what was published {window} may be lost"
        )

    def dropped(self, count: int, now_ns: int) -> None:
        """The broker has dropped so many more messages; Unix time in ns."""
        self._health.count("broker_dropped", count)
        self._dropped_count += count
        what = (
            f"the broker has dropped {self._dropped_count} messages, of this gateway or of another client, "
            f"the last before {_text(now_ns)}: raise its max_queued_messages"
        )
        self._dropped = f"; {what}"
        if self._logged_ns is None or now_ns - self._logged_ns >= _LOG_EVERY_NS:
            self._logged_ns = now_ns
            self._health.note("broker_dropped", count=count, why=what)


def _text(unix_ns: int) -> str:
    return datetime.fromtimestamp(unix_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
