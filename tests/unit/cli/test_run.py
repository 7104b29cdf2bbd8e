"""`run` as a service manager starts it: a process of its own that ends in order, or says why it cannot begin."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = (sys.executable, "-c", "from gateway.cli import main; main()")
PATIENCE_S = 20.0


def start(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def config(installation: Path, tmp_path: Path) -> Path:
    """The installation with a store of this test's own, and a free port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = (installation / "gateway.toml").read_text().replace(":1700", f":{port}")
    (tmp_path / "gateway.toml").write_text(text)
    for name in ("devices.toml", "store.db"):
        shutil.copy(installation / name, tmp_path / name)
    return tmp_path / "gateway.toml"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_it_is_told_to_stop(config: Path, number: signal.Signals) -> None:
    daemon = start("run", "--config", config)
    try:
        assert daemon.stderr is not None
        lines = iter(daemon.stderr.readline, "")
        assert any("running" in line for line in lines)
        daemon.send_signal(number)
        began = time.monotonic()
        _, rest = daemon.communicate(timeout=PATIENCE_S)
        assert daemon.returncode == 0, rest
        assert "stopped" in rest
        assert time.monotonic() - began < 10
    finally:
        daemon.kill()
    said = subprocess.run(
        [*PROGRAM, "status", "--config", str(config), "--json"],
        capture_output=True, text=True, check=True, timeout=PATIENCE_S,
    )  # fmt: skip
    assert json.loads(said.stdout)["balanced"] is True


def test_a_log_level_that_is_none_is_wrong_use_and_told_before_anything_is_opened(
    config: Path,
) -> None:
    said = subprocess.run(
        [*PROGRAM, "run", "--config", str(config), "--log-level", "loud"],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert said.returncode == 2
    assert "debug, info, warning" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_faulty_configuration_is_78_before_anything_is_opened(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text("[gateway]\nname = 5\n")
    daemon = start("run", "--config", tmp_path / "gateway.toml")
    _, said = daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 78
    assert "gateway.toml" in said
    assert "Traceback" not in said
    assert [one.name for one in tmp_path.iterdir()] == ["gateway.toml"]


def test_a_second_daemon_on_the_same_store_is_refused(config: Path) -> None:
    first = start("run", "--config", config)
    try:
        assert first.stderr is not None
        assert any("running" in line for line in iter(first.stderr.readline, ""))
        second = start("run", "--config", config)
        _, said = second.communicate(timeout=PATIENCE_S)
        assert second.returncode == 1
        assert "Traceback" not in said
        assert "store.db" in said
    finally:
        first.terminate()
        first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 0


def test_without_a_configuration_it_is_wrong_use() -> None:
    daemon = start("run")
    _, said = daemon.communicate(timeout=PATIENCE_S)
    assert daemon.returncode == 2
    assert "--config" in said
