"""Guards the table of decoders: the names a devices file can use, and what a wrong one is answered."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import decoders
import decoders.vendors
from decoders.registry import DECODERS, MAKERS, UnknownDecoder, decoder_named


def test_the_city_families_are_built_in_on_their_ports() -> None:
    ports = {name: DECODERS[name].f_ports for name in ("cctv_health", "air_quality", "energy")}
    assert ports == {"cctv_health": {10, 11}, "air_quality": {20, 21}, "energy": {30, 31}}


def test_a_decoder_is_listed_under_its_own_name() -> None:
    for name, decoder in DECODERS.items():
        assert decoder.name == name
        assert decoder_named(name) is decoder


def test_a_decoder_of_a_maker_begins_with_its_name() -> None:
    for maker in MAKERS:
        for decoder in import_module(f"decoders.vendors.{maker}").DECODERS:
            assert decoder.name.startswith(f"{maker}_")
    folders = Path(decoders.vendors.__path__[0]).iterdir()
    assert sorted(MAKERS) == sorted(f.name for f in folders if (f / "__init__.py").exists())


def test_only_the_makers_that_are_asked_for_are_imported() -> None:
    script = (
        "import sys\n"
        "from decoders.registry import DECODERS\n"
        "assert DECODERS['energy'].name == 'energy' and DECODERS.get('nonsense_1') is None\n"
        "assert DECODERS['elsys_ers'].name == 'elsys_ers'\n"
        "found = {name.split('.')[2] for name in sys.modules if name.startswith('decoders.vendors.')}\n"
        "assert found == {'elsys'}, found\n"
    )
    subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=Path(decoders.__path__[0]).parent
    )


def test_ports_with_a_clock_are_among_the_ports_of_a_decoder() -> None:
    for decoder in DECODERS.values():
        assert decoder.clock_ports <= decoder.f_ports


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one() -> None:
    with pytest.raises(UnknownDecoder) as unknown:
        decoder_named("air_qualty")
    assert unknown.value.nearest == "air_quality"
    assert str(unknown.value) == "no decoder 'air_qualty'; did you mean 'air_quality'?"


def test_a_model_that_is_not_built_in_is_answered_with_models_like_it() -> None:
    with pytest.raises(
        UnknownDecoder, match=r"did you mean 'milesight_am3\d\d\w?' or 'milesight_am"
    ):
        decoder_named("milesight_am399")


def test_a_name_that_is_nothing_like_any_is_answered_with_where_all_are_listed() -> None:
    with pytest.raises(LookupError) as unknown:
        decoder_named("zzz")
    assert str(unknown.value) == (
        f"no decoder 'zzz'; docs/supported-devices.md lists all {len(DECODERS)}"
    )
