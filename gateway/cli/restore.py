"""`lora-gateway restore`: a gateway from its backup, on a new card in one command."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec
import typer
from typer import Option

from gateway.backup import owners
from gateway.backup.manifest import BadBackup
from gateway.backup.restoring import Restored, restore
from gateway.cli.options import program
from gateway.cli.progress import progress
from gateway.config import load
from gateway.errors import ConfigError, Unavailable

SERVICE_CONFIG = Path("/etc/lora-gateway/gateway.toml")


def command(
    file: Annotated[Path, typer.Argument(help="A backup, or - for standard input.")],
    into: Annotated[
        Path | None, Option(help="The configuration's folder; where it was, when not given.")
    ] = None,
    force: Annotated[bool, Option("--force", help="Move aside what is there.")] = False,
    json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Put configuration, devices, keys and store back as they were."""
    with _opened(file) as opened, progress("restoring") as bar:
        try:
            restored = restore(opened, into=into, force=force, step=bar)
        except BadBackup as error:
            raise BadBackup(f"{file} {error}. Nothing was changed") from error
    answer = document(restored)
    if json:
        print(msgspec.json.format(msgspec.json.encode(answer)).decode())
    else:
        print("\n".join(lines(answer)))


@contextmanager
def _opened(file: Path) -> Generator[IO[bytes], None, None]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = file.open("rb")
    except OSError as error:
        raise Unavailable(f"{file} cannot be read: {error.strerror}") from error
    with opened:
        yield opened


def document(restored: Restored) -> dict[str, Any]:
    """What is where now, ready for JSON."""
    manifest = restored.manifest
    return {
        "gateway": manifest.gateway,
        "made_at": manifest.made_at,
        "made_by": manifest.program,
        "history": manifest.history,
        "config": str(restored.config),
        "store": str(restored.store),
        "files": [
            {"path": str(path), "kind": member.kind, "mode": f"{member.mode:04o}"}
            for path, member in zip(restored.files, manifest.members, strict=True)
        ],
        "moved_aside": [{"from": str(old), "to": str(new)} for old, new in restored.aside],
        "notes": _notes(restored),
    }


def _notes(restored: Restored) -> list[str]:
    """What an operator has to know before it runs."""
    found = []
    try:
        store = load(restored.config).store.path
    except ConfigError as fault:
        found += [
            f"the configuration needs an edit here: {each}" for each in (fault, *fault.others)
        ]
    else:
        if store.resolve() != restored.store.resolve():
            found.append(
                f"the configuration names the store {store}: write [store] path = {str(restored.store)!r}"
            )
    if not owners.service_is_known():
        found.append(
            "there is no user lora-gateway here: before the service can read these files, make it"
            " (deploy/systemd/README.md) and give them to it with chown"
        )
    return found


def lines(answer: dict[str, Any]) -> list[str]:
    """The same for people."""
    config = answer["config"]
    start = (
        "systemctl start lora-gateway"
        if Path(config) == SERVICE_CONFIG
        else f"{program()} run --config {config}"
    )
    return [
        f"restored gateway {answer['gateway']} as of {answer['made_at']}",
        *(f"         {file['mode']} {file['path']}" for file in answer["files"]),
        *(f"aside    {moved['from']} is {moved['to']} now" for moved in answer["moved_aside"]),
        *(f"note     {note}" for note in answer["notes"]),
        "note     the old card must not run any more: brokers know both by one name",
        f"next     {program()} check --config {config}",
        f"         {start}",
    ]
