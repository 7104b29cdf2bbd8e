#!/usr/bin/env python3
"""Write config/gateway.toml from the samples that stand beside the code they configure.

scripts/generate_config.py            writes the file
scripts/generate_config.py --check    writes nothing, exits 1 when the file is out of step
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from gateway.registry import SINKS, SOURCES

ROOT = Path(__file__).parents[1]
FILE = ROOT / "config" / "gateway.toml"

HEAD = """\
## Every key there is. Lines with one # are defaults: take the # away to change one. Of the [[sources.*]] and
## [[sinks.*]] keep those you have and take out the rest; each may stand several times, each with a name.
##
## This file is generated: scripts/generate_config.py. Check yours: lora-gateway check --config FILE
"""


def main() -> int:
    """Write or check the file; exit code 1 when `--check` finds a difference."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument(
        "--check", action="store_true", help="write nothing, exit 1 if out of step"
    )
    options = arguments.parse_args()
    wanted = "\n".join([HEAD, *(sample.read_text(encoding="utf-8") for sample in samples())])
    if FILE.exists() and FILE.read_text(encoding="utf-8") == wanted:
        return 0
    if options.check:
        print(f"{FILE} is out of step with the samples: run scripts/generate_config.py")
        return 1
    FILE.write_text(wanted, encoding="utf-8")
    return 0


def samples() -> list[Path]:
    """The sample of the gateway's own sections, then one for each kind of source and sink."""
    folders = [
        ROOT.joinpath(*entry.section.partition(":")[0].split(".")[:-1])
        for entry in (*SOURCES.values(), *SINKS.values())
    ]
    return [ROOT / "gateway" / "config" / "sample.toml"] + [
        folder / "sample.toml" for folder in folders
    ]


if __name__ == "__main__":
    sys.exit(main())
