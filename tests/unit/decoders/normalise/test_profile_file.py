"""Guards profiles as people write them: what each key means, and every fault with key, value and remedy."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.normalise.profile import FieldRule, Profile, RecordRule
from decoders.normalise.profile_faults import ProfileRefused
from decoders.normalise.profile_file import parse_profile, profile_of

WHOLE = """
names = "as_given"
others = "drop"
normalized = "ignore"
drop = ["payload", "*.unit"]
time = "measured_at"
[fields]
BatV = "battery_v"
"a.b" = { to = "o3_ppb", unit = "ppm" }
iaq = { to = "iaq_index", scale = "0.01", offset = 1 }
door = { to = "door_open", map = { open = true, closed = false } }
note = { to = "my_note", type = "text" }
co2 = { to = "co2_ppm", faults = [65535, "NULL"] }
"current_chn*" = "current_{}_a"
[records.history]
time = "timestamp"
[records.samples]
time = "date"
name = "variable"
value = "value"
"""


def test_every_key_means_what_the_page_says() -> None:
    one = Fraction(1)
    assert parse_profile(WHOLE) == Profile(
        names="as_given", others="drop", normalized="ignore", drop=("payload", "*.unit"), time="measured_at",
        fields={
            "BatV": FieldRule(to="battery_v", type="float"),
            "a.b": FieldRule(to="o3_ppb", type="float", line=(Fraction(1000), Fraction(0))),
            "iaq": FieldRule(to="iaq_index", type="float", line=(Fraction(1, 100), one)),
            "door": FieldRule(to="door_open", type="bool", map={"open": True, "closed": False}),
            "note": FieldRule(to="my_note", type="str"),
            "co2": FieldRule(to="co2_ppm", type="float", faults=("65535", "NULL")),
            "current_chn*": FieldRule(to="current_{}_a", type="float"),
        },
        records={
            "history": RecordRule(time="timestamp"),
            "samples": RecordRule(time="date", name="variable", value="value"),
        },
    )  # fmt: skip


def test_an_empty_profile_is_no_profile() -> None:
    assert parse_profile("") == Profile()


def test_patterns_fill_the_name_and_the_first_that_matches_counts() -> None:
    profile = parse_profile(
        '[fields]\n"c*_max" = "current_max_{}_a"\n"c*" = "current_{}_a"\nc9 = "x"\n'
    )
    wanted = {"c1_max": "current_max_1_a", "c2": "current_2_a", "c9": "x", "cÜ X": "current_u_x_a"}
    found = {key: rule.to for key in wanted if (rule := profile.rule_for(key)) is not None}
    assert found == wanted
    assert profile.rule_for("c.1") is None


def test_what_is_below_a_dropped_key_is_dropped_too() -> None:
    profile = parse_profile('drop = ["raw", "*.unit"]\n')
    assert [key for key in ("raw", "raw.x", "rawer", "a.unit", "unit") if profile.drops(key)] == [
        "raw", "raw.x", "a.unit",
    ]  # fmt: skip


FAULTS = [
    ('nams = "x"', "nams", 'did you mean "names"?'),
    ('names = "mine"', "names", 'write "vocabulary" or "as_given"'),
    ('drop = "raw"', "drop", "write a list"),
    ("time = 5", "time", "in quotes"),
    ("fields = 5", "fields", "[fields]"),
    ("[fields]\na = 1", "fields.a", "write a name, or a table"),
    ("[fields]\na = {}", "fields.a.to", "is missing"),
    ('[fields]\na = "Temp C"', "fields.a", "a-z, 0-9 and _"),
    ('[fields]\na = "_x"', "fields.a", "a-z, 0-9 and _"),
    ('[fields]\na = "time"', "fields.a", "writes that itself"),
    ('[fields]\n"a b" = "time"', 'fields."a b"', "writes that itself"),
    ('[fields]\na = "x_{}"', "fields.a", "for which the key has no *"),
    ('[fields]\na = { to = "x", too = 1 }', "fields.a.too", 'did you mean "to"?'),
    ('[fields]\nair.t = "temperature_c"', "fields.air.t", "unknown key"),
    ('[fields]\na = { to = "temperature_c", type = "flag" }', "fields.a.type", "is a number wherever"),
    ('[fields]\na = { to = "x", type = "int" }', "fields.a.type", '"number", "flag" or "text"'),
    ('[fields]\na = { to = "temperature_c", unit = "bar" }', "fields.a.unit", "celsius"),
    ('[fields]\na = { to = "x", unit = "bar" }', "fields.a.unit", "scale and offset"),
    ('[fields]\na = { to = "power_factor", unit = "%" }', "fields.a.unit", "has no unit"),
    ('[fields]\na = { to = "co2_ppm", unit = "%", scale = 2 }', "fields.a.unit", "take one out"),
    ('[fields]\na = { to = "x", scale = "1/0" }', "fields.a.scale", "1/60"),
    ('[fields]\na = { to = "x", offset = true }', "fields.a.offset", "write a number"),
    ('[fields]\na = { to = "door_open", scale = 2 }', "fields.a", "are for numbers"),
    ('[fields]\na = { to = "x", map = {} }', "fields.a.map", "write a table"),
    ('[fields]\na = { to = "x", map = { a = 1, b = true } }', "fields.a.map", "one type"),
    ('[fields]\na = { to = "door_open", map = { a = 1 } }', "fields.a.map", "to flags"),
    ('[fields]\na = { to = "x", map = { a = [] } }', "fields.a.map.a", "true or false"),
    ('[fields]\na = { to = "x", faults = 3 }', "fields.a.faults", "write a list"),
    ("[records]\na = 3", "records.a", "write a table"),
    ("[records.a]", "records.a", "write time"),
    ('[records.a]\nname = "x"', "records.a", "go together"),
    ("x = ", "file", "is not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "remedy"), FAULTS, ids=[key for _, key, _ in FAULTS])
def test_a_fault_names_its_key_and_says_what_to_write(text: str, key: str, remedy: str) -> None:
    with pytest.raises(ProfileRefused) as caught:
        parse_profile(text)
    assert key in [fault.key for fault in caught.value.faults]
    assert any(remedy in fault.remedy for fault in caught.value.faults)


def test_all_faults_are_told_at_once() -> None:
    text = 'names = 1\nothers = 2\n[fields]\na = 1\nb = { to = "co2_ppm", scale = "x" }\n'
    with pytest.raises(ProfileRefused) as caught:
        parse_profile(text)
    assert [(fault.key, fault.value) for fault in caught.value.faults] == [
        ("names", 1), ("others", 2), ("fields.a", 1), ("fields.b.scale", "x"),
    ]  # fmt: skip


TOML = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.sampled_from(["to", "co2_ppm", "{}", "°C", "1/3", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["to", "unit", "scale", "offset", "type", "map", "faults", "fields", "records", "drop",
                         "time", "name", "value", "names", "a*", "history"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["fields", "records", "drop", "names", "time"]), TOML))
def test_any_table_is_a_profile_or_is_refused(table: dict[str, object]) -> None:
    try:
        found: Profile | tuple[object, ...] = profile_of(table)
    except ProfileRefused as refused:
        found = refused.faults
    assert isinstance(found, Profile) or len(found) > 0
