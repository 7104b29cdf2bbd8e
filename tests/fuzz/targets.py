"""Every fuzz target by its name."""

from tests.fuzz import (
    file_targets,
    list_targets,
    lorawan_targets,
    payload_targets,
    source_targets,
)
from tests.fuzz.target import TARGETS

__all__ = [
    "TARGETS",
    "file_targets",
    "list_targets",
    "lorawan_targets",
    "payload_targets",
    "source_targets",
]
