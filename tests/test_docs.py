"""The pages are right where a machine can tell: links, files, commands, limits, layers, decisions, SQL.

Each test names every place that is wrong.
"""

import ast
import contextlib
import io
import re
import runpy
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import apsw
import pytest
import typer

from gateway import errors
from gateway.cli import COMMANDS
from gateway.model import Frame, Radio, Reading, Reception, Record, Series, Stamp
from gateway.store.connection import open_reader
from gateway.store.outlet import Outlet
from gateway.store.store import Store

ROOT = Path(__file__).parents[1]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
READING = ROOT / "docs" / "reading-the-store.md"
FOLDERS = (
    "benchmarks",
    "config",
    "decoders",
    "deploy",
    "docs",
    "gateway",
    "hil",
    "scripts",
    "tests",
)
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))]
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
HEADINGS = (
    "Objective", "Decision", "Is / is not", "Alternatives", "What would change our mind",
)  # fmt: skip
DECISION_LINES_MAX = 70
CODE = sorted(
    path for name in ("gateway", "decoders", "hil") for path in (ROOT / name).rglob("*.py")
)

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_COMMAND = re.compile(
    r"(?:^|[\s/])lora-gateway +([a-z][a-z-]*)(?=\s|$)((?: +[^#\n]*)?)", re.MULTILINE
)
_MAXIMUM = re.compile(r"(?!_)(?:.*_)?(?:MAX|MOST)(?:_.*)?")


def text(page: Path) -> str:
    """The page's text."""
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    """How the page is called in a complaint."""
    return str(page.relative_to(ROOT))


# -- links and files ------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The places in a page that a link can name, as Git forges make them of headings."""
    headings = re.findall(r"^#+ +(.+)$", _FENCED.sub("", text(page)), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_FENCED.sub("", text(page))):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue  # another site: tests have no network
        found = (page.parent / target).resolve() if target else page
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    """Of spans that begin with a folder of this repository; those with a placeholder are left out."""
    begins = re.compile(rf"(?:{'|'.join(FOLDERS)})/[\w./-]+")
    paths = [span for span in _SPAN.findall(text(page)) if begins.fullmatch(span)]
    ignored = (ROOT / ".gitignore").read_text().splitlines()  # made when it is needed
    paths = [path for path in paths if "NAME" not in path and f"/{path}" not in ignored]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_page_that_the_code_names_is_there() -> None:
    names = re.compile(r"docs/(?:decisions/\d{4}[\w-]*(?:\.md)?|[\w-]+\.md)")
    gone = [
        f"{named(path)}: {name}"
        for path in CODE
        for name in names.findall(text(path))
        if not list(ROOT.glob(name if name.endswith(".md") else f"{name}*"))
    ]
    assert not gone


def test_every_test_that_a_page_names_is_there() -> None:
    known = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    for path in (ROOT / "tests").rglob("test_*.py"):
        known |= set(re.findall(r"^ *(?:async )?def (test_\w+)", text(path), re.MULTILINE))
    for page in PAGES:
        spans = (span.removesuffix(".py").rpartition("/")[2] for span in _SPAN.findall(text(page)))
        wanted = {span for span in spans if re.fullmatch(r"test_\w+", span)}
        assert wanted - {"test_NAME"} <= known, named(page)


# -- commands -------------------------------------------------------------------------------------------


def shown_commands(page: Path) -> Iterator[tuple[str, str]]:
    """(command, what stands behind it) of every command line that a page shows."""
    blocks = "\n".join(re.findall(r"^(?: {4}|\t)(.+)$", text(page), re.MULTILINE))
    fenced = "\n".join(_FENCED.findall(text(page)))
    spans = "\n".join(_SPAN.findall(text(page)))
    yield from _COMMAND.findall(f"{blocks}\n{fenced}\n{spans}")


def options_of(command: str) -> set[str]:
    """What can follow a command, as its help has it."""
    module = import_module(COMMANDS[command].module)
    app = module.group if hasattr(module, "group") else typer.Typer(add_completion=False)
    if app is not getattr(module, "group", None):
        app.command()(module.command)
    whole = typer.main.get_command(app)
    parts = [whole, *getattr(whole, "commands", {}).values()]
    options = {option for part in parts for each in part.params for option in each.opts}
    return options | {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_a_page_shows_exists_with_its_options(page: Path) -> None:
    wrong = []
    for command, rest in shown_commands(page):
        if command not in COMMANDS:
            wrong.append(command)
            continue
        unknown = set(re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", rest)) - options_of(command)
        wrong += [f"{command} {option}" for option in sorted(unknown)]
    assert not wrong


def test_the_readme_shows_commands() -> None:
    """Guards the search itself: a page whose commands are not found would pass everything."""
    shown = {command for command, _ in shown_commands(ROOT / "README.md")}
    assert shown >= {"check", "status", "query", "decode"}


# -- decisions ------------------------------------------------------------------------------------------


def test_decisions_are_numbered_without_holes() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", DECISIONS, ids=named)
def test_a_decision_says_the_same_things_in_the_same_order(page: Path) -> None:
    assert text(page).startswith(f"# {page.name[:4]} ")
    headings = re.findall(r"^## (.+)$", text(page), re.MULTILINE)
    assert [heading for heading in headings if heading in HEADINGS] == list(HEADINGS)
    assert text(page).count("\n") <= DECISION_LINES_MAX, "a decision is short"


# -- architecture ---------------------------------------------------------------------------------------


def test_the_layers_are_those_that_import_linter_holds() -> None:
    settings = tomllib.loads(text(ROOT / "pyproject.toml"))["tool"]["importlinter"]
    layers = settings["contracts"][0]["layers"]
    assert "\n".join(f"    {layer}" for layer in layers) in text(ARCHITECTURE)


def test_every_error_has_its_row() -> None:
    kinds = [kind.__name__ for kind in errors.GatewayError.__subclasses__()]
    assert [kind for kind in kinds if f"`{kind}`" not in text(ARCHITECTURE)] == []


def constants(path: Path) -> Iterator[tuple[str, str]]:
    """(name, value as written) of what a module defines in capitals at its top level."""
    source = text(path)
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
        for name, part in pairs:
            if isinstance(name, ast.Name) and name.id.isupper():
                written = ast.get_source_segment(source, part) or ""
                yield name.id, " ".join(written.split())


def limits_of_the_code() -> dict[tuple[str, str], str]:
    """(file, name) -> value of every constant of the program, but for the command line's screens."""
    return {
        (named(path), name): value
        for path in CODE
        if path.is_relative_to(ROOT / "gateway") or path.is_relative_to(ROOT / "decoders")
        if not path.is_relative_to(ROOT / "gateway" / "cli")
        for name, value in constants(path)
    }


def limits_of_the_page() -> dict[tuple[str, str], str]:
    """The same, as the table says."""
    rows = re.findall(r"^\| `([^`]+\.py)` \| `([A-Z0-9_]+)` \| `([^`]+)` \| .+ \|$",
                      text(ARCHITECTURE), re.MULTILINE)  # fmt: skip
    return {(file, name): value for file, name, value in rows}


def test_every_limit_of_the_table_is_as_the_code_has_it() -> None:
    code, page = limits_of_the_code(), limits_of_the_page()
    assert page
    assert {row: value for row, value in page.items() if code.get(row) != value} == {}


def test_every_maximum_of_the_code_is_in_the_table_of_limits() -> None:
    maxima = {row for row in limits_of_the_code() if _MAXIMUM.fullmatch(row[1])}
    assert sorted(maxima - set(limits_of_the_page())) == [], "docs/architecture.md, Limits"


# -- reading the store ----------------------------------------------------------------------------------


@pytest.fixture
async def store(tmp_path: Path) -> Path:
    """A store that the daemon has closed: one uplink, one refused frame, one dead letter's sink."""
    path = tmp_path / "store.db"
    written = Store(path)
    written.begin_boot("0123")
    outlet = Outlet(written, "city", "all")
    at = Stamp(1_790_000_000_000_000_000, 1, True)
    radio, heard_by = Radio(923_200_000, "LORA", 10, 125_000), (Reception("0016c001ff10a235"),)
    frame = Frame("roof", bytes(23), radio, heard_by, at)
    series = Series("air_quality", (("device", "aq-city-hall"),), ("temperature_c",))
    reading = Reading(series, at.wall_ns, (26.0,))
    written.add(Record(frame, "uplink", "aq-city-hall", (reading,)))
    written.add(Record(frame, "bad_mic", sentence="not by its key"))
    written.count("heard", 2)
    await written.commit()
    outlet.close()
    await written.close()
    return path


async def test_the_sql_of_the_page_runs_and_finds_what_it_says(store: Path) -> None:
    statements = re.findall(r"```sql\n(.+?)```", text(READING), re.DOTALL)
    connection = open_reader(store)
    counters, refused, newest, sinks, dead = (
        connection.execute(statement).fetchall() for statement in statements
    )
    connection.close()
    assert ("heard", 2) in counters
    assert refused == [("2026-09-21 14:13:20", "bad_mic", "roof", "not by its key", "00" * 23)]
    assert newest == [("aq-city-hall", 1_790_000_000, 1, 1)]
    assert sinks == [("city", 0, 0, 0, 0)]
    assert dead == []


async def test_the_python_of_the_page_prints_points(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = re.findall(r"```python\n(.+?)```", text(READING), re.DOTALL)
    script = store.with_name("example.py")
    script.write_text(example, encoding="utf-8")
    monkeypatch.chdir(store.parent)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        found = runpy.run_path(str(script))
    connection: apsw.Connection = found["connection"]
    connection.close()
    assert printed.getvalue() == (
        "1790000000000000000 {'device': 'aq-city-hall'} {'temperature_c': 26.0}\n"
    )
