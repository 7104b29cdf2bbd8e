"""Guards that `decoders/` stands alone: no gateway in it, and nothing that opens, waits, logs or has a clock."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import decoders

ROOM = Path(decoders.__file__).parent
FORBIDDEN = {
    "gateway", "hil", "asyncio", "io", "logging", "os", "pathlib", "socket", "sqlite3", "subprocess",
    "threading", "time",
}  # fmt: skip


def imported_by(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_no_file_imports_the_gateway_or_the_outside_world() -> None:
    files = sorted(ROOM.rglob("*.py"))
    assert ROOM / "registry.py" in files
    found = {file.name: FORBIDDEN & set(imported_by(file)) for file in files}
    assert {name: modules for name, modules in found.items() if modules} == {}


def test_all_decoders_load_without_the_gateway() -> None:
    program = (
        "import sys, decoders.registry, decoders.quantities;"
        "sys.exit(any(m.partition('.')[0] in ('gateway', 'hil') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOM.parent, timeout=30)
