"""What a fuzz target is, the table of them, and the samples that they begin with."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.model import Stamp

DATA = Path(__file__).parents[1] / "data"
NOW = Stamp(1_790_000_000_000_000_000, 1_000_000_000, trusted=True)


@dataclass(frozen=True)
class Target:
    """One parser of bytes from outside."""

    take: Callable[[bytes], None]
    """Returns, whatever it is given: what its parser declares is caught in it. Anything else is a finding."""
    seeds: Callable[[], Iterator[bytes]]
    """Good inputs, so that the fuzzer begins where the format is."""


TARGETS: dict[str, Target] = {}


def target(
    seeds: Callable[[], Iterator[bytes]],
) -> Callable[[Callable[[bytes], None]], Callable[[bytes], None]]:
    """Put a function into the table under its name."""

    def put(take: Callable[[bytes], None]) -> Callable[[bytes], None]:
        TARGETS[take.__name__] = Target(take, seeds)
        return take

    return put


def samples(name: str) -> Iterator[dict[str, object]]:
    """The samples of one file of tests/data, one a line."""
    with (DATA / name).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
