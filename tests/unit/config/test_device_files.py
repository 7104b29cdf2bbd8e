"""The files that a devices file leads to are found: keys, codecs, register maps and profiles, each once."""

from pathlib import Path

from gateway.config.device_files import leads_to

TEXT = """\
keys_file = "secret/keys.toml"

[[device]]
name = "codecs/a.js"
decoder = "codecs/a.js"
profile = "profiles/a.toml"

[[device]]
name = "b"
decoder = "maps/b.toml"
dev_eui = "70b3d57ed0000001"
nwk_s_key = "codecs/key.js"

[[device]]
name = "c"
decoder = "codecs/a.js"
profile = "built_in"
measurement = "gone/away.js"
"""


def test_files_that_are_there_are_found_once_each(tmp_path: Path) -> None:
    for name in ("codecs/a.js", "codecs/key.js", "profiles/a.toml", "maps/b.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    devices = tmp_path / "devices.toml"
    devices.write_text("\ufeff" + TEXT, encoding="utf-8")
    assert leads_to(devices) == (
        tmp_path / "secret" / "keys.toml",
        [tmp_path / "codecs/a.js", tmp_path / "profiles/a.toml", tmp_path / "maps/b.toml"],
    )


def test_a_file_that_cannot_be_read_leads_nowhere(tmp_path: Path) -> None:
    devices = tmp_path / "devices.toml"
    assert leads_to(devices) == (None, [])
    for raw in (b"[[device]\n", b"\xff", b'device = 3\nkeys_file = "a\\u0000b"\n'):
        devices.write_bytes(raw)
        assert leads_to(devices)[1] == []
