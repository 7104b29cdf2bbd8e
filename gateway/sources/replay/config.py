"""`[[sources.replay]]`: which recording is replayed."""

from pathlib import Path

from pydantic import ValidationInfo, field_validator

from gateway.settings import SourceSection


class ReplaySection(SourceSection):
    """The keys of one recording."""

    path: Path
    """A file of JSON lines; relative to the folder of the file this is written in."""

    @field_validator("path")
    @classmethod
    def _from_base(cls, value: Path, info: ValidationInfo) -> Path:
        return Path(info.context["base"]) / value if info.context else value
