"""The proofs that take long, one after the other, each with its progress, and a table of what came of them.

scripts/long --minutes 60 --power-cuts 1500 --fuzz-seconds 120 --soaks 1

power cuts    the store on a disk that loses and tears what was not synced, cut at so many places
fuzzers       every parser of bytes from outside, so many seconds each
soak          so many minutes of random faults, each with a seed of its own
"""

import argparse
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
POWER_CUT_TESTS = ("tests/integration/store/test_power_cut.py",)
LAST_LINES = 15
"""Shown of a proof that failed."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One command."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def proofs(given: argparse.Namespace) -> Iterator[Proof]:
    """All that was asked for."""
    python = sys.executable
    if given.power_cuts:
        cuts = {"POWER_CUTS": str(given.power_cuts)}
        yield Proof(
            f"{given.power_cuts:,} power cuts",
            (python, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", *POWER_CUT_TESTS),
            cuts,
        )
    if given.fuzz_seconds:
        yield Proof(
            f"fuzzers, {given.fuzz_seconds} s each",
            (str(ROOT / "scripts" / "fuzz"), "--seconds", str(given.fuzz_seconds)),
        )
    for number in range(given.soaks):
        seed = given.seed + number
        more = ("--report", str(given.report)) if given.report and number == given.soaks - 1 else ()
        yield Proof(
            f"soak, {given.minutes:g} min, seed {seed}",
            (python, "-m", "hil.scenarios.soak", "--minutes", str(given.minutes), "--seed", str(seed), *more),
        )  # fmt: skip


def run(proof: Proof, console: Console) -> tuple[bool, str, float]:
    """Whether it held, its last words, and how long it took. Its output passes by as it comes."""
    console.rule(proof.name)
    began = time.monotonic()
    last: deque[str] = deque(maxlen=LAST_LINES)
    with subprocess.Popen(
        proof.command, cwd=ROOT, env={**os.environ, **proof.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip():
                last.append(line.strip())
                console.print(line.rstrip(), markup=False, highlight=False)
    return process.returncode == 0, last[-1] if last else "", time.monotonic() - began


def main() -> None:
    """Run them all; exit code 1 when one did not hold."""
    parser = argparse.ArgumentParser(
        prog="scripts/long",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--power-cuts", type=int, default=1500, metavar="N", help="0 leaves them out"
    )
    parser.add_argument(
        "--fuzz-seconds", type=int, default=60, metavar="N", help="0 leaves them out"
    )
    parser.add_argument("--soaks", type=int, default=1, metavar="N", help="0 leaves them out")
    parser.add_argument("--minutes", type=float, default=60.0, help="of each soak")
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--report", type=Path, metavar="FILE", help="of the last soak, as markdown")
    given = parser.parse_args()
    console = Console()
    table = Table("proof", "result", "took", "last words")
    good = True
    for proof in proofs(given):
        held, words, took_s = run(proof, console)
        good = good and held
        result = "[green]held[/]" if held else "[red]did NOT hold[/]"
        table.add_row(proof.name, result, f"{took_s / 60:.1f} min", words)
    console.print(table)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
