"""Guards docs/adding-a-decoder.md by following it: in a copy of the checkout, block by block, as it is written."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-decoder.md").read_text("utf-8")
BLOCKS = re.findall(r"\*\*`\./([^`]+)`\*\*\n\n```(python|json|diff)\n(.*?)```", PAGE, re.DOTALL)
COPIED = ("decoders", "docs", "scripts", "tests/data/vendors", "tests/unit/decoders/vendors")


def patched(text: str, diff: str) -> str:
    """The text with each line of `+` put after the line before it."""
    after = ""
    for line in diff.splitlines():
        if line.startswith("+"):
            assert text.count(after + "\n") == 1, after
            text = text.replace(after + "\n", f"{after}\n{line[1:]}\n")
        after = line[1:]
    return text


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in COPIED:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(checkout: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=checkout, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_adds_a_decoder_that_passes_the_tests_of_all(checkout: Path) -> None:
    assert [kind for _, kind, _ in BLOCKS] == ["python", "python", "diff", "json"]
    for name, kind, content in BLOCKS:
        file = checkout / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(patched(file.read_text("utf-8"), content) if kind == "diff" else content)
    run(checkout, "scripts/generate_docs.py")
    assert "`example_th1`" in (checkout / "docs" / "supported-devices.md").read_text("utf-8")
    said = run(
        checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/decoders",
        "-k", "example_th1",
    )  # fmt: skip
    vectors = BLOCKS[-1][2].count("\n")
    assert int(re.findall(r"(\d+) passed", said)[0]) > 2 * vectors
