"""`lora-gateway codec`: try a JavaScript codec, begin one, and take the city's own formats elsewhere.

    codec test FILE.js [--vectors FILE] [--profile NAME] [--f-port N --hex PAYLOAD]
    codec new NAME [--into DIR]
    codec export air_quality --as ts013|c-header [--out FILE]

`test` exits with 0 when every vector passes and the payload, if one is given, is decoded; with 1 when not, and
when there is nothing to run.
"""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from typer import Argument, Option

from decoders.city.families import LAYOUTS
from decoders.javascript.vectors import BadVectors, Vector, Vectors, read_vectors
from gateway import __version__
from gateway.cli import EXIT_BAD
from gateway.cli.options import JsonOption, moment_ns
from gateway.errors import Refused

VECTORS_BYTES_MAX = 16 * 1024 * 1024
GIVEN = "the payload of --hex"

group = typer.Typer(
    no_args_is_help=True,
    help="Try a JavaScript codec, begin a new one, or export the city's formats.",
)

FAMILIES = {layout.name: layout for layout in LAYOUTS}


class Form(StrEnum):
    """What a family is exported as."""

    ts013 = "ts013"
    c_header = "c-header"


@group.command("test")
def try_codec(
    file: Annotated[Path, Argument(help="The codec, a JavaScript file.", metavar="FILE")],
    vectors: Annotated[
        Path | None, Option(help="Vectors, JSON or JSONL; else examples.json beside the codec.")
    ] = None,
    profile: Annotated[
        str | None, Option(help="What its values mean, a name or a file; as of a device.")
    ] = None,
    f_port: Annotated[
        int | None, Option(help="The port of a payload to try.", min=0, max=255)
    ] = None,
    payload: Annotated[str | None, Option("--hex", help="A payload to try.", metavar="HEX")] = None,
    received_at: Annotated[str | None, Option(help="When, as 2026-11-22T00:00:00Z.")] = None,
    json: JsonOption = False,
) -> None:
    """Run a codec's vectors, and say what would be stored of its values."""
    from gateway.cli.codec_report import report
    from gateway.cli.codec_view import lines

    given = _given(f_port, payload, received_at)
    place, found = _vectors(file, vectors)
    try:
        document = report(file, profile, place, found, given)
    except Refused as refused:
        raise typer.BadParameter(refused.sentence, param_hint="--profile") from None
    if json:
        print(msgspec.json.format(msgspec.json.encode(document)).decode())
    else:
        for line in lines(document):
            print("".join(sign if sign.isprintable() else "?" for sign in line))
    if not document.good:
        raise typer.Exit(EXIT_BAD)


@group.command("new")
def begin_codec(
    name: Annotated[str, Argument(help="Of the codec: a-z, 0-9, - and _.")],
    into: Annotated[Path, Option(help="The folder in which its folder is made.")] = Path(),
) -> None:
    """Begin a codec: a folder with the script, its vectors and a profile, which pass as they are."""
    from gateway.cli.codec_new import begin
    from gateway.cli.options import program

    try:
        folder = begin(name, into)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    except OSError as error:
        print(f"lora-gateway: {error.filename}: {error.strerror}", file=sys.stderr)
        raise typer.Exit(EXIT_BAD) from None
    for file in sorted(folder.iterdir()):
        print(f"wrote    {file}")
    print(f"try it   {program()} codec test {folder / name}.js --profile {folder / 'profile.toml'}")


@group.command("export")
def export_family(
    family: Annotated[
        str, Argument(help="A format of the city's own nodes.", metavar="|".join(FAMILIES))
    ],
    form: Annotated[
        Form, Option("--as", help="A codec for network servers, or an encoder for firmware.")
    ],
    out: Annotated[Path | None, Option(help="A new file, instead of stdout.")] = None,
) -> None:
    """Write one of the city's formats as a TS013 codec or as a C header with an encoder."""
    from decoders.export.c_header import header
    from decoders.export.ts013 import codec

    layout = FAMILIES.get(family)
    if layout is None:
        raise typer.BadParameter(
            f"{family!r}: there are {', '.join(FAMILIES)}", param_hint="FAMILY"
        )
    write = codec if form is Form.ts013 else header
    text = write(layout, f"lora-gateway {__version__}")
    if out is None:
        sys.stdout.write(text)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise typer.BadParameter(f"{out} is there already", param_hint="--out") from None
    except OSError as error:
        raise typer.BadParameter(f"{out}: {error.strerror}", param_hint="--out") from None


def _given(f_port: int | None, payload: str | None, received_at: str | None) -> Vector | None:
    """The payload of the command line, if there is one."""
    if (f_port is None) != (payload is None) or (received_at is not None and payload is None):
        raise typer.BadParameter("--f-port and --hex go together", param_hint="--hex")
    if f_port is None or payload is None:
        return None
    try:
        raw = bytes.fromhex(payload)
    except ValueError:
        raise typer.BadParameter("is not hex", param_hint="--hex") from None
    when = None
    if received_at is not None:
        from datetime import UTC, datetime

        when = datetime.fromtimestamp(moment_ns(received_at) / 1e9, UTC)
    return Vector(GIVEN, f_port, raw, when, {})


def _vectors(codec: Path, named: Path | None) -> tuple[Path | None, Vectors]:
    """(file, its vectors) of a codec: the file that is named, or the one beside it."""
    beside = (codec.with_suffix(".examples.json"), codec.with_name("examples.json"))
    path = named or next((path for path in beside if path.is_file()), None)
    if path is None:
        return None, Vectors(())
    try:
        if path.suffix in (".yaml", ".yml"):
            raise BadVectors("YAML is not read; make it JSON, as `yq -o json FILE` does")
        if path.stat().st_size > VECTORS_BYTES_MAX:
            raise BadVectors(f"it is longer than {VECTORS_BYTES_MAX:,} bytes")
        return path, read_vectors(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, BadVectors) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise typer.BadParameter(f"{path}: {reason}", param_hint="--vectors") from None
