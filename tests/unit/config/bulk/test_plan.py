"""What a list would change is told line by line, with the column and what to write, and never a key."""

from pathlib import Path
from typing import Any

import pytest

from gateway.config.bulk.lists import parse
from gateway.config.bulk.plan import Existing, Outcome, Step, plan

KEY = "00112233445566778899aabbccddeeff"
OTHER = "ffeeddccbbaa99887766554433221100"
RIVER = {
    "name": "river",
    "dev_eui": "70B3-D57E-D000-0001",
    "decoder": "air_quality",
    "dev_addr": "260b1a2c",
    "tags": {"zone": "centre", "side": "left"},
}
TANK = {"name": "tank", "source": "modem", "address": 17, "f_port": 30, "decoder": "energy"}


def existing(*tables: dict[str, Any], keys: tuple[dict[str, str], ...] = ()) -> Existing:
    """A devices file in an empty folder."""
    kept = [dict(one) for one in keys] + [{}] * (len(tables) - len(keys))
    return Existing(Path("/nowhere/devices.toml"), [dict(one) for one in tables], kept, ("modem",))


FLEET = existing(RIVER, TANK, keys=({"nwk_s_key": KEY, "app_s_key": OTHER},))


def steps(text: str, of: Existing = FLEET, decoder: str = "") -> list[Step]:
    """The plan for a list."""
    return plan(of, parse(text), decoder)


def told(step: Step) -> str:
    """All that is said of a step."""
    return " | ".join(step.sentences)


def test_a_new_device_is_added_with_what_the_list_says() -> None:
    (step,) = steps(
        "name,dev_eui,tags.zone\nbridge,70-b3-d5-7e-d0-00-00-02,north\n", decoder="energy"
    )
    assert step.outcome is Outcome.ADDED
    assert step.values == {
        "name": "bridge",
        "dev_eui": "70b3d57ed0000002",
        "tags": {"zone": "north"},
        "decoder": "energy",
    }


def test_a_device_without_a_name_gets_that_of_its_server_or_its_eui() -> None:
    (step,) = steps("dev_eui\n70b3d57ed0000002\n")
    assert step.values["name"] == "70b3d57ed0000002"
    (step,) = steps("id;dev_eui;frequency_plan_id\nriver-2;70b3d57ed0000002;AS_923\n")
    assert step.values["name"] == "river-2"


def test_a_known_device_is_the_same_when_the_list_says_nothing_new() -> None:
    (step,) = steps(
        f"dev_eui,decoder,tags.zone,nwk_s_key\n70b3d57ed0000001,,centre,{KEY.upper()}\n"
    )
    assert step.outcome is Outcome.SAME
    assert step.index == 0


def test_a_known_device_changes_only_in_what_the_list_says() -> None:
    (step,) = steps(f"dev_eui,decoder,tags.zone,nwk_s_key\n70b3d57ed0000001,energy,north,{OTHER}\n")
    assert step.outcome is Outcome.CHANGED
    assert step.values == {
        "decoder": "energy",
        "tags": {"zone": "north", "side": "left"},
        "nwk_s_key": OTHER,
    }
    assert "decoder: 'air_quality' becomes 'energy'" in told(step)
    assert "nwk_s_key: another key" in told(step)
    assert OTHER not in told(step)


def test_a_network_server_does_not_rename_and_a_plain_list_does() -> None:
    (step,) = steps("id;dev_eui;name;frequency_plan_id\nx;70b3d57ed0000001;Other;AS_923\n")
    assert step.outcome is Outcome.SAME
    (step,) = steps("dev_eui,name\n70b3d57ed0000001,other\n")
    assert step.values == {"name": "other"}


def test_a_device_without_a_dev_eui_is_known_by_its_name() -> None:
    (step,) = steps("name,address\ntank,18\n")
    assert (step.outcome, step.values) == (Outcome.CHANGED, {"address": 18})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (f"dev_eui,AppKey\n70b3d57ed0000002,{KEY}0\n", "AppKey: has 33 characters, 32 hex digits"),
        ("dev_eui\n70b3d57ed00000zz\n", "dev_eui '70b3d57ed00000zz': holds a character"),
        ("name,dev_eui\nriver,70b3d57ed0000002\n", "name 'river': is also that of device[0]"),
        ("name,dev_addr\nx,260b1a2c\n", "nwk_s_key: is missing"),
        (
            f"name,dev_addr,nwk_s_key,app_s_key\nx,260b1a2c,{KEY},{KEY}\n",
            "is also that of device[0]",
        ),
        ("name,dev_eui,decoder\nx,70b3d57ed0000002,air_qualty\n", 'did you mean "air_quality"?'),
        ("name,dev_eui,tags.time\nx,70b3d57ed0000002,y\n", "time is every point's own"),
        ("name,source,address\nx,moden,3\n", 'did you mean "modem"?'),
        (
            "name,source,address,f_port,decoder\nx,modem,no,30,energy\n",
            "write it as a whole number",
        ),
        ("name,dev_eui,expect_every\nx,70b3d57ed0000002,15\n", "write it as text with a unit"),
        ("name\n\u202ex\n", "holds a control character"),
    ],
)
def test_what_the_devices_file_would_refuse_is_refused_with_its_column(
    text: str, sentence: str
) -> None:
    (step,) = steps(text)
    assert step.outcome is Outcome.REFUSED
    assert sentence in told(step)
    assert KEY not in told(step)


def test_a_device_that_is_there_twice_is_refused_the_second_time() -> None:
    first, second = steps("name,dev_eui\na,70b3d57ed0000002\nb,70b3d57ed0000002\n")
    assert first.outcome is Outcome.ADDED
    assert told(second) == "dev_eui: is also that of line 2; each device needs its own"
    first, second = steps("dev_eui,decoder\n70b3d57ed0000001,energy\n70b3d57ed0000001,\n")
    assert first.outcome is Outcome.CHANGED
    assert told(second) == "is the device of line 2 again"


def test_names_may_change_places_and_dev_euis_too() -> None:
    """What is wrong in the file as it is is wrong no more when all lines are taken."""
    of = existing(
        {"name": "a", "dev_eui": "0" * 15 + "1"}, {"name": "b", "dev_eui": "0" * 15 + "2"}
    )
    swapped = steps("dev_eui,name\n0000000000000001,b\n0000000000000002,a\n", of)
    assert [step.outcome for step in swapped] == [Outcome.CHANGED, Outcome.CHANGED]


def test_a_join_needs_its_key_and_gets_it_from_the_keys_file() -> None:
    joins = {"name": "j", "dev_eui": "0" * 15 + "3", "join_eui": "0" * 16}
    of = existing(joins, keys=({"app_key": KEY},))
    (step,) = steps("dev_eui,decoder\n0000000000000003,energy\n", of)
    assert step.values == {"decoder": "energy"}


def test_lines_that_cannot_be_read_stand_among_the_others() -> None:
    outcomes = [
        (step.line, step.outcome)
        for step in steps("name,dev_eui\na,70b3d57ed0000002\nb\nc,70b3d57ed0000003\n")
    ]
    assert outcomes == [(2, Outcome.ADDED), (3, Outcome.REFUSED), (4, Outcome.ADDED)]
