"""Guards the table of spellings: each in its own clean form, of a quantity that exists, without contradiction."""

from decoders.normalise.names import clean
from decoders.normalise.spellings import BY_RANGE, CERTAIN, IF_UNIT_IS_SAID, WITH_UNIT, WITHOUT_UNIT
from decoders.quantities import QUANTITIES, quantity_named

WORDS = [
    word
    for table in (CERTAIN, IF_UNIT_IS_SAID)
    for words in table.values()
    for word in words.split()
]


def test_spellings_are_clean_names() -> None:
    assert [word for word in [*WORDS, *WITHOUT_UNIT] if clean((word,)) != word] == []


def test_spellings_stand_for_quantities_that_exist() -> None:
    names = {*CERTAIN, *BY_RANGE, *IF_UNIT_IS_SAID}
    assert names <= set(QUANTITIES)


def test_a_spelling_without_a_unit_stands_for_one_quantity() -> None:
    words = [word for words in CERTAIN.values() for word in words.split()]
    words += [word for words, _ in BY_RANGE.values() for word in words.split()]
    assert sorted(words) == sorted(set(words))


def test_a_name_of_the_vocabulary_is_no_spelling_of_another() -> None:
    for word, spelling in WITHOUT_UNIT.items():
        quantity = quantity_named(word)
        assert quantity is None or quantity.name == spelling.quantity, word


def test_what_needs_its_unit_is_not_guessed_without() -> None:
    for word in ("battery", "voltage", "current", "power", "tvoc", "light", "distance"):
        assert word in WITH_UNIT
        assert word not in WITHOUT_UNIT


def test_ranges_that_tell_a_unit_do_not_meet() -> None:
    for name, (_, scales) in BY_RANGE.items():
        quantity = QUANTITIES[name]
        assert quantity.low is not None
        assert quantity.high is not None
        one, other = sorted(float(scale) for scale in scales)
        lowest_unlikely = 1.0 if name == "battery_v" else quantity.low
        assert quantity.high / other < lowest_unlikely / one, "a battery below 1 V is no battery"
