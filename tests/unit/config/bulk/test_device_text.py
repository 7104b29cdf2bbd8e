"""A devices file is changed line by line: comments, order and other people's ways of writing stay as they are."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.bulk.device_text import NotUnderstood, block, changed

TEXT = """\
# the fleet
keys_file = "keys.toml"

# by the river
[[device]]   # first
name = "river"      # painted blue
dev_eui = '70b3d57ed0000001'
tags = { zone = "centre", side = "left" }
f_port = 3

[[device]]
  name="tank # 2"
  address=17

# the end
"""


def test_only_what_changes_changes() -> None:
    new = changed(TEXT, [(0, {"name": "stream", "f_port": 4}), (1, {"address": 18})], [])
    assert new == TEXT.replace('name = "river" ', 'name = "stream" ').replace(
        "f_port = 3", "f_port = 4"
    ).replace("address=17", "address=18")


def test_a_new_key_stands_behind_the_last_one_of_its_device() -> None:
    new = changed(TEXT, [(0, {"decoder": "energy"})], [])
    assert 'f_port = 3\ndecoder = "energy"\n\n[[device]]' in new
    new = changed(TEXT, [(1, {"f_port": 1})], [])
    assert "  address=17\nf_port = 1\n\n# the end\n" in new


def test_tags_are_written_anew_as_a_whole() -> None:
    new = changed(TEXT, [(0, {"tags": {"zone": "north", "side": "left"}})], [])
    assert 'tags = { zone = "north", side = "left" }\n' in new


def test_new_devices_come_at_the_end() -> None:
    new = changed(
        TEXT, [], [{"name": 'a "b" \\ ก', "tags": {"zone": "x"}}, {"name": "c", "address": 1}]
    )
    assert new.startswith(TEXT.rstrip())
    assert new.endswith('\n\n[[device]]\nname = "c"\naddress = 1\n')
    assert tomllib.loads(new)["device"][2] == {"name": 'a "b" \\ ก', "tags": {"zone": "x"}}


def test_an_empty_file_begins_with_the_first_device() -> None:
    assert changed("", [], [{"name": "a"}]) == '[[device]]\nname = "a"\n'


def test_windows_lines_stay_windows_lines() -> None:
    windows = TEXT.replace("\n", "\r\n")
    new = changed(windows, [(0, {"f_port": 4})], [{"name": "x"}])
    assert "\n" not in new.replace("\r\n", "")
    assert "f_port = 4\r\n" in new


@pytest.mark.parametrize(
    "text",
    [
        '[[device]]\nname = "a"\n[device.tags]\nzone = "x"\n',
        '[[device]]\nname = "a"\ntags.zone = "x"\n',
        'device = [{ name = "a", tags = { zone = "x" } }]\n',
        '[[device]]\nname = "a"\nnote = """\n[[device]]\ntags = 3\n"""\ntags = { zone = "x" }\n',
        '[["device"]]\nname = "a"\ntags = { zone = "x" }\n',
    ],
)
def test_what_is_not_understood_is_refused_and_not_spoiled(text: str) -> None:
    assert tomllib.loads(text)["device"]
    with pytest.raises(NotUnderstood, match="by hand"):
        changed(text, [(0, {"tags": {"zone": "y"}})], [])


def test_a_block_is_toml_whatever_the_texts_are() -> None:
    texts = {"name": 'quote " back \\ tab \t del \x7f', "tags": {"zone": "ก\u200d\u0301"}}
    (device,) = tomllib.loads("\n".join(block(texts)))["device"]
    assert device == texts


values = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(min_size=1, max_size=20),
        "address": st.integers(0, 1 << 31),
        "decoder": st.text(max_size=8),
        "tags": st.dictionaries(st.sampled_from(["zone", "side"]), st.text(max_size=8)),
    },
)


@given(st.lists(values, max_size=3), st.lists(values, max_size=2), values)
def test_the_result_is_what_was_wanted(
    before: list[dict[str, object]], added: list[dict[str, object]], change: dict[str, object]
) -> None:
    text = "\n".join(line for table in before for line in block(table))
    changes = [(0, change)] if before else []
    new = tomllib.loads(changed(text, changes, added))
    wanted = [dict(table) for table in before]
    if before:
        wanted[0] |= change
    assert new.get("device", []) == wanted + added
