"""systemd's timedate1, asked as on a Raspberry Pi: a bus of the test's own, the real service, the real busctl.

What it must say is the kernel's word, read past it. systemd itself need not run.
"""

import ctypes
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.host import time_witness

ROOT = Path(__file__).parents[2]
TIMEDATED = Path("/lib/systemd/systemd-timedated")
PATIENCE_S = 10.0
MAXERROR_S = 16
"""What timedated and the kernel's adjtimex call synchronised."""
BUS = """\
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
"""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (TIMEDATED.exists() and shutil.which("busctl") and shutil.which("dbus-daemon")),
        reason="systemd-timedated, busctl or dbus-daemon is not installed",
    ),
]


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    socket, config = tmp_path / "socket", tmp_path / "bus.conf"
    config.write_text(BUS.format(socket=socket))
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={socket}")
    command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as daemon:
        try:
            wait_for(socket.exists)
            with subprocess.Popen([TIMEDATED], stderr=subprocess.DEVNULL) as service:
                try:
                    wait_for(lambda: "timedate1" in names_on_the_bus())
                    yield
                finally:
                    service.terminate()
        finally:
            daemon.terminate()


def wait_for(holds: object) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def names_on_the_bus() -> str:
    return subprocess.run(["busctl", "list"], capture_output=True, text=True, check=True).stdout


def kernel_is_synchronised() -> bool:
    class Timex(ctypes.Structure):
        _fields_ = (
            ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long),
            ("maxerror", ctypes.c_long), ("rest", ctypes.c_byte * 512),
        )  # fmt: skip

    found = Timex()
    ctypes.CDLL(None).adjtimex(ctypes.byref(found))
    return found.maxerror < MAXERROR_S * 1_000_000


@pytest.mark.usefixtures("bus")
async def test_it_says_what_the_kernel_says() -> None:
    said = await time_witness.answer(time_witness.TIMEDATE1)
    assert said == ("b true\n" if kernel_is_synchronised() else "b false\n")


IN_THE_UNIT = """\
import asyncio
from gateway.host import time_witness
from gateway.host.clock import BOOT_ID_FILE, SystemClock
print(BOOT_ID_FILE.exists(), SystemClock("ntp").boot_id, asyncio.run(time_witness.answer(time_witness.TIMEDATE1)))
"""
AS_THE_UNIT = (
    "mount -t proc -o subset=pid,hidepid=invisible proc /proc || exit 77;"
    'exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all "$@"'
)
"""ProcSubset=pid, ProtectProc=invisible, NoNewPrivileges=yes and CapabilityBoundingSet= of deploy/systemd."""


@pytest.mark.usefixtures("bus")
def test_the_hardened_unit_hides_neither_the_bus_nor_the_boot_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LORA_GATEWAY_BOOT_ID", "5" * 32)  # the unit's %b
    script = [sys.executable, "-c", IN_THE_UNIT]
    command = ["unshare", "-m", "-p", "--fork", "sh", "-c", AS_THE_UNIT, "sh", *script]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if run.returncode in (1, 77) and "not permitted" in run.stderr:
        pytest.skip("making namespaces needs root")
    assert run.returncode == 0, run.stderr
    exists, boot_id, *said = run.stdout.split()
    assert (exists, boot_id) == ("False", "5" * 32)
    assert said == ["b", "true" if kernel_is_synchronised() else "false"]
