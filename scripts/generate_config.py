#!/usr/bin/env python3
"""Bring the samples that stand beside the code to where people look: config/gateway.toml and the plugins' pages.

scripts/generate_config.py            writes what is out of step
scripts/generate_config.py --check    writes nothing, exits 1 when something is out of step
"""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from gateway.registry import SINKS, SOURCES

ROOT = Path(__file__).parents[1]
FILE = ROOT / "config" / "gateway.toml"
OWN_SAMPLE = ROOT / "gateway" / "config" / "own_sections.toml"

HEAD = """\
## Every key there is. Lines with one # are defaults: take the # away to change one. Of the [[sources.*]] and
## [[sinks.*]] keep those you have and take out the rest; each may stand several times, each with a name.
##
## This file is generated: scripts/generate_config.py. Check yours: lora-gateway check --config FILE
"""

MARK = "<!-- sample.toml, kept in step by scripts/generate_config.py -->\n"
QUOTED = re.compile(re.escape(MARK) + r"```toml\n.*?```\n", re.DOTALL)


def main() -> int:
    """Write or check; exit code 1 when `--check` finds a difference."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument(
        "--check", action="store_true", help="write nothing, exit 1 if out of step"
    )
    options = arguments.parse_args()
    code = 0
    for path, wanted in wanted_files().items():
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        if options.check:
            print(f"{path} is out of step with the samples: run scripts/generate_config.py")
            code = 1
        else:
            path.write_text(wanted, encoding="utf-8")
    return code


def wanted_files() -> dict[Path, str]:
    """What each generated file should hold."""
    folders = [
        ROOT.joinpath(*entry.section.partition(":")[0].split(".")[:-1])
        for entry in (*SOURCES.values(), *SINKS.values())
    ]
    samples = [(folder / "sample.toml").read_text(encoding="utf-8") for folder in folders]
    own = OWN_SAMPLE.read_text(encoding="utf-8")
    pages = {
        folder / "README.md": with_sample(
            (folder / "README.md").read_text(encoding="utf-8"), sample
        )
        for folder, sample in zip(folders, samples, strict=True)
        if (folder / "README.md").exists()
    }
    return {FILE: "\n".join([HEAD, own, *samples]), **pages}


def with_sample(page: str, sample: str) -> str:
    """The page with the sample where it is marked, at its end when it has none yet."""
    quoted = f"{MARK}```toml\n{sample.rstrip()}\n```\n"
    if QUOTED.search(page):
        return QUOTED.sub(lambda _: quoted, page)
    if sample.strip() in page:
        return page
    return f"{page.rstrip()}\n\n## Sample\n\n{quoted}"


if __name__ == "__main__":
    sys.exit(main())
