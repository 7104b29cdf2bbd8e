"""Guards the hints on a codec's text: each has its line, and what a comment says is no code."""

import pytest

from decoders.javascript.hints import THINGS_STACK_BYTES, TS013_BYTES, hints

PLAIN = "function decodeUplink(input) {\n  return { data: { t: input.bytes[0] } };\n}\n"


def test_a_plain_codec_has_none() -> None:
    assert list(hints(PLAIN)) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("x = n.toLocaleString('en');", "locale"),
        ("x = new Intl.NumberFormat();", "Intl"),
        ("const c = require('crypto');", "modules"),
        ("setTimeout(f, 1);", "timers"),
        ("async function f() {}", "Promise"),
        ("new TextDecoder();", "TextDecoder"),
        ("Buffer.from(bytes);", "The Things Stack"),
        ("const now = new Date();", "input.recvTime"),
        ("const now = Date.now();", "input.recvTime"),
        ("const id = Math.random();", "random"),
    ],
)
def test_what_hosts_differ_in_is_told_with_its_line(line: str, says: str) -> None:
    (hint,) = hints(f"{PLAIN}{line}\n{line}\n")
    assert hint.startswith("line 4: it ")
    assert says in hint


def test_comments_and_dates_of_the_payload_are_no_matter() -> None:
    assert not list(hints("// require('x')\n/* Math.random()\n */\nnew Date(input.recvTime);"))
    assert not list(hints('var page = "https://example.org/a";'))


def test_length_is_told_where_other_hosts_end() -> None:
    assert not list(hints(" " * THINGS_STACK_BYTES))
    assert "The Things Stack takes 40" in next(hints(" " * (THINGS_STACK_BYTES + 1)))
    assert "take 64" in next(hints(" " * (TS013_BYTES + 1)))
