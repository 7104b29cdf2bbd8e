"""Guards the demo's world as a process: it says when it is ready, speaks, and ends with whoever started it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE_S = 20


@pytest.fixture
def udp() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        one.settimeout(PATIENCE_S)
        yield one


@pytest.fixture
def city(
    request: pytest.FixtureRequest, tmp_path: Path, udp: socket.socket
) -> Iterator["subprocess.Popen[bytes]"]:
    """A city at the speed that the test asks for."""
    port, speed = udp.getsockname()[1], getattr(request, "param", "1")
    command = [sys.executable, "-m", "hil.simulators.city", "--folder", str(tmp_path)]
    process = subprocess.Popen(
        [*command, "--udp", f"127.0.0.1:{port}", "--speed", speed],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        yield process
        process.kill()


def ready_line(city: "subprocess.Popen[bytes]") -> dict[str, Any]:
    assert city.stdout
    line: dict[str, Any] = json.loads(city.stdout.readline())
    return line


def test_its_ready_line_names_what_is_there(
    city: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    line = ready_line(city)
    assert line["ready"] is True
    assert line["modem"] == str(tmp_path / "modem")
    assert str(Path(line["modem"]).readlink()) == line["pty"]
    assert Path(line["pty"]).is_char_device()
    assert stat.S_IMODE(Path(line["devices"]).stat().st_mode) == 0o600
    assert Path(line["devices"]).read_text().count("[[device]]") == 9


def test_it_speaks_once_the_server_answers(
    city: "subprocess.Popen[bytes]", udp: socket.socket
) -> None:
    ready_line(city)
    while True:
        datagram, sender = udp.recvfrom(65_535)
        if b"rxpk" in datagram:
            break
        udp.sendto(datagram[:3] + b"\x04", sender)


def test_it_ends_when_the_pipe_of_its_parent_is_closed(
    city: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    ready_line(city)
    assert city.stdin
    city.stdin.close()
    assert city.wait(PATIENCE_S) == 0
    assert not (tmp_path / "modem").is_symlink()
    assert len(json.loads((tmp_path / "counters.json").read_text())["next"]) == 9


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_by_a_signal(
    city: "subprocess.Popen[bytes]", told: signal.Signals, tmp_path: Path
) -> None:
    ready_line(city)
    city.send_signal(told)
    assert city.wait(PATIENCE_S) == 0
    assert not (tmp_path / "modem").is_symlink()


@pytest.mark.parametrize("how", ["pipe", "signal"])
def test_it_ends_although_its_folder_is_gone(
    city: "subprocess.Popen[bytes]", tmp_path: Path, how: str
) -> None:
    ready_line(city)
    shutil.rmtree(tmp_path)
    assert city.stdin
    city.stdin.close() if how == "pipe" else city.terminate()
    assert city.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("city", ["500"], indirect=True)
@pytest.mark.parametrize("how", ["pipe", "signal"])
def test_it_ends_although_nobody_reads_from_its_modem(
    city: "subprocess.Popen[bytes]", udp: socket.socket, how: str
) -> None:
    line = ready_line(city)
    port = os.open(line["pty"], os.O_RDWR | os.O_NOCTTY)
    os.write(port, b"AT+NWM=0\r\nAT+PRECV=65534\r\n")
    udp.settimeout(1.0)  # at this speed only a blocked city is silent for so long
    with contextlib.suppress(TimeoutError):
        while True:
            datagram, sender = udp.recvfrom(65_535)
            udp.sendto(datagram[:3] + b"\x04", sender)
    assert city.stdin
    city.stdin.close() if how == "pipe" else city.terminate()
    assert city.wait(PATIENCE_S) == 0
    os.close(port)


def finished(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hil.simulators.city", "--folder", str(folder), *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.mark.parametrize("wrong", [["--speed", "0"], ["--devices", "0"], ["--udp", "nowhere"]])
def test_wrong_use_is_told_with_exit_code_2(tmp_path: Path, wrong: list[str]) -> None:
    done = finished(tmp_path, "--udp", "127.0.0.1:1", *wrong)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = finished(tmp_path / "none", "--udp", "127.0.0.1:1")
    assert done.returncode == 2
    assert "is no folder" in done.stderr


def test_a_failure_ends_the_process_too(tmp_path: Path) -> None:
    # No name has an empty label: the first keepalive cannot be sent.
    done = finished(tmp_path, "--udp", "no..name:1")
    assert done.returncode == 1
    assert not (tmp_path / "modem").is_symlink()
