"""`lora-gateway run` as a child process, and the other commands as an operator would call them beside it.

    with Daemon(tmp_path, config) as daemon:      # writes gateway.toml, starts, waits until it runs
        daemon.wait_up("gateways")
        daemon.kill()                             # SIGKILL
        daemon.start()
        assert daemon.stop() == 0                 # SIGTERM

Its log is `daemon.log` in the same folder, and is shown when a wait fails.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.system.waiting import until

PROGRAM = Path(sys.executable).with_name("lora-gateway")
COMMAND_S_MAX = 60.0
STOP_S_MAX = 10.0
"""The promise of `gateway.app`: it ends within this."""
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in ("NOTIFY_SOCKET", "RUNTIME_DIRECTORY", "WATCHDOG_USEC")
}
"""Without what a service manager would have set."""
RUNS = " gateway: running "


class Daemon:
    """One daemon and its folder; may be killed, stopped and started again."""

    def __init__(
        self, folder: Path, config: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """`environment` is added to that of the process."""
        self.folder = folder
        self.environment = ENVIRONMENT | dict(environment or {})
        self.config = folder / "gateway.toml"
        self.config.write_text(config, encoding="utf-8")
        self.log = folder / "daemon.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return (self if self._process is not None else self.start()).wait_running()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.kill()

    def start(self) -> Self:
        """Start the process and return at once."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "run", "--config", self.config],
                stdout=log,
                stderr=log,
                env=self.environment,
                cwd=self.folder,
            )
        return self

    def wait_running(self) -> Self:
        """Wait until it says that it runs: the store is open and the sources are being started."""
        self.wait(lambda: RUNS in self.log_text() or self.ended, "the daemon runs")
        assert not self.ended, self.log_text()
        return self

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the process has ended by itself."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self, timeout_s: float = STOP_S_MAX) -> int:
        """Ask it to end; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(timeout_s)
        self._process = None
        return code

    def wait_end(self, timeout_s: float = STOP_S_MAX) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process is not None
        code = self._process.wait(timeout_s)
        self._process = None
        return code

    def log_text(self) -> str:
        """What it logged since its last start."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    # -- the other commands -----------------------------------------------------------------------------

    def command(self, *arguments: str) -> Any:
        """The JSON document that a command of this configuration prints. Exit code 1 is an answer too."""
        done = run(*arguments, "--config", str(self.config), "--json")
        assert done.returncode in (0, 1), done.stderr
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    def status(self) -> Mapping[str, Any]:
        """`status --json`."""
        answer: Mapping[str, Any] = self.command("status")
        return answer

    def outcomes(self) -> Mapping[str, int]:
        """How many frames had each outcome."""
        counts: Mapping[str, int] = self.status()["frames"]["outcomes"]
        return counts

    def uplinks(self) -> list[dict[str, Any]]:
        """`query --uplinks --json`."""
        found: list[dict[str, Any]] = self.command("query", "--uplinks", "--since", "3650 days")[
            "uplinks"
        ]
        return found

    def points(self, measurement: str) -> list[dict[str, Any]]:
        """`query MEASUREMENT --json`: time, tags and fields of each."""
        found: list[dict[str, Any]] = self.command("query", measurement, "--since", "3650 days")[
            "points"
        ]
        return found

    # -- waiting ----------------------------------------------------------------------------------------

    def wait(self, look: Any, what: str, timeout_s: float = 20.0) -> Any:
        """Wait for any condition; a failure shows the log."""
        return until(look, what, timeout_s=timeout_s, otherwise=self._last_words)

    def wait_status(self, holds: Any, what: str, timeout_s: float = 20.0) -> Mapping[str, Any]:
        """The first `status` for which `holds(status)` is true."""
        seen: list[Mapping[str, Any]] = []

        def look() -> bool:
            seen[:] = [self.status()]
            return bool(holds(seen[0]))

        until(
            look,
            what,
            timeout_s=timeout_s,
            otherwise=lambda: json.dumps(seen, indent=1) + self._last_words(),
        )
        return seen[0]

    def wait_up(self, *names: str, timeout_s: float = 20.0) -> None:
        """Wait until these sources and sinks are up."""

        def are_up(status: Mapping[str, Any]) -> bool:
            live = status["daemon"] or {"sources": {}, "sinks": {}}
            ways = {**live["sources"], **live["sinks"]}
            return all(ways.get(name, {}).get("state") == "up" for name in names)

        self.wait_status(are_up, f"{', '.join(names)} up", timeout_s)

    def wait_heard(self, count: int, timeout_s: float = 20.0) -> Mapping[str, Any]:
        """Wait until so many frames are committed; the status then."""
        return self.wait_status(
            lambda status: status["frames"]["heard"] >= count, f"{count} heard", timeout_s
        )

    def wait_delivered(self, timeout_s: float = 20.0) -> Mapping[str, Any]:
        """Wait until no sink has anything pending; the status then."""
        return self.wait_status(
            lambda status: all(
                sink["pending"] == 0 for sink in status["readings"]["sinks"].values()
            ),
            "nothing pending",
            timeout_s,
        )

    def _last_words(self) -> str:
        return f"\n{self.log}:\n{self.log_text()[-3000:]}"


def run(*arguments: str, timeout_s: float = COMMAND_S_MAX) -> subprocess.CompletedProcess[str]:
    """Call a command to its end."""
    return subprocess.run(
        [PROGRAM, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        env=ENVIRONMENT,
    )
