"""Guards what `profile` of a device may say: which profile it means, and every fault with file, key and remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from decoders.normalise.profile import AS_GIVEN, Profile
from gateway.config import Config
from gateway.config.profile_choice import read_profile, shipped
from gateway.errors import ConfigError

Faults = Callable[..., list[ConfigError]]
Loaded = Callable[..., Config]


def device(
    profile: str, decoder: str = "network_server", name: str = "one", number: int = 1
) -> str:
    return (
        f'[[device]]\nname = "{name}"\ndev_eui = "00000000000000{number:02x}"\ndecoder = "{decoder}"\n'
        f'profile = "{profile}"\n'
    )


def test_a_profile_of_the_operator_is_a_path_beside_the_devices_file(loaded: Loaded) -> None:
    config = loaded(devices=device("room.toml"), room='[fields]\nt = "temperature_c"\n')
    assert config.devices[0].profile is not None
    assert config.devices[0].profile.fields["t"].to == "temperature_c"


def test_devices_share_one_profile(loaded: Loaded) -> None:
    text = device("room.toml") + device("room.toml", name="two", number=2)
    one, two = loaded(devices=text, room='drop = ["x"]\n').devices
    assert one.profile is two.profile
    assert hash(one) != hash(two)


def test_a_device_without_a_profile_has_none(loaded: Loaded) -> None:
    text = device("").replace('profile = ""\n', "")
    assert loaded(devices=text).devices[0].profile is None


@pytest.mark.parametrize("name", sorted(shipped()))
def test_profiles_that_come_with_the_program_are_known_by_name(loaded: Loaded, name: str) -> None:
    profile = loaded(devices=device(name)).devices[0].profile
    assert profile == read_profile(shipped()[name])


def test_the_two_profiles_without_fields_are_what_is_done_without_one() -> None:
    assert read_profile(shipped()["as_given"]) == AS_GIVEN
    assert read_profile(shipped()["automatic"]) == Profile()


@pytest.mark.parametrize(
    ("profile", "decoder", "remedy"),
    [
        ("autmatic", "network_server", 'did you mean "automatic"?'),
        ("nothing_like_it", "network_server", "known here: "),
        ("gone.toml", "network_server", "there is no profile at "),
        ("profiles/gone", "network_server", "relative to the devices file"),
        ("automatic", "air_quality", "Take it out"),
        ("automatic", "", "Take it out"),
    ],
)
def test_a_profile_that_cannot_be_is_a_fault_of_the_device(
    faults: Faults, profile: str, decoder: str, remedy: str
) -> None:
    (fault,) = faults(devices=device(profile, decoder))
    assert fault.key == "device[0].profile"
    assert fault.value == profile
    assert fault.file.name == "devices.toml"
    assert remedy in fault.remedy


def test_faults_of_a_profile_name_its_file_its_keys_and_its_values(faults: Faults) -> None:
    room = '[fields]\nt = { to = "temperature_c", unit = "bar" }\nh = { too = "x" }\n'
    text = device("room.toml") + device("room.toml", name="two", number=2)
    found = faults(devices=text, room=room)
    assert {fault.file.name for fault in found} == {"room.toml"}
    assert [(fault.key, fault.value) for fault in found] == [
        ("fields.t.unit", "bar"), ("fields.h.too", None), ("fields.h.to", None),
    ]  # fmt: skip
    assert "celsius" in found[0].remedy
    assert 'did you mean "to"?' in found[1].remedy


@pytest.mark.parametrize(
    ("text", "key"),
    [("x =\ny = 1\n", "line 1"), ("x = 1\ny\n", "line 2"), ("names = 3\n", "names")],
)
def test_a_profile_that_is_no_toml_is_told_with_its_line(
    faults: Faults, text: str, key: str
) -> None:
    (fault,) = faults(devices=device("room.toml"), room=text)
    assert fault.file.name == "room.toml"
    assert key in fault.key


def test_a_profile_as_large_as_a_film_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.toml"
    path.write_text("#" * 300_000)
    with pytest.raises(ConfigError, match="larger than"):
        read_profile(path)
