"""What the witnesses of the time say: real child processes, scripts that print what busctl and chronyc print."""

import asyncio
import time
from pathlib import Path

import pytest

from gateway.host import time_witness
from gateway.host.time_witness import answer, chrony_is_synchronised, synchronised_by

# Captured from chronyd 4.3 on Debian 12: it follows a server; it follows nobody; it was told `local stratum 10`;
# it follows a server and may not correct its clock, which is an hour behind.
CAPTURED = {
    "server": "7F000001,127.0.0.1,2,1795380524.164214785,-0.000001532,0.000000028,0.000000212,0.013,0.001,0.059,"
    "0.000005973,0.000002135,1.0,Normal\n",
    "nobody": "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,"
    "1.000000000,0.0,Not synchronised\n",
    "itself": "7F7F0101,,10,1795380481.854855939,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,"
    "0.000000000,0.000000000,0.0,Normal\n",
    "an hour off": "7F000001,127.0.0.1,2,1795380533.858009639,3600.000000000,0.000001542,0.000004370,-0.069,0.030,"
    "2.363,0.000031169,0.000009875,1.0,Normal\n",
}

# Field order of chronyc 4.3; values constructed.
FOLLOWING = "C0A80001,192.168.0.1,3,1763769600.1,-0.00001,0.00002,0.00003,1.5,0.0,0.1,0.02,0.01,64.3,Normal\n"
LOST = "7F7F0101,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n"


@pytest.mark.parametrize(
    ("tracking", "synchronised"),
    [
        (FOLLOWING, True),
        (LOST, False),
        (FOLLOWING.replace("Normal", "Not synchronised"), False),
        (FOLLOWING.replace("Normal", "Insert second"), True),
        (FOLLOWING.replace(",3,", ",16,"), False),
        (FOLLOWING.replace("-0.00001,", "0.9,"), True),
        (FOLLOWING.replace("-0.00001,", "-3600.2,"), False),
        (FOLLOWING.replace("-0.00001,", "?,"), False),
        (FOLLOWING.replace(",3,", ",x,"), False),
        ("506 Cannot talk to daemon\n", False),
        ("", False),
    ],
)
def test_chrony_follows_a_source_or_not(tracking: str, synchronised: bool) -> None:
    assert chrony_is_synchronised(tracking) is synchronised


@pytest.mark.parametrize("follows", CAPTURED)
def test_only_a_chrony_that_follows_a_server_and_is_there_vouches(follows: str) -> None:
    assert chrony_is_synchronised(CAPTURED[follows]) is (follows == "server")


def test_a_cut_line_of_chrony_says_nothing() -> None:
    assert not any(chrony_is_synchronised(FOLLOWING[:end]) for end in range(FOLLOWING.rindex(",")))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any witness; the test puts some on it."""
    monkeypatch.setattr(time_witness, "TIMEDATE1", ("sh", str(tmp_path / "busctl")))
    monkeypatch.setattr(time_witness, "CHRONY", ("sh", str(tmp_path / "chronyc")))
    monkeypatch.setattr(time_witness, "TIMESYNCD_FILE", tmp_path / "synchronized")
    return tmp_path


async def test_nobody_vouches_on_a_machine_without_witnesses(machine: Path) -> None:
    assert await synchronised_by() is None


async def test_the_first_witness_counts(machine: Path) -> None:
    (machine / "chronyc").write_text(f"echo '{FOLLOWING.strip()}'")
    assert await synchronised_by() == "chrony"
    (machine / "synchronized").touch()
    assert await synchronised_by() == "timesyncd"
    (machine / "busctl").write_text("echo b true")
    assert await synchronised_by() == "timedate1"
    (machine / "busctl").write_text("echo b false")
    assert await synchronised_by() == "timesyncd"
    assert await synchronised_by(jumped=True) == "chrony", "its file is from before the jump"


async def test_a_failing_command_says_nothing() -> None:
    assert await answer(("sh", "-c", "echo b true; exit 1")) == ""
    assert await answer(("/no/such/command",)) == ""


async def test_a_silent_command_is_ended_and_blocks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_witness, "ANSWER_S_MAX", 0.05)
    before = time.monotonic()
    asked = asyncio.create_task(answer(("sleep", "60")))
    turns = 0
    while not asked.done():
        turns += 1
        await asyncio.sleep(0.005)
    assert await asked == ""
    assert turns > 1
    assert time.monotonic() - before < 5
