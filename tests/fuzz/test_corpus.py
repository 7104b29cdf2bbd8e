"""Guards every parser against the inputs that fuzzing has found worth keeping, and against its seeds.

The fuzzer itself runs with scripts/fuzz; what it once found stays here. A target raises what it does not declare.
"""

import pytest

from tests.fuzz.corpus import FOLDER, kept
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_every_kept_input_and_every_seed_is_taken(name: str) -> None:
    inputs = [*TARGETS[name].seeds(), *kept(name)]
    assert len(inputs) > 1
    for data in inputs:
        TARGETS[name].take(data)


def test_every_corpus_belongs_to_a_target() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(TARGETS)
