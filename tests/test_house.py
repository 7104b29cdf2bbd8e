"""The rules of the house that no linter knows: rooms stay small, say what they are for, and are kept in step.

Each test names every file that breaks its rule.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import BaseModel

from gateway.config.sections import GatewaySection, StoreSection
from gateway.registry import SINKS, SOURCES, Entry

ROOT = Path(__file__).parents[1]
LINES_MAX = 400
FUNCTION_LINES_MAX = 60
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "handler", "misc", "common"}
SAYS_NOTHING_ALONE = {"data", "process"}
"""`data_rate` is a word of LoRaWAN."""

EACH_KEY_OF_ONE_MODEM = {"sources.serial_line"}
"""Their commented keys do not all go together."""

MODULES = sorted(
    path for name in ("gateway", "decoders", "hil") for path in (ROOT / name).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PLUGINS: dict[str, Entry] = {
    **{f"sources.{kind}": entry for kind, entry in SOURCES.items()},
    **{f"sinks.{kind}": entry for kind, entry in SINKS.items()},
}


def breaking(paths: Iterable[Path], rule: object) -> list[str]:
    """The files for which the rule does not hold."""
    return [str(path.relative_to(ROOT)) for path in paths if not rule(path)]  # type: ignore[operator]


def tree(path: Path) -> ast.Module:
    """The file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_file_is_small() -> None:
    assert not breaking(
        MODULES + TESTS, lambda path: path.read_bytes().count(b"\n") <= LINES_MAX
    ), "look for the second idea in them"


def test_every_file_says_first_what_it_is_for() -> None:
    assert not breaking(
        MODULES + TESTS,
        lambda path: len((ast.get_docstring(tree(path)) or "").partition("\n")[0]) > 20,
    )


def test_every_function_is_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert not long, "look for the seam in them"


def test_every_file_has_a_name_that_says_something() -> None:
    assert not breaking(
        MODULES + TESTS,
        lambda path: (
            path.stem not in SAYS_NOTHING_ALONE and not set(path.stem.split("_")) & SAYS_NOTHING
        ),
    ), "name the one idea in them"


def test_tests_stand_where_their_room_is() -> None:
    unit = ROOT / "tests" / "unit"
    rooms = (ROOT / "gateway", ROOT)

    def has_a_room(path: Path) -> bool:
        return any((room / path.parent.relative_to(unit)).is_dir() for room in rooms)

    assert not breaking(unit.rglob("test_*.py"), has_a_room)
    assert not list((ROOT / "tests").rglob("__init__.py")), "importlib mode needs none"


@pytest.mark.parametrize("kind", PLUGINS)
def test_a_plugin_has_a_page_that_quotes_its_sample(kind: str) -> None:
    folder = _folder(PLUGINS[kind])
    page = (folder / "README.md").read_text(encoding="utf-8")
    sample = (folder / "sample.toml").read_text(encoding="utf-8").strip()
    assert sample in page, "run scripts/generate_config.py"


@pytest.mark.parametrize("kind", PLUGINS)
def test_the_sample_of_a_plugin_is_right_and_shows_the_defaults(kind: str) -> None:
    group, _, name = kind.partition(".")
    model = PLUGINS[kind].load_section()
    text = (_folder(PLUGINS[kind]) / "sample.toml").read_text(encoding="utf-8")
    (live,) = tomllib.loads(text)[group][name]
    _compare_with_defaults(model, text, live)
    if kind in EACH_KEY_OF_ONE_MODEM:
        return
    commented = tomllib.loads("\n".join(re.findall(r"^# (\w+ = .*)$", text, re.MULTILINE)))
    as_it_is, with_all = (
        model.model_validate(table, context={"base": ROOT}) for table in (live, live | commented)
    )
    assert with_all == as_it_is, "taking the # away from every line changes nothing"


def test_the_sample_of_the_own_sections_shows_every_default() -> None:
    text = (ROOT / "gateway" / "config" / "own_sections.toml").read_text(encoding="utf-8")
    live = tomllib.loads(text)
    gateway, _, store = text.partition("[store]")
    _compare_with_defaults(GatewaySection, gateway, live["gateway"])
    _compare_with_defaults(StoreSection, store, live["store"])
    written = set(re.findall(r"^#? ?(\w+) = ", text, re.MULTILINE))
    assert written == {*GatewaySection.model_fields, *StoreSection.model_fields} - {"keys_file"}


@pytest.mark.parametrize("script", ["generate_docs.py", "generate_config.py"])
def test_generated_files_are_in_step(script: str) -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / script), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def _folder(entry: Entry) -> Path:
    return ROOT.joinpath(*entry.section.partition(":")[0].split(".")[:-1])


def _compare_with_defaults(model: type[BaseModel], text: str, live: Iterable[str]) -> None:
    """Every line `# key = value` is a key that exists and is not live, with its default as value."""
    for line in re.findall(r"^# (\w+ = .*)$", text, re.MULTILINE):
        ((key, value),) = tomllib.loads(line).items()
        assert key in model.model_fields, f"{key}: there is no such key"
        assert key not in live, f"{key} is live and commented"
        default = model.model_fields[key].get_default(call_default_factory=True)
        if value in ("", {}):
            assert not default, f"{key}: stands for nothing, but the default is {default!r}"
        else:
            plain = list(default) if isinstance(default, tuple) else default
            plain = str(plain) if isinstance(plain, Path) else plain
            assert plain == value, f"{key}: the default is {default!r}"
