"""A daemon started from a shell: closing the terminal ends it in order, unless nohup asked it to stay."""

import os
import re
import signal
import subprocess
from pathlib import Path

from tests.system.daemon import ENVIRONMENT, PROGRAM, RUNS, Daemon
from tests.system.waiting import until

CONFIG = """\
[store]
path = "store.db"
"""


def test_a_closed_terminal_ends_the_daemon_in_order(tmp_path: Path) -> None:
    # The tests themselves may run under nohup, and a child inherits what is ignored.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        started = Daemon(tmp_path, CONFIG).start()
    finally:
        signal.signal(signal.SIGHUP, before)
    with started as daemon:
        os.kill(daemon.pid, signal.SIGHUP)
        daemon.wait(lambda: daemon.ended, "the daemon has ended")
        assert "gateway: stopped" in daemon.log_text()


def test_under_nohup_it_stays(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(CONFIG)
    log = tmp_path / "daemon.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["nohup", PROGRAM, "run", "--config", tmp_path / "gateway.toml"],
            stdout=output, stderr=output, env=ENVIRONMENT,
        )  # fmt: skip
    try:
        until(lambda: RUNS in log.read_text(), "the daemon runs")
        ignored = re.search(r"SigIgn:\s*(\w+)", Path(f"/proc/{process.pid}/status").read_text())
        assert ignored is not None
        assert int(ignored[1], 16) & 1 << (signal.SIGHUP - 1)
    finally:
        process.kill()
        process.wait()
