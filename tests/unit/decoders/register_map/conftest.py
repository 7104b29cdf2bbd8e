"""Maps as TOML text, and decoders of them."""

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from decoders.contract import Decoder
from decoders.register_map.loading import WrongMap, decoder_of


@pytest.fixture
def read() -> Callable[[str], Decoder]:
    return lambda text: decoder_of(tomllib.loads(text), "maps/test.toml")


@pytest.fixture
def faults() -> Callable[[str], dict[str, tuple[Any, str]]]:
    """(value, remedy) by key, of a map that is wrong."""

    def found(text: str) -> dict[str, tuple[Any, str]]:
        with pytest.raises(WrongMap) as wrong:
            decoder_of(tomllib.loads(text), "maps/test.toml")
        return {fault.key: (fault.value, fault.remedy) for fault in wrong.value.faults}

    return found
