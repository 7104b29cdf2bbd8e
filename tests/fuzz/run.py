"""Fuzz every target for some seconds, several at once, and end with a table: scripts/fuzz [--help].

each target begins with its seeds and the kept corpus   tests/fuzz/corpus/TARGET.txt
--keep                                                  adds what reached something new, minimised
a finding                                               is printed with its traceback and input, exit 1
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.corpus import keep, kept, pack, unpack
from tests.fuzz.targets import TARGETS

FUZZER = Path(__file__).with_name("fuzzer.py")
ROOT = Path(__file__).parents[2]
INPUT_BYTES_MAX = 4096
ONE_INPUT_S_MAX = 10
MEMORY_MB_MAX = 1024


@dataclass
class Run:
    """How one target fared."""

    name: str
    inputs: int
    """Inputs tried."""
    corpus: int
    """Inputs that reached something of their own."""
    finding: str = ""


def fuzz(name: str, seconds: int, keeping: bool) -> Run:
    """Fuzz one target in a process of its own."""
    with TemporaryDirectory(prefix=f"fuzz-{name}-") as folder:
        corpus, found = Path(folder, "corpus"), Path(folder, "found")
        found.mkdir()
        unpack([*kept(name), *TARGETS[name].seeds()], corpus)
        ended = _libfuzzer(
            name, f"-max_total_time={seconds}", f"-max_len={INPUT_BYTES_MAX}",
            f"-timeout={ONE_INPUT_S_MAX}", f"-rss_limit_mb={MEMORY_MB_MAX}",
            f"-artifact_prefix={found}/", "-print_final_stats=1", str(corpus),
        )  # fmt: skip
        tried = re.search(r"stat::number_of_executed_units: (\d+)", ended.stderr)
        run = Run(name, int(tried[1]) if tried else 0, len(list(corpus.iterdir())))
        if ended.returncode != 0 or not run.inputs:
            run.finding = _finding(ended, found)
        elif keeping:
            run.corpus = keep(name, _minimised(name, corpus, Path(folder, "least")))
        return run


def _libfuzzer(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(FUZZER), *arguments],
        capture_output=True, text=True, errors="replace", check=False, cwd=ROOT,
        env={**os.environ, "FUZZ_TARGET": name, "PATH": path, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def _minimised(name: str, corpus: Path, least: Path) -> list[bytes]:
    least.mkdir()
    _libfuzzer(name, "-merge=1", f"-max_len={INPUT_BYTES_MAX}", str(least), str(corpus))
    return pack(least)


def _finding(ended: subprocess.CompletedProcess[str], found: Path) -> str:
    text = ended.stdout + ended.stderr
    start = max(text.find("Uncaught Python exception"), text.find("Traceback"), 0)
    inputs = "\n".join(f"input in hex: {data.hex()}" for data in pack(found))
    return f"{text[start:][-4000:]}\n{inputs}"


def main() -> int:
    """Fuzz what was asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__.splitlines()[0])
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; else all"
    )
    parser.add_argument("--seconds", type=int, default=10, help="for each target (10)")
    parser.add_argument("--keep", action="store_true", help="add what is new to the kept corpus")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at a time")
    asked = parser.parse_args()
    unknown = set(asked.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    names = asked.targets or list(TARGETS)
    print(f"{len(names)} targets, {asked.seconds} s each, {asked.jobs} at a time", flush=True)
    print(f"{'target':<24}{'inputs':>12}{'corpus':>9}  finding", flush=True)
    failed = 0
    with ThreadPoolExecutor(asked.jobs) as pool:
        for run in pool.map(lambda name: fuzz(name, asked.seconds, asked.keep), names):
            verdict = "FOUND, see below" if run.finding else "none"
            print(f"{run.name:<24}{run.inputs:>12,}{run.corpus:>9,}  {verdict}", flush=True)
            if run.finding:
                failed += 1
                print(run.finding, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
