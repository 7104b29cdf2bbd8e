"""Whether a real-time clock agrees with the wall clock: files as sysfs has them. What follows: test_clock.py."""

import time
from pathlib import Path

import pytest

from gateway.host import rtc as rtc_module
from gateway.host.rtc import agreeing_rtc


async def test_one_that_agrees_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(rtc_module, "RTC_FOLDER", tmp_path)
    for name, seconds in (("rtc0", 0), ("rtc1", round(time.time()))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "since_epoch").write_text(f"{seconds}\n")
    assert await agreeing_rtc(False) == "rtc"
    (tmp_path / "rtc1" / "since_epoch").write_text("0\n")
    assert await agreeing_rtc(False) is None


async def test_a_machine_without_the_folder_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rtc_module, "RTC_FOLDER", tmp_path / "absent")
    assert await agreeing_rtc(False) == "rtc, not seen"
