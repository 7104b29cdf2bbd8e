"""Why a codec cannot be used, as a sentence that says what to do. Pure."""

import re

NO_FUNCTION = "it has no function decodeUplink(input), Decode(fPort, bytes, variables) or Decoder(bytes, port)"

SAID_CHARACTERS_MAX = 300
"""Of what a script throws when it is run."""

_PLACE = re.compile(r"<input>:(\d+)")
_REQUIRED = re.compile(r"""\brequire\s*\(\s*["'`]([^"'`\n]{1,100})["'`]""")
_MODULE_WORD = re.compile(r"^\s*(import|export)\b")


def load_fault(codec: str, message: str) -> str:
    """The sentence for what the engine said of a codec's script; `message` as the engine words it."""
    said = message.partition("\n")[0].strip()[:SAID_CHARACTERS_MAX] or "it cannot be run"
    place = _PLACE.search(message)
    number = int(place[1]) if place else 0
    where = f"line {number}: " if number else ""
    lines = codec.splitlines()
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    word = _MODULE_WORD.match(line)
    if said.startswith("SyntaxError") and word:
        return (
            f"{where}`{word[1]}` makes it an ES module, and codecs are plain scripts; take import and"
            " export out, or bundle it into one script"
        )
    if "require is not defined" in said:
        wanted = ", ".join(sorted(set(_REQUIRED.findall(codec)))) or "another file"
        return f"{where}it requires {wanted}, and a codec has no modules; bundle it into one script"
    return f"{where}{said}"
