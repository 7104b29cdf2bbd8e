"""The kept corpus: inputs that reach something no other input reaches, one in hex a line, shortest first.

One text file a target, so that what a run has found can be read and reviewed as a change like any other.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


def kept(name: str) -> list[bytes]:
    """The kept inputs of a target; none when it is new."""
    file = FOLDER / f"{name}.txt"
    return [bytes.fromhex(line) for line in file.read_text().splitlines()] if file.exists() else []


def keep(name: str, inputs: Iterable[bytes]) -> int:
    """Make these the kept inputs; how many there are."""
    lines = [data.hex() for data in sorted(set(inputs), key=lambda data: (len(data), data)) if data]
    (FOLDER / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
    return len(lines)


def unpack(inputs: Iterable[bytes], folder: Path) -> None:
    """Files for libFuzzer, one an input."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in inputs:
        (folder / sha256(data).hexdigest()[:16]).write_bytes(data)


def pack(folder: Path) -> list[bytes]:
    """The inputs of a folder."""
    return [file.read_bytes() for file in folder.iterdir()]
