"""When this machine's clock is trusted: by whom, from when on, and what ends it. Witnesses say what they must."""

import asyncio
import time
from pathlib import Path

import pytest

from gateway.host import clock as clock_module
from gateway.host import rtc as rtc_module
from gateway.host.clock import SystemClock, Trust, boot_id


class Told:
    """A witness that says what the test says, and keeps whether it was told of a jump."""

    def __init__(self, *answers: str | None) -> None:
        self._answers = list(answers)
        self.jumped: list[bool] = []

    @property
    def asked(self) -> int:
        return len(self.jumped)

    async def __call__(self, jumped: bool) -> str | None:
        self.jumped.append(jumped)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class Wall:
    """The machine's wall clock, which the test moves; the boot-time clock is the real one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.off_s = 0.0
        real = time.time_ns
        monkeypatch.setattr(clock_module.time, "time_ns", lambda: real() + int(self.off_s * 1e9))
        monkeypatch.setattr(clock_module.time, "time", lambda: (real() / 1e9) + self.off_s)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    return Wall(monkeypatch)


@pytest.fixture
def rtc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The `since_epoch` of a real-time clock that is there once the test writes it."""
    monkeypatch.setattr(rtc_module, "RTC_FOLDER", tmp_path)
    (tmp_path / "rtc0").mkdir()
    return tmp_path / "rtc0" / "since_epoch"


def test_a_stamp_is_now_by_both_clocks() -> None:
    before = time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    stamp = SystemClock("operator").stamp()
    after = time.time_ns(), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before[0] <= stamp.wall_ns <= after[0]
    assert before[1] <= stamp.boot_ns <= after[1]
    assert stamp.trusted


async def test_the_operators_word_holds_at_once_and_asks_nobody() -> None:
    witness = Told(None)
    clock = SystemClock("operator", witness, systemd_runs=True)
    await clock.watch()
    assert (clock.trusted, clock.how, witness.asked) == (True, "operator", 0)


async def test_without_systemd_the_hosts_clock_is_assumed_right() -> None:
    witness = Told(None)
    clock = SystemClock("auto", witness, systemd_runs=False)
    await clock.watch()
    assert (clock.trusted, clock.how, witness.asked) == (True, "assumed", 0)


@pytest.mark.parametrize("trust", ["ntp", "gps"])
async def test_who_names_a_witness_does_not_get_an_assumption(trust: Trust) -> None:
    clock = SystemClock(trust, Told(None), systemd_runs=False)
    await clock.look()
    assert not clock.trusted


async def test_gps_is_trusted_once_the_kernels_clock_follows_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock_module, "synchronised_by", Told(None, "chrony"))
    clock = SystemClock("gps", systemd_runs=True)
    await clock.look()
    assert not clock.trusted, "before its first fix a receiver sets nothing"
    await clock.look()
    assert (clock.trusted, clock.how) == (True, "gps, chrony")


async def test_gps_is_the_files_word_where_there_is_nobody_to_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock_module.shutil, "which", lambda _: None)
    clock = SystemClock("gps", systemd_runs=False)
    assert (clock.trusted, clock.how) == (True, "gps")


@pytest.mark.parametrize(
    ("off_s", "trusted"), [(0, True), (55, True), (-55, True), (90, False), (-90, False)]
)
async def test_a_real_time_clock_is_believed_when_it_agrees(
    rtc: Path, off_s: int, trusted: bool
) -> None:
    rtc.write_text(f"{round(time.time()) + off_s}\n")
    clock = SystemClock("rtc", systemd_runs=True)
    await clock.look()
    assert clock.trusted is trusted


@pytest.mark.parametrize("content", ["946684800\n", "", "?\n", None])
async def test_a_real_time_clock_with_a_dead_battery_is_not_believed(
    rtc: Path, content: str | None
) -> None:
    if content is not None:  # else reading fails, as it does when the chip says that it had stopped
        rtc.write_text(content)
    clock = SystemClock("rtc", systemd_runs=True)
    await clock.look()
    assert (clock.trusted, clock.how) == (False, "unsynchronised")


async def test_a_real_time_clock_that_the_kernel_does_not_show_is_the_files_word(rtc: Path) -> None:
    rtc.parent.rmdir()
    clock = SystemClock("rtc", systemd_runs=True)
    await clock.look()
    assert (clock.trusted, clock.how) == (True, "rtc, not seen")


async def test_trust_begins_when_a_witness_says_so_and_is_told() -> None:
    told: list[bool] = []
    clock = SystemClock("auto", Told(None, "chrony"), systemd_runs=True)
    clock.on_trusted = lambda: told.append(clock.trusted)
    assert not clock.stamp().trusted
    await clock.look()
    assert (clock.trusted, clock.how, told) == (False, "unsynchronised", [])
    await clock.look()
    assert (clock.trusted, clock.how, told) == (True, "chrony", [True])
    assert clock.stamp().trusted
    assert clock.status() == {"trusted": True, "how": "chrony"}


async def test_a_trusted_clock_stays_trusted_when_the_network_is_cut() -> None:
    witness = Told("timedate1", None)
    clock = SystemClock("auto", witness, systemd_runs=True)
    for _ in range(5):
        await clock.look()
    assert (clock.trusted, clock.how) == (True, "timedate1")
    assert witness.asked == 1, "while the clock is not moved, nobody needs to be asked"


@pytest.mark.parametrize(("by_s", "trusted"), [(59, True), (61, False), (-61, False)])
async def test_the_first_stamp_after_a_jump_is_not_trusted(
    wall: Wall, by_s: float, trusted: bool
) -> None:
    clock = SystemClock("auto", Told("timedate1"), systemd_runs=True)
    await clock.look()
    wall.off_s = by_s
    assert clock.stamp().trusted is trusted


@pytest.mark.parametrize("by_s", [365 * 86400.0, -3600.0])
async def test_after_a_jump_somebody_has_to_vouch_again(wall: Wall, by_s: float) -> None:
    witness = Told("timedate1", None, "chrony")
    clock = SystemClock("ntp", witness, systemd_runs=True)
    await clock.look()
    wall.off_s = by_s
    await clock.look()
    assert not clock.trusted
    wall.off_s = 0.0  # set right again: no jump of a clock that is trusted
    await clock.look()
    assert (clock.trusted, clock.how) == (True, "chrony")
    assert witness.jumped == [False, True, True], "a word from before the jump does not count"
    assert clock.status() == {"trusted": True, "how": "chrony", "jumps": 1, "last_jump_s": by_s}


async def test_a_clock_that_is_set_while_a_witness_answers_waits_for_the_next_answer(
    wall: Wall,
) -> None:
    async def sets_it(_: bool) -> str:
        wall.off_s += 86400 if wall.off_s == 0 else 0
        return "timedate1"

    clock = SystemClock("ntp", sets_it, systemd_runs=True)
    await clock.look()
    assert not clock.trusted
    await clock.look()
    assert clock.trusted


async def test_a_real_time_clock_is_asked_again_after_a_jump(rtc: Path, wall: Wall) -> None:
    rtc.write_text(str(round(time.time())))
    clock = SystemClock("rtc", systemd_runs=True)
    await clock.look()
    assert clock.trusted
    wall.off_s = -3600.0
    await clock.look()
    assert not clock.trusted
    wall.off_s = 0.0
    await clock.look()
    assert clock.trusted


@pytest.mark.parametrize(("trust", "systemd_runs"), [("operator", True), ("auto", False)])
async def test_a_jump_where_nobody_is_asked_is_told_and_believed(
    wall: Wall, trust: Trust, systemd_runs: bool
) -> None:
    clock = SystemClock(trust, systemd_runs=systemd_runs)
    wall.off_s = -3600.0
    assert clock.stamp().trusted
    assert (clock.status()["jumps"], clock.status()["last_jump_s"]) == (1, -3600.0)


async def test_watching_goes_on_until_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_module, "PAUSE_S", 0.0)
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
    assert boot_id() != boot_id(), "no two runs are taken for one boot"
    assert len(boot_id()) == 32
