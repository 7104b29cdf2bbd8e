"""A daemon started from a shell: closing the terminal ends it in order, unless nohup asked it to stay."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.system.daemon import ENVIRONMENT, PROGRAM, RUNS, STOP_S_MAX
from tests.system.waiting import until

IN_A_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes its standard input its controlling terminal, as a login does, and becomes the daemon."""

CONFIG = """\
[store]
path = "store.db"
"""


def test_a_closed_terminal_ends_the_daemon_in_order(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text(CONFIG)
    log = tmp_path / "daemon.log"
    shell, terminal = os.openpty()
    # The tests themselves may run under nohup, and a child inherits what is ignored.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-c", IN_A_TERMINAL, PROGRAM, "run", "--config", tmp_path / "gateway.toml"],
                stdin=terminal, stdout=output, stderr=output, env=ENVIRONMENT, start_new_session=True,
            )  # fmt: skip
    finally:
        signal.signal(signal.SIGHUP, before)
        os.close(terminal)
    try:
        until(lambda: RUNS in log.read_text(), "the daemon runs")
        os.close(shell)
        assert process.wait(STOP_S_MAX) == 0
        assert "gateway: stopped" in log.read_text()
    finally:
        process.kill()
        process.wait()


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
