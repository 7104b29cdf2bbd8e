"""Guards that a supply too weak for the board is told, by files laid out as the two kernels lay them out."""

import asyncio
import logging
from pathlib import Path

import pytest

from gateway.host import power_supply
from gateway.host.power_supply import PowerSupply

FIRMWARE = "devices/platform/soc/soc:firmware/get_throttled"


def firmware_says(sysfs: Path, text: str) -> None:
    """Write the file of Raspberry Pi OS."""
    file = sysfs / FIRMWARE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def hwmon_says(sysfs: Path, text: str) -> None:
    """Write the files of a mainline kernel; another device stands before."""
    for number, name in enumerate(("cpu_thermal", "rpi_volt")):
        folder = sysfs / f"class/hwmon/hwmon{number}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "name").write_text(f"{name}\n")
    (sysfs / "class/hwmon/hwmon1/in0_lcrit_alarm").write_text(text)


def test_a_machine_that_does_not_tell_has_no_status(tmp_path: Path) -> None:
    supply = PowerSupply(tmp_path)
    supply.look()
    assert supply.status() is None


@pytest.mark.parametrize("text", ["garbage", "", "0x"])
def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path, text: str) -> None:
    firmware_says(tmp_path, text)
    supply = PowerSupply(tmp_path)
    supply.look()
    assert supply.status() is None


@pytest.mark.parametrize(
    ("text", "now", "since_boot"),
    [
        ("0\n", [], []),
        ("50005\n", ["under-voltage", "slowed down"], ["under-voltage", "slowed down"]),
        ("0x50000\n", [], ["under-voltage", "slowed down"]),
        ("80008\n", ["too hot"], ["too hot"]),
        ("20002\n", ["capped"], ["capped"]),
    ],
)
def test_the_bits_of_the_firmware_are_told_as_sentences(
    tmp_path: Path, text: str, now: list[str], since_boot: list[str]
) -> None:
    firmware_says(tmp_path, text)
    supply = PowerSupply(tmp_path)
    supply.look()
    status = supply.status()
    assert status is not None
    for said, wanted in ((status["now"], now), (status["since_boot"], since_boot)):
        assert len(said) == len(wanted)
        assert all(part in sentence for part, sentence in zip(wanted, said, strict=True))


def test_the_alarm_of_a_mainline_kernel_is_remembered_since_boot(tmp_path: Path) -> None:
    hwmon_says(tmp_path, "1\n")
    supply = PowerSupply(tmp_path)
    supply.look()
    hwmon_says(tmp_path, "0\n")
    supply.look()
    status = supply.status()
    assert status is not None
    assert status["now"] == []
    assert "under-voltage" in status["since_boot"][0]


def test_a_change_is_logged_once_each_way(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    supply = PowerSupply(tmp_path)
    with caplog.at_level(logging.INFO, "lora_gateway.power"):
        for text in ("0", "50005", "50005", "50000", "50000"):
            firmware_says(tmp_path, text)
            supply.look()
    levels = [record.levelname for record in caplog.records]
    assert levels == ["ERROR", "ERROR", "INFO"]
    assert "under-voltage" in caplog.messages[0]


async def test_watching_sees_what_comes_later_and_ends_where_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(power_supply, "LOOK_EVERY_S", 0.01)
    await PowerSupply(tmp_path / "elsewhere").watch()
    firmware_says(tmp_path, "0")
    supply = PowerSupply(tmp_path)
    watch = asyncio.create_task(supply.watch())
    firmware_says(tmp_path, "10001")
    async with asyncio.timeout(5):
        while not supply.bits:
            await asyncio.sleep(0.01)
    watch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watch
    assert supply.bits == 0x10001
