"""Guards the words of Decentlab's tables: lines, ratios and curves, with numbers worked out by hand."""

from collections.abc import Callable

import pytest

from decoders.findings import Findings
from decoders.vendors.decentlab.words import Curve, Item, ratio, signed, wide, word


def read(item: Item, *words: int, first: int = 0) -> Findings:
    findings = Findings()
    item.take_words()(words, first, findings)
    return findings


@pytest.mark.parametrize(
    ("item", "words", "fields"),
    [
        (word("battery_v", 0, "0.001"), (3168,), {"battery_v": 3.168}),
        (signed("temperature_c", 1, "0.01"), (0, 32767), {"temperature_c": -0.01}),
        (signed("temperature_c", 0, "1/16"), (33118,), {"temperature_c": 21.875}),
        (wide("counter", 0), (0x0001, 0x8000), {"counter": 2147483649.0}),
        (ratio("ai_v", 0, "3"), (0x0000, 0x0080), {"ai_v": 0.0}),
        (ratio("ai_v", 0, "3"), (0x0000, 0x0100), {"ai_v": 3.0}),
        (ratio("ai_v", 0, "3"), (0x0000, 0x0040), {"ai_v": -1.5}),
    ],
)
def test_a_line_gives_the_exact_value(
    item: Item, words: tuple[int, ...], fields: dict[str, float]
) -> None:
    assert read(item, *words).fields == fields
    assert read(item, 9, *words, first=1).fields == fields


def nothing(_: int) -> None:
    return None


def fails(raw: int) -> float:
    return 1 / (raw - raw)


def far(_: int) -> float:
    return 1e9


@pytest.mark.parametrize(
    ("function", "unread"),
    [(nothing, {}), (fails, {"temperature_c": "fault"}), (far, {"temperature_c": "out_of_range"})],
)
def test_a_curve_without_a_value_gives_none(
    function: Callable[[int], float | None], unread: dict[str, str]
) -> None:
    findings = read(Curve("temperature_c", 1, function), 7)
    assert findings.fields == {}
    assert findings.unread == unread
