"""`backup` and `restore` as an operator sees them: what they say, what they refuse, and JSON for scripts."""

import json
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.store import left_behind
from gateway.store.outlet import Outlet
from tests.store_bench import RememberingSink as Sink
from tests.store_bench import close, drain, fill, keep_house, opened

CONFIG = """\
[gateway]
name = "kk-01"

[store]
path = "store.db"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A gateway's file, without sinks."""
    path = tmp_path / "etc" / "gateway.toml"
    path.parent.mkdir()
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture
async def store(config: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its store: 195 settled and sealed uplinks, and five in the tail, at which a start looks."""
    monkeypatch.setattr(left_behind, "REMEMBERED_ROWS", 5)
    path = config.with_name("store.db")
    written = opened(path, remembered_rows=5)
    outlet = Outlet(written, "city", "all")
    await fill(written, range(200))
    await drain(outlet, Sink())
    await keep_house(written, at_s=7200.0)
    await close(written)
    return path


def called(*arguments: object) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    code = ended.value.code
    assert isinstance(code, int)
    return code


def test_what_is_in_it_and_what_is_not_is_said(
    config: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kk-01.tar"
    assert called("backup", "--config", config, out) == 0
    said = capsys.readouterr().out
    assert f"config   {config}" in said
    assert "store    5 frames with their counters" in said
    assert (
        "390 readings of settled history: they are nowhere else, for no sink is configured" in said
    )
    assert "secret   it holds keys and passwords" in said
    assert f"restore {out}" in said


def test_history_leaves_nothing_behind(
    config: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kk-01.tar"
    assert called("backup", "--config", config, "--history", "--json", out) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["rows"] == 200
    assert answer["left_behind"] == {"rows": 0, "readings": 0}
    assert answer["history"] is True
    assert answer["balanced"] is True
    assert [member["kind"] for member in answer["members"]] == ["config", "store"]


def test_a_file_that_is_there_is_kept_unless_forced(
    config: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kk-01.tar"
    out.write_text("a letter")
    assert called("backup", "--config", config, out) == 1
    assert "is there already; name another file, or say --force" in capsys.readouterr().err
    assert out.read_text() == "a letter"
    assert called("backup", "--config", config, "--force", out) == 0
    assert out.stat().st_size > 2048
    assert called("backup", "--config", config, "--force", tmp_path) == 1


def test_a_faulty_configuration_is_not_backed_up(config: Path, tmp_path: Path) -> None:
    config.write_text("[gatewai]\n")
    assert called("backup", "--config", config, tmp_path / "out.tar") == 78


def test_a_further_file_that_is_not_there_is_wrong_use(config: Path, store: Path) -> None:
    out = config.with_name("out.tar")
    assert called("backup", "--config", config, "--also", config.with_name("no.toml"), out) == 2
    assert not out.exists()


def test_standard_output_takes_the_backup_alone(config: Path, store: Path) -> None:
    assert called("backup", "--config", config, "--json", "-") == 2


def test_a_restore_tells_what_it_did_and_what_is_next(
    config: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, card = tmp_path / "kk-01.tar", tmp_path / "card"
    assert called("backup", "--config", config, out) == 0
    capsys.readouterr()
    assert called("restore", out, "--into", card) == 0
    said = capsys.readouterr().out
    assert "restored gateway kk-01 as of 20" in said
    assert f"0660 {card}/store.db" in said
    assert f"check --config {card}/gateway.toml" in said
    assert "the old card must not run any more" in said


def test_a_restore_as_json(
    config: Path, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, card = tmp_path / "kk-01.tar", tmp_path / "card"
    called("backup", "--config", config, out)
    capsys.readouterr()
    assert called("restore", out, "--into", card, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["config"] == str(card / "gateway.toml")
    assert answer["store"] == str(card / "store.db")
    assert answer["moved_aside"] == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is cut short, damaged, or no backup at all"),
        (b"PK\x03\x04 not a tar" * 100, "is cut short, damaged, or no backup at all"),
    ],
)
def test_what_is_no_backup_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, says: str
) -> None:
    file = tmp_path / "letter.tar"
    file.write_bytes(content)
    assert called("restore", file, "--into", tmp_path / "card") == 1
    said = capsys.readouterr().err
    assert f"{file} {says}" in said
    assert "Nothing was changed" in said
    assert not (tmp_path / "card").exists()


def test_a_backup_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called("restore", tmp_path / "no.tar") == 1
    assert "no.tar cannot be read: No such file or directory" in capsys.readouterr().err
