"""What is worth knowing of a codec's text before it is relied on, as sentences. Pure; guesses, not faults."""

import re
from collections.abc import Iterator

THINGS_STACK_BYTES = 40 * 1024
"""The Things Stack takes no longer script in a device's settings."""
TS013_BYTES = 64 * 1024
"""The limit that makers of TS013 hosts name."""

_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", re.DOTALL)
_WORDS = {
    r"\bIntl\.": "uses Intl, which is not here",
    r"\.toLocale\w*String\s*\(\s*[^)\s]": (
        "formats by locale, which every host does otherwise; write the digits that are meant"
    ),
    r"\brequire\s*\(": "calls require; there are no modules here, so what needs them throws",
    r"\b(?:setTimeout|setInterval|fetch|XMLHttpRequest)\s*\(": (
        "uses timers or the network; there are none here"
    ),
    r"\basync\s|\bawait\s": "is asynchronous; a codec must return its answer, a Promise is refused",
    r"\bTextDecoder\b": "uses TextDecoder, which is not here; String.fromCharCode and Buffer are",
    r"\bBuffer\b": "uses Buffer, which is here and in ChirpStack, and not in The Things Stack",
    r"\bnew Date\(\s*\)|\bDate\.now\s*\(": (
        "asks the clock; input.recvTime is the time of the uplink, also of one that is decoded later"
    ),
    r"\bMath\.random\s*\(": "asks for random numbers; the same payload gives other values each time",
}
"""What is looked for, and what is said of the first line that has it."""


def hints(codec: str) -> Iterator[str]:
    """The sentences."""
    size = len(codec.encode())
    if size > TS013_BYTES:
        yield f"it has {size // 1024} KiB; other hosts of TS013 codecs take 64"
    elif size > THINGS_STACK_BYTES:
        yield f"it has {size // 1024} KiB; The Things Stack takes 40 in a device's settings"
    code = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), codec)
    for pattern, sentence in _WORDS.items():
        place = re.search(pattern, code)
        if place is not None:
            line = code.count("\n", 0, place.start()) + 1
            yield f"line {line}: it {sentence}"
