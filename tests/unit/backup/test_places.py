"""Where members go: the old places, or below one folder with what was outside of the configuration's beside it."""

from pathlib import Path

import pytest

from gateway.backup.places import Place, in_the_way, places, refuse_overwriting
from gateway.errors import Unavailable
from tests.unit.backup.test_manifest import GOOD


def test_the_old_places_are_those_of_the_manifest() -> None:
    assert [str(place.path) for place in places(GOOD, None)] == [
        member.path for member in GOOD.members
    ]


def test_a_folder_stands_for_that_of_the_configuration() -> None:
    assert [str(place.path) for place in places(GOOD, Path("/new"))] == [
        "/new/gateway.toml",
        "/new/codecs/สถานี.js",
        "/new/elsewhere/etc/ssl/ca.pem",
        "/new/store/store.db",
    ]


def test_a_wal_is_in_the_way_and_so_is_a_link_to_nowhere(tmp_path: Path) -> None:
    store = Place(GOOD.store, tmp_path / "store.db")
    (tmp_path / "store.db-wal").touch()
    config = Place(GOOD.config, tmp_path / "gateway.toml")
    config.path.symlink_to(tmp_path / "nowhere")
    assert in_the_way([config, store]) == [config.path, tmp_path / "store.db-wal"]


def test_a_few_of_many_files_in_the_way_are_named() -> None:
    with pytest.raises(Unavailable, match=r"^/4, /5, /6, /7, /8 and 2 more are there already"):
        refuse_overwriting([Path(f"/{number}") for number in range(4, 11)])
    refuse_overwriting([])
