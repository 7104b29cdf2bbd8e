"""Sentences for codecs that cannot be used: each names the line, and what to do where that is known."""

import pytest

from decoders.javascript.faults import SAID_CHARACTERS_MAX, load_fault


@pytest.mark.parametrize(
    ("codec", "said", "sentence"),
    [
        (
            "// by hand\nexport function decodeUplink() {}",
            "SyntaxError: unsupported keyword: export\n    at <input>:2:1\n",
            "line 2: `export` makes it an ES module",
        ),
        (
            "import { x } from 'y'",
            "SyntaxError: Unexpected identifier 'x'\n    at <input>:1:8\n",
            "line 1: `import` makes it an ES module",
        ),
        (
            "var c = require('crypto');\nvar d = require(\"./table.js\")",
            "ReferenceError: require is not defined\n    at <eval> (<input>:1:9)\n",
            "line 1: it requires ./table.js, crypto, and a codec has no modules",
        ),
        (
            "var c = require(name)",
            "ReferenceError: require is not defined\n    at <eval> (<input>:1:9)\n",
            "it requires another file",
        ),
        (
            "function f( {",
            "SyntaxError: function name expected\n    at <input>:1:10\n",
            "line 1: SyntaxError: function name expected",
        ),
        ("throw 'no'", "no\nundefined", "no"),
        ("", "", "it cannot be run"),
        ("x", "Error: y\n    at <input>:99:1", "line 99: Error: y"),
    ],
)
def test_the_sentence_says_where_and_what(codec: str, said: str, sentence: str) -> None:
    assert load_fault(codec, said).startswith(sentence) or sentence in load_fault(codec, said)


def test_a_long_message_is_cut() -> None:
    assert len(load_fault("x", "e" * 10_000)) == SAID_CHARACTERS_MAX
