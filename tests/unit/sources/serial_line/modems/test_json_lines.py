"""Guards JSON lines: braces are handed on, debug output is counted, and nothing is said to the sketch."""

from collections.abc import Callable
from typing import Any

from gateway.sources.serial_line.framing.limits import JSON_BYTES_MAX
from gateway.sources.serial_line.said import Dropped, JsonLine, Ready


def test_nothing_is_said_to_it(talk: Callable[..., Any]) -> None:
    sketch = talk("json_lines").open()
    assert sketch.tells() == [Ready()]
    assert sketch.hears() == b""


def test_objects_are_handed_on_and_debug_output_is_counted(talk: Callable[..., Any]) -> None:
    assert talk("json_lines").play("""
        < Received: 12 bytes
        < {"data":"QA=="}
        < {"mac":c56e806d7cfb}
    """) == [
        Dropped("not_understood"),
        JsonLine(b'{"data":"QA=="}'),
        JsonLine(b'{"mac":c56e806d7cfb}'),
    ]


def test_lines_may_be_longer_than_those_of_other_modems(talk: Callable[..., Any]) -> None:
    sketch = talk("json_lines")
    longest = b"{" + b" " * (JSON_BYTES_MAX - 2) + b"}"
    sketch.says(longest + b"\n" + longest + b" \n")
    assert sketch.tells() == [JsonLine(longest), Dropped("lines_too_long")]
