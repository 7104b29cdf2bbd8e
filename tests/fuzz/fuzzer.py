#!/usr/bin/env python
"""One fuzz target in one process, guided by coverage (atheris): FUZZ_TARGET=NAME fuzzer.py [libFuzzer arguments].

Ends with libFuzzer's exit code: 0 when the time was up, another when an input made the target raise, hang or
grow; that input is then in a file of the folder that -artifact_prefix names. Executable, and without an argument
of its own, because libFuzzer runs it again by its name when it merges a corpus.
"""

import os
import sys

import atheris

with atheris.instrument_imports(include=["gateway", "decoders"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until the arguments say stop. Does not return."""
    atheris.Setup(sys.argv, TARGETS[os.environ["FUZZ_TARGET"]].take)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
