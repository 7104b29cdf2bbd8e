"""Guards that docs/sensor-payloads.md is in step with the tables, and that its example reads as it says."""

import json
import re
import subprocess
import sys
from pathlib import Path

from decoders.registry import decoder_named

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "sensor-payloads.md"


def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "generate_docs.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_the_page_is_in_step_with_the_tables() -> None:
    check = generate("--check")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_a_page_out_of_step_is_reported_and_mended(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    good = PAGE.read_text("utf-8")
    damaged = good.replace("| u16 | 0.1 | hPa |", "| u16 | 1 | hPa |")
    assert damaged != good
    page.write_text(damaged, "utf-8")
    check = generate("--check", "--page", page)
    assert check.returncode == 1
    assert "run scripts/generate_docs.py" in check.stdout
    assert page.read_text("utf-8") == damaged
    assert generate("--page", page).returncode == 0
    assert page.read_text("utf-8") == good


def test_a_page_without_a_marker_is_not_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Empty\n", "utf-8")
    assert generate("--page", page).returncode == 1
    assert page.read_text("utf-8") == "# Empty\n"


def test_the_example_of_the_page_reads_as_it_says() -> None:
    text = PAGE.read_text("utf-8")
    payload = re.search(r"^    (01( [0-9a-f]{4})+)$", text, re.MULTILINE)
    fields = re.search(r"```json\n(.*?)\n```", text, re.DOTALL)
    assert payload
    assert fields
    (reading,) = decoder_named("air_quality").decode(20, bytes.fromhex(payload[1]), None)
    assert reading.fields == json.loads(fields[1])


def test_the_example_of_the_readme_reads_as_it_says() -> None:
    text = (ROOT / "decoders" / "README.md").read_text("utf-8")
    example = re.search(r"```python\n(.*?)\n```", text, re.DOTALL)
    assert example
    names: dict[str, object] = {}
    program = example[1].replace("# readings[0]", "same = readings[0]")
    exec(program, names)  # noqa: S102 - the point of the test
    assert names["same"] is True
