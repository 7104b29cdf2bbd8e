"""`lora-gateway decode`: a dry run of a decoder on a payload, or of keys on a frame. Nothing is stored.

    decode --decoder NAME --f-port N --hex PAYLOAD [--received-at TIME]
    decode --codec FILE.js [--profile NAME] --f-port N --hex PAYLOAD
    decode --phy PHYPAYLOAD --nwk-s-key K --app-s-key K [--f-cnt-last N] [--decoder NAME]
    decode --phy PHYPAYLOAD --device NAME --config FILE
    decode --batch FILE.jsonl

Exit code 1 when the answer is a refusal; a batch is good when each line got its answer, whatever it is.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import msgspec
import typer
from typer import Option

from gateway.cli import EXIT_BAD
from gateway.cli.dry_run import Answer, Request, answers, refusal
from gateway.device import KEY_NAMES, NETWORK_SERVER, Device

if TYPE_CHECKING:
    from gateway.cli.codec_run import CodecRun

LINE_BYTES_MAX = 65_536
"""A request with the longest frame and all keys is below 2 kB."""

LINES_AT_ONCE = 512
"""Of a file: payloads for codecs go to their process together."""

KEY = "A session key, 32 hex digits; --device keeps it out of the shell's history."


def command(
    decoder: Annotated[str | None, Option(help="A built-in decoder's name.")] = None,
    codec: Annotated[str | None, Option(help="A JavaScript codec's file.")] = None,
    profile: Annotated[
        str | None, Option(help="With --codec: what its values mean, a name or a file.")
    ] = None,
    f_port: Annotated[int | None, Option(help="The payload's port.")] = None,
    payload: Annotated[str | None, Option("--hex", help="The payload.", metavar="HEX")] = None,
    received_at: Annotated[str | None, Option(help="When, as 2026-11-22T00:00:00Z.")] = None,
    phy: Annotated[str | None, Option(help="A whole PHYPayload.", metavar="HEX")] = None,
    nwk_s_key: Annotated[str | None, Option(help=KEY)] = None,
    app_s_key: Annotated[str | None, Option(help=KEY)] = None,
    f_nwk_s_int_key: Annotated[str | None, Option(help=KEY + " LoRaWAN 1.1.")] = None,
    s_nwk_s_int_key: Annotated[str | None, Option(help=KEY + " LoRaWAN 1.1.")] = None,
    nwk_s_enc_key: Annotated[str | None, Option(help=KEY + " LoRaWAN 1.1.")] = None,
    app_key: Annotated[str | None, Option(help="A root key, for join frames.")] = None,
    nwk_key: Annotated[str | None, Option(help="A root key of LoRaWAN 1.1.")] = None,
    f_cnt_last: Annotated[int | None, Option(help="The one counter heard before.", min=0)] = None,
    device: Annotated[str | None, Option(help="Take keys and decoder of this device.")] = None,
    config: Annotated[Path | None, Option(help="Where that device is configured.")] = None,
    batch: Annotated[Path | None, Option(help="Requests, one a line; - is stdin.")] = None,
    json: Annotated[bool, Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Try a decoder on a payload, or keys on a frame. Nothing is stored."""
    request = Request(
        decoder=decoder, codec=codec, profile=profile, f_port=f_port, payload=payload,
        received_at=received_at, phy=phy,
        nwk_s_key=nwk_s_key, app_s_key=app_s_key, f_nwk_s_int_key=f_nwk_s_int_key,
        s_nwk_s_int_key=s_nwk_s_int_key, nwk_s_enc_key=nwk_s_enc_key, app_key=app_key, nwk_key=nwk_key,
        f_cnt_last=f_cnt_last,
    )  # fmt: skip
    if batch is not None:
        if request != Request() or device or config:
            raise typer.BadParameter("takes no other option but --json", param_hint="--batch")
        _answer_file(batch)
        return
    codecs = None
    if device is not None or config is not None:
        known = _configured(device, config)
        _take_over(known, request)
        codecs = _codecs(known)
    _refuse_wrong_use(request)
    (given,) = answers([request], codecs)
    if codecs is not None:
        codecs.close()
    if json:
        sys.stdout.write(msgspec.json.encode(given).decode() + "\n")
    else:
        from gateway.cli.decode_view import show

        show(given)
    if given.refused is not None:
        raise typer.Exit(EXIT_BAD)


def _refuse_wrong_use(request: Request) -> None:
    """What no answer can be given to."""
    if request.phy is not None and request.payload is not None:
        raise typer.BadParameter(
            "is a payload; --phy is a frame with one in it", param_hint="--hex"
        )
    if request.decoder is not None and request.codec is not None:
        raise typer.BadParameter("is a decoder too; give one of the two", param_hint="--codec")
    if request.profile is not None and request.codec is None:
        raise typer.BadParameter("is for --codec", param_hint="--profile")
    decodes = request.decoder is not None or request.codec is not None
    complete = decodes and request.f_port is not None and request.payload is not None
    if request.phy is None and not complete:
        raise typer.BadParameter(
            "give --decoder or --codec, --f-port and --hex, or --phy and keys, or --batch"
        )


def _configured(name: str | None, config: Path | None) -> Device:
    """The device of this name in the configuration.

    Raises:
        ConfigError: the configuration is wrong.
    """
    if name is None or config is None:
        raise typer.BadParameter("--device and --config go together", param_hint="--device")
    from gateway.config import load
    from gateway.config.faults import did_you_mean

    devices = {device.name: device for device in load(config).devices}
    if name not in devices:
        raise typer.BadParameter(
            f"no such device; {did_you_mean(name, devices)}", param_hint="--device"
        )
    return devices[name]


def _take_over(device: Device, request: Request) -> None:
    """Fill what the request leaves open from the device; what was typed goes first."""
    for name in KEY_NAMES:
        key = getattr(device.keys, name)
        if key is not None and getattr(request, name) is None:
            setattr(request, name, key.hex())
    request.dev_eui = device.dev_eui
    if request.decoder is None and request.codec is None:
        if device.codec_path is not None:
            request.codec = str(device.codec_path)
        elif device.decoder not in ("", NETWORK_SERVER):
            request.decoder = device.decoder
    if request.f_port is None:
        request.f_port = device.f_port


def _answer_file(path: Path) -> None:
    """Write one answer for each line, as it is read."""
    if str(path) == "-":  # who writes requests by hand or program waits for each answer
        _answer_lines(sys.stdin.buffer, sys.stdout.buffer, at_once=True)
        return
    try:
        with path.open("rb") as lines:
            _answer_lines(lines, sys.stdout.buffer, at_once=False)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--batch") from error


def _answer_lines(lines: BinaryIO, out: BinaryIO, *, at_once: bool) -> None:
    """Answer in the order of the lines; a line that cannot be read is answered too."""
    read = msgspec.json.Decoder(Request)
    encode = msgspec.json.encode
    codecs = _codecs()
    try:
        while group := list(_requests(lines, read, 1 if at_once else LINES_AT_ONCE)):
            asked = [one for one in group if isinstance(one, Request)]
            given = iter(answers(asked, codecs))
            for one in group:
                out.write(encode(next(given) if isinstance(one, Request) else one))
                out.write(b"\n")
            if at_once:
                out.flush()
    finally:
        codecs.close()
    out.flush()


def _codecs(device: Device | None = None) -> "CodecRun":
    from gateway.cli.codec_run import CodecRun

    return CodecRun(device)


def _requests(
    lines: BinaryIO, read: msgspec.json.Decoder[Request], most: int
) -> Iterator[Request | Answer]:
    """The requests of the next lines, and answers to those that hold none."""
    while most and (line := lines.readline(LINE_BYTES_MAX)):
        most -= 1
        if len(line) == LINE_BYTES_MAX and not line.endswith(b"\n"):
            while not line.endswith(b"\n") and (line := lines.readline(LINE_BYTES_MAX)):
                pass
            yield refusal("malformed", f"the line is longer than {LINE_BYTES_MAX:,} bytes")
            continue
        try:
            yield read.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield refusal("malformed", f"no request: {error}")
