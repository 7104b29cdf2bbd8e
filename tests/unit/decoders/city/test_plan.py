"""Guards the plan of a bitmap: the record's length, what is kept, and that nothing leaks between payloads."""

from typing import Any

import pytest

from decoders.city.families import LAYOUTS
from decoders.city.payload import decoder_of
from decoders.city.plan import FLAG_SETS_MAX, PLANS_MAX, Planner, make_plan
from decoders.contract import DecodeRefused
from decoders.layout import I16, U8, Flag, Flags, Layout, Number, Width
from decoders.registry import DECODERS

BY_NAME = {layout.name: layout for layout in LAYOUTS}


def test_the_record_of_a_bitmap_is_as_long_as_its_fields(family: Any) -> None:
    for bitmap in [1 << bit for bit in range(15)] + list(range(0x7FFF, 0, -97)):
        expected = sum(field.size_bytes for field in family.fields if bitmap >> field.bit & 1)
        assert make_plan(BY_NAME[family.name], bitmap).record_bytes == expected


def test_a_bitmap_is_planned_once(family: Any) -> None:
    planner = Planner(BY_NAME[family.name])
    assert planner.plan(0x0404) is planner.plan(0x0404)


def test_plans_and_flag_sets_are_kept_under_a_cap() -> None:
    planner = Planner(BY_NAME["cctv_health"])
    for bitmap in range(4, 4 + 2 * PLANS_MAX):
        planner.plan(bitmap)
    for status in range(2 * FLAG_SETS_MAX):
        planner.flag_set(status)
    assert planner.plan.cache_info().currsize == PLANS_MAX
    assert planner.flag_set.cache_info().currsize == FLAG_SETS_MAX


def test_a_refused_bitmap_is_refused_each_time_and_not_kept() -> None:
    planner = Planner(BY_NAME["cctv_health"])
    for _ in range(2):
        with pytest.raises(DecodeRefused):
            planner.plan(0x8000)
    assert planner.plan.cache_info().currsize == 0


def test_numbers_of_one_report_do_not_show_up_in_the_next(families: Any) -> None:
    family = families["cctv_health"]
    decode = DECODERS["cctv_health"].decode
    decode(10, family.report({"status": 0x155, "uptime_h": 12}), None)
    (reading,) = decode(10, family.report({"status": 0x155, "reboots": 1}), None)
    assert "uptime_h" not in reading.fields
    (reading,) = decode(10, family.report({"uptime_h": 12}), None)
    assert reading.fields == {"uptime_h": 12.0}


def test_a_signed_integer_that_struct_lacks_is_read_with_its_sign() -> None:
    i24 = Width(3, signed=True)
    depth = Number(name="depth_m", width=i24, unit="m", low=-9000, high=9, description="")
    decode = decoder_of(Layout(name="sea", title="Sea", f_port=1, fields=(depth,))).decode
    assert decode(1, b"\x01\x00\x01\xff\xff\xfe", None)[0].fields == {"depth_m": -2.0}
    assert decode(1, b"\x01\x00\x01\x80\x00\x00", None)[0].faults == ("depth_m",)


def test_a_flags_field_may_stand_between_numbers() -> None:
    one = Number(name="one", width=U8, unit="", low=0, high=9, description="")
    two = Number(name="two", width=I16, unit="", low=-9, high=9, description="")
    state = Flags(name="state", width=U8, flags=(Flag("on", ""),), description="")
    plan = make_plan(Layout(name="mix", title="", f_port=1, fields=(one, state, two)), 7)
    assert plan.flags_at == (1, 2)
    assert plan.numbers.unpack(b"\x05\x01\xff\xfe") == (5, -2)
