"""The unit that is shipped: systemd's own tools find no fault in it, and it says what the program relies on."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from gateway.cli import EXIT_CONFIG
from gateway.host.clock import BOOT_ID_VARIABLE

SYSTEMD = Path(__file__).parents[1] / "deploy" / "systemd"
UNIT = SYSTEMD / "lora-gateway.service"
EXPOSURE_MAX = 1.6

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def lines(key: str) -> list[str]:
    """The values of a key of the unit, in order."""
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.MULTILINE)


@needs_systemd
def test_systemd_finds_no_fault_in_the_unit() -> None:
    run = subprocess.run(
        ["systemd-analyze", "verify", str(UNIT)], capture_output=True, text=True, check=False
    )
    complaints = [
        line
        for line in run.stderr.splitlines()
        if "is not executable" not in line  # the program is not installed here
    ]
    assert complaints == []


@needs_systemd
def test_the_service_is_confined() -> None:
    run = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", run.stdout)
    assert found
    assert float(found[1]) < EXPOSURE_MAX


def test_the_unit_says_what_the_program_relies_on() -> None:
    assert lines("Type") == ["notify"]
    assert lines("Restart") == ["always"]
    assert lines("RestartPreventExitStatus") == [str(EXIT_CONFIG)]
    assert lines("StateDirectory") == lines("RuntimeDirectory") == ["lora-gateway"]
    assert lines("StateDirectoryMode") == ["2770"]
    assert lines("UMask") == ["0007"]
    assert lines("LimitCORE") == ["0"]
    assert lines("TimeoutStartSec") == ["900"]
    assert f"{BOOT_ID_VARIABLE}=%b" in lines("Environment")
    assert int(lines("WatchdogSec")[0]) > 0
    (start,) = lines("ExecStart")
    assert start.endswith("lora-gateway run --config /etc/lora-gateway/gateway.toml")


def test_user_and_folders_are_those_of_the_unit() -> None:
    (user,) = re.findall(r"^u +(\S+)", (SYSTEMD / "sysusers.d/lora-gateway.conf").read_text(), re.M)
    assert lines("User") == lines("Group") == [user]
    folders = dict(
        re.findall(
            r"^d +(\S+) +(\S+)", (SYSTEMD / "tmpfiles.d/lora-gateway.conf").read_text(), re.M
        )
    )
    assert folders == {
        "/var/lib/lora-gateway": lines("StateDirectoryMode")[0],
        "/etc/lora-gateway": lines("ConfigurationDirectoryMode")[0],
    }


def pins(name: str) -> dict[str, str]:
    """Versions by normalised name of what a file of requirements pins."""
    text = (SYSTEMD.parents[1] / name).read_text(encoding="utf-8")
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in found}


def test_what_is_installed_by_hash_is_what_was_tested() -> None:
    project = tomllib.loads((SYSTEMD.parents[1] / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[<>=;\[]", each)[0].strip() for each in project["dependencies"]}
    locked, tested = pins("requirements.txt"), pins("constraints.txt")
    assert wanted <= set(locked), "run scripts/lock"
    differing = {name for name, version in locked.items() if tested.get(name) != version}
    assert differing <= {"colorama"}, "run scripts/lock"  # Windows alone needs it


def test_everything_that_is_installed_has_hashes() -> None:
    text = (SYSTEMD.parents[1] / "requirements.txt").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z])", text)[1:]
    assert len(blocks) == len(pins("requirements.txt"))
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
