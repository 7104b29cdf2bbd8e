"""Guards the port on a real pseudo-terminal: bytes, time-outs, the end of the device, what each fault says."""

import asyncio
import errno
import os
import pty
import subprocess
import sys
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.errors import Blocked, Unavailable
from gateway.sources.serial_line import port as port_module
from gateway.sources.serial_line.port import Port, open_port

NOBODY = 65534


class Pair:
    """Both ends of a pseudo-terminal."""

    def __init__(self) -> None:
        self.far_fd, self.near_fd = pty.openpty()
        tty.setraw(self.near_fd)
        self.path = os.ttyname(self.near_fd)

    def unplug(self) -> None:
        for fd in (self.near_fd, self.far_fd):
            os.close(fd)
        self.far_fd = self.near_fd = -1


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    if made.far_fd >= 0:
        made.unplug()


async def test_bytes_go_both_ways(pair: Pair) -> None:
    port = await open_port(pair.path, 115_200)
    os.write(pair.far_fd, b"\x00\x0a\x0d\x11\x13\xff")
    assert await port.readable(None)
    assert port.read() == b"\x00\x0a\x0d\x11\x13\xff"
    assert port.write(b"AT\r\n")
    assert os.read(pair.far_fd, 100) == b"AT\r\n"
    port.close()


async def test_waiting_ends_at_its_time(pair: Pair) -> None:
    port = await open_port(pair.path, 9600)
    loop = asyncio.get_running_loop()
    assert not await port.readable(loop.time() - 1)
    assert not await port.readable(loop.time() + 0.01)
    port.close()


async def test_a_false_alarm_is_no_end(pair: Pair) -> None:
    port = await open_port(pair.path, 9600)
    assert port.read() == b""
    port.close()


async def test_the_end_of_the_device_is_an_end_in_both_directions(pair: Pair) -> None:
    port = await open_port(pair.path, 9600)
    pair.unplug()
    assert await port.readable(None)
    with pytest.raises(Unavailable, match="was unplugged: plug it in again"):
        port.read()
    with pytest.raises(Unavailable, match="was unplugged"):
        port.write(b"AT\r\n")
    port.close()
    port.close()


async def test_a_port_that_takes_no_bytes_does_not_hold_anybody_up(pair: Pair) -> None:
    port = await open_port(pair.path, 9600)
    taken = [port.write(b"x" * 4096) for _ in range(64)]
    assert taken[0]
    assert not taken[-1]
    port.close()


async def test_the_same_port_is_not_opened_twice(pair: Pair) -> None:
    port = await open_port(pair.path, 9600)
    with pytest.raises(Blocked, match="in use by another section of this configuration"):
        await open_port(pair.path, 9600)
    port.close()
    (await open_port(pair.path, 9600)).close()


async def test_a_port_opened_too_late_is_given_back(pair: Pair) -> None:
    opening = asyncio.create_task(open_port(pair.path, 9600))
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    async with asyncio.timeout(5):
        while True:
            try:
                (await open_port(pair.path, 9600)).close()
                break
            except Blocked:
                await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (OSError(errno.ENOENT, "x"), Unavailable, "/dev/modem is not there"),
        (OSError(errno.ENXIO, "x"), Unavailable, "/dev/modem is not there"),
        (OSError(errno.EIO, "x"), Unavailable, "/dev/modem is not there"),
        (OSError(errno.EBUSY, "x"), Blocked, "/dev/modem is in use by another program"),
        (OSError(errno.EAGAIN, "x"), Blocked, "/dev/modem is in use by another program"),
        (OSError(errno.EACCES, "x"), Blocked, "/dev/modem may not be opened; add .* dialout"),
        (
            OSError(errno.EINVAL, "strange"),
            Unavailable,
            "cannot be used as a serial port: .*strange",
        ),
        (
            ValueError("no such speed"),
            Unavailable,
            "cannot be used as a serial port: no such speed",
        ),
    ],
)
def test_each_fault_says_who_must_do_what(
    fault: OSError | ValueError, kind: type[Exception], words: str
) -> None:
    cause = port_module._cause("/dev/modem", fault)
    assert isinstance(cause, kind)
    with pytest.raises(kind, match=words):
        raise cause


def test_a_device_that_is_no_port_is_refused() -> None:
    with pytest.raises(Unavailable, match="cannot be used as a serial port"):
        Port("/dev/null", 9600)


HOLDER = """
import os, pty, sys, serial, time
far, near = pty.openpty()
name = os.ttyname(near)
port = serial.Serial(name, exclusive=True)
print(name, flush=True)
sys.stdin.read()
"""


@contextmanager
def held_by_another_program() -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """A port that another program has opened for itself."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        yield holder.stdout.readline().strip(), holder


async def test_a_port_that_another_program_has_names_that_program(tmp_path: Path) -> None:
    link = tmp_path / "modem"
    with held_by_another_program() as (device, holder):
        link.symlink_to(device)
        with pytest.raises(Blocked) as refused:
            await open_port(str(link), 115_200)
        told = str(refused.value)
        assert told.startswith(f"{link} is in use by python")
        assert told.endswith(f"(process {holder.pid}); stop that program, or give it another port")


async def test_no_other_program_can_open_the_port_until_it_is_given_back(pair: Pair) -> None:
    opener = f"import os\nos.getuid() or os.setuid({NOBODY})\nos.close(os.open({pair.path!r}, os.O_WRONLY))"
    command = [sys.executable, "-I", "-c", opener]
    os.chmod(pair.path, 0o622)  # noqa: PTH101, S103 - of a pseudo-terminal of our own
    port = await open_port(pair.path, 115_200)
    refused = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False
    )
    assert "Device or resource busy" in refused.stderr
    port.close()
    allowed = await asyncio.to_thread(subprocess.run, command, check=False)
    assert allowed.returncode == 0
