"""`lora-gateway demo`: readings of all three families within seconds, and no process is left, however it ends."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.system.daemon import ENVIRONMENT, PROGRAM, run
from tests.system.waiting import until

pytestmark = pytest.mark.slow

FAMILIES = ("air_quality", "energy", "cctv_health")


def test_the_demo_gives_readings_of_all_families_and_leaves_no_process(tmp_path: Path) -> None:
    done = run("demo", "--seconds", "15", "--json", "--folder", str(tmp_path))

    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["balanced"]
    assert summary["folder"] == str(tmp_path)
    assert summary["frames"]["outcomes"]["uplink"] >= 9
    assert set(summary["frames"]["by_source"]) == {"semtech_udp", "serial_line"}
    config = str(tmp_path / "gateway.toml")
    for family in FAMILIES:
        answer = run("query", family, "--config", config, "--json")
        assert json.loads(answer.stdout)["points"], family
    assert processes_of(tmp_path) == []


def test_the_devices_of_a_killed_demo_end_too(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [PROGRAM, "demo", "--json", "--folder", tmp_path],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    try:
        until(lambda: len(processes_of(tmp_path)) == 2, "the demo and its devices")
        until((tmp_path / "gateway.toml").exists, "the devices are ready")
    finally:
        demo.kill()
        demo.wait()

    until(lambda: not processes_of(tmp_path), "no process left", timeout_s=10)


def processes_of(folder: Path) -> list[int]:
    """Processes that were started with this folder as an argument."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:  # it has ended
            continue
        if str(folder).encode() in arguments:
            found.append(int(path.parent.name))
    return found
