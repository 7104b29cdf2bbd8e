"""When this machine's clock is trusted: by whom, from when on, and what ends it. Witnesses say what they must."""

import asyncio
import time

import pytest

from gateway.host import clock as clock_module
from gateway.host.clock import STEP_S_MAX, SystemClock, boot_id


class Told:
    """A witness that says what the test says, and counts how often it is asked."""

    def __init__(self, *answers: str | None) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self) -> str | None:
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def test_a_stamp_is_now_by_both_clocks() -> None:
    before = time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    stamp = SystemClock("operator").stamp()
    after = time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before[0] <= stamp.wall_ns <= after[0]
    assert before[1] <= stamp.boot_ns <= after[1]
    assert stamp.trusted


@pytest.mark.parametrize("trust", ["rtc", "gps", "operator"])
async def test_whoever_the_file_names_is_believed_at_once(trust: str) -> None:
    witness = Told(None)
    clock = SystemClock(trust, witness, systemd_runs=True)  # type: ignore[arg-type]
    await clock.watch()
    assert (clock.trusted, clock.how, witness.asked) == (True, trust, 0)


async def test_without_systemd_the_hosts_clock_is_assumed_right() -> None:
    witness = Told(None)
    clock = SystemClock("auto", witness, systemd_runs=False)
    await clock.watch()
    assert (clock.trusted, clock.how, witness.asked) == (True, "assumed", 0)


async def test_who_asks_for_ntp_does_not_get_an_assumption() -> None:
    clock = SystemClock("ntp", Told(None), systemd_runs=False)
    await clock.look()
    assert not clock.trusted


async def test_trust_begins_when_a_witness_says_so() -> None:
    clock = SystemClock("auto", Told(None, "chrony"), systemd_runs=True)
    assert not clock.stamp().trusted
    await clock.look()
    assert (clock.trusted, clock.how) == (False, "unsynchronised")
    await clock.look()
    assert (clock.trusted, clock.how) == (True, "chrony")
    assert clock.stamp().trusted


async def test_a_trusted_clock_stays_trusted_when_the_network_is_cut() -> None:
    witness = Told("timedate1", None)
    clock = SystemClock("auto", witness, systemd_runs=True)
    for _ in range(5):
        await clock.look()
    assert (clock.trusted, clock.how) == (True, "timedate1")
    assert witness.asked == 1, "while the clock is not moved, nobody needs to be asked"


@pytest.mark.parametrize(
    ("moved_s", "witness", "trusted"),
    [
        (STEP_S_MAX - 1, None, True),
        (STEP_S_MAX + 1, None, False),
        (-STEP_S_MAX - 1, None, False),
        (STEP_S_MAX + 1, "timedate1", True),
    ],
)
async def test_a_moved_clock_is_trusted_only_with_a_witness(
    monkeypatch: pytest.MonkeyPatch, moved_s: float, witness: str | None, trusted: bool
) -> None:
    clock = SystemClock("auto", Told("timedate1", witness), systemd_runs=True)
    await clock.look()
    real = time.time_ns
    monkeypatch.setattr(clock_module.time, "time_ns", lambda: real() + int(moved_s * 1e9))
    await clock.look()
    assert clock.trusted is trusted


async def test_watching_goes_on_until_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "UNTRUSTED_PAUSE_S", 0.0)
    monkeypatch.setattr(clock_module, "TRUSTED_PAUSE_S", 0.0)
    witness = Told(None, None, "timesyncd")
    clock = SystemClock("auto", witness, systemd_runs=True)
    task = asyncio.create_task(clock.watch())
    async with asyncio.timeout(5):
        while not clock.trusted:
            await asyncio.sleep(0)
    assert witness.asked == 3
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_the_boot_id_of_the_unit_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LORA_GATEWAY_BOOT_ID", "0123456789abcdef0123456789abcdef")
    assert boot_id() == SystemClock("operator").boot_id == "0123456789abcdef0123456789abcdef"


def test_the_boot_id_of_the_kernel_looks_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.delenv("LORA_GATEWAY_BOOT_ID", raising=False)
    file = tmp_path / "boot_id"  # type: ignore[operator]
    file.write_text("01234567-89ab-cdef-0123-456789abcdef\n")
    monkeypatch.setattr(clock_module, "BOOT_ID_FILE", file)
    assert boot_id() == "0123456789abcdef0123456789abcdef"
    file.unlink()
    assert boot_id() == "unknown"
