"""Every file that a configuration names is found, with what it is; recordings and the store itself are not."""

from pathlib import Path

from gateway.backup.named_files import named_files
from gateway.config import load


def test_all_files_that_a_configuration_names_are_found(box: Path, tmp_path: Path) -> None:
    folder = box.parent
    assert {(file.path, file.kind) for file in named_files(load(box))} == {
        (box, "config"),
        (folder / "lists/devices.toml", "devices"),
        (folder / "lists/keys.toml", "secret"),
        (folder / "lists/codecs/am307.js", "codec"),
        (folder / "broker.password", "secret"),
        (folder / "tokens/influx.token", "secret"),
        (folder / "capture.jsonl.position", "place"),
        (tmp_path / "elsewhere/ca.pem", "file"),
    }


def test_the_configuration_comes_first_and_nothing_twice(box: Path) -> None:
    found = [file.path for file in named_files(load(box))]
    assert found[0] == box
    assert len(found) == len(set(found))


def test_a_keys_file_of_the_gateway_section_is_found(box: Path) -> None:
    devices = box.parent / "lists" / "devices.toml"
    devices.write_text(devices.read_text().replace('keys_file = "keys.toml"\n', ""))
    box.write_text(box.read_text().replace("[store]", 'keys_file = "lists/keys.toml"\n[store]'))
    kinds = {file.path.name: file.kind for file in named_files(load(box))}
    assert kinds["keys.toml"] == "secret"
