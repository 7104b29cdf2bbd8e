"""Guards docs/adding-a-codec.md by following it: in an empty folder, block by block, as it is written.

Files are written as the page has them, commands are run as it shows them, and each line of output that it shows
has to come, in that order; `...` stands for anything.
"""

import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adding-a-codec.md").read_text("utf-8")
OWN = PAGE.partition("## A codec of your own")[2].partition("\n## Vectors")[0]
BLOCKS = re.findall(r"(?:\*\*`\./([^`]+)`\*\*\n\n)?```(\w+)\n(.*?)```", OWN, re.DOTALL)
PROGRAM = (sys.executable, "-c", "from gateway.cli import main; main()")
PATIENCE_S = 60.0


def command(line: str) -> list[str]:
    """A command of the page as arguments."""
    name, *arguments = shlex.split(line)
    assert name == "lora-gateway"
    return [*PROGRAM, *arguments]


def run(folder: Path, block: str) -> str:
    """The output of a block's commands; each has to be good."""
    out = ""
    for line in block.splitlines():
        done = subprocess.run(
            command(line), cwd=folder, capture_output=True, text=True, timeout=120, check=False,
            env={"PYTHONPATH": str(ROOT), "COLUMNS": "300", "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert done.returncode == 0, line + "\n" + done.stdout + done.stderr
        out += done.stdout
    return out


def compare(shown: str, out: str) -> None:
    """Every line that is shown, in order."""
    rest = iter(out.splitlines())
    for line in shown.splitlines():
        pattern = re.compile(re.escape(line).replace(re.escape("..."), ".*"))
        assert any(pattern.fullmatch(told) for told in rest), f"{line}\nis not in\n{out}"


def run_until_stored(folder: Path, block: str) -> None:
    """Run the daemon until the reading of the page is there, then end it as Ctrl-C does."""
    (line,) = block.splitlines()
    query = [*PROGRAM, "query", "air_quality", "--config", "gateway.toml", "--json"]
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command(line), cwd=folder, env=env, stderr=subprocess.DEVNULL) as daemon:
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends and daemon.poll() is None:
            found = subprocess.run(
                query, cwd=folder, env=env, capture_output=True, text=True, check=False
            )
            if "pm2_5_ug_m3" in found.stdout:
                break
        daemon.send_signal(signal.SIGINT)
        assert daemon.wait(PATIENCE_S) == 0


def test_the_page_adds_a_codec_whose_readings_are_stored(tmp_path: Path) -> None:
    out = ""
    kinds = [kind for _, kind, _ in BLOCKS]
    assert (kinds.count("sh"), kinds.count("text"), kinds.count("js")) == (8, 6, 1)
    for name, kind, content in BLOCKS:
        if name:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(content, encoding="utf-8")
        elif kind == "text":
            compare(content, out)
        elif " run " in content:
            run_until_stored(tmp_path, content)
        else:
            out = run(tmp_path, content)


def test_the_other_commands_of_the_page_do_what_it_says(tmp_path: Path) -> None:
    last = PAGE.partition("## The city's formats for others")[2]
    (block,) = re.findall(r"```sh\n(.*?)```", last, re.DOTALL)
    run(tmp_path, block)
    assert {path.name for path in tmp_path.iterdir()} == {"air_quality.js", "air_quality.h"}
    short = re.findall(r'```json\n(\{"fPort".*?\})\n```', PAGE, re.DOTALL)
    (script,) = (content for _, kind, content in BLOCKS if kind == "js")
    (tmp_path / "example-pm.js").write_text(script, encoding="utf-8")
    (tmp_path / "examples.json").write_text(short[0], encoding="utf-8")
    assert "1 of 1 pass" in run(tmp_path, "lora-gateway codec test example-pm.js")
