"""Guards the vocabulary: names are a public interface, with one unit and one type each, wherever they occur."""

import re

from decoders.quantities import LAYOUTS, QUANTITIES
from decoders.registry import DECODERS

UNIT_OF_SUFFIX = {
    "_c": "°C", "_pct": "%", "_v": "V", "_a": "A", "_w": "W", "_wh": "Wh", "_hz": "Hz", "_ppm": "ppm",
    "_ppb": "ppb", "_ug_m3": "µg/m³", "_hpa": "hPa", "_lx": "lx", "_h": "h", "_s": "s", "_ms": "ms",
    "_kbps": "kbit/s", "_fps": "frames/s", "_dba": "dB(A)", "_var": "var", "_va": "VA",
}  # fmt: skip


def test_the_vocabulary_is_what_the_city_families_can_give() -> None:
    assert len(QUANTITIES) == 23 + 15 + 18 - 1  # `tamper` is in two families
    assert set(QUANTITIES) == {q.name for layout in LAYOUTS for q in layout.quantities}


def test_a_name_in_two_city_families_is_the_same_quantity() -> None:
    for layout in LAYOUTS:
        for quantity in layout.quantities:
            assert QUANTITIES[quantity.name] == quantity


def test_a_name_has_one_unit_and_one_type_in_all_decoders() -> None:
    meanings: dict[str, set[tuple[str, str]]] = {}
    for decoder in DECODERS.values():
        for quantity in decoder.quantities:
            meanings.setdefault(quantity.name, set()).add((quantity.unit, quantity.type))
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


def test_a_number_has_its_unit_in_its_name() -> None:
    without = {q.name for q in QUANTITIES.values() if q.type == "float" and not q.unit}
    assert without == {"power_factor", "reboots"}
    for quantity in QUANTITIES.values():
        if quantity.unit:
            suffix = max((s for s in UNIT_OF_SUFFIX if quantity.name.endswith(s)), key=len)
            assert quantity.unit.removesuffix("RH") == UNIT_OF_SUFFIX[suffix], quantity.name


def test_names_are_lower_case_words() -> None:
    for name in QUANTITIES:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)


def test_flags_have_neither_unit_nor_range() -> None:
    for quantity in QUANTITIES.values():
        if quantity.type == "bool":
            assert (quantity.unit, quantity.low, quantity.high) == ("", None, None)
