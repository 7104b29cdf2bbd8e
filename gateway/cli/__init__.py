"""The command line: one command per file, each parses, calls and prints.

Only the module of the command that is called is imported: `run` starts without what draws tables.

    0   good
    1   the thing asked about is bad, or something that is needed is away
    2   wrong use of the command line
    78  wrong configuration (EX_CONFIG of sysexits.h; the unit does not restart after it)
"""

import errno
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, NamedTuple

from gateway import __version__
from gateway.cli import standard_files
from gateway.errors import ConfigError, GatewayError

EXIT_BAD = 1
EXIT_CONFIG = 78

FAULTS_SHOWN_MAX = 20
"""More than a screen of them have one cause."""


EXIT_CODES = "Exit codes: 0 good, 1 the thing asked about is bad or away, 2 wrong use, 78 wrong configuration."


class Entry(NamedTuple):
    """A command of the table."""

    module: str
    """Has a function `command` with its options as typed parameters, or a `group` of several."""
    summary: str
    """Its line in the help."""
    examples: tuple[str, ...] = ()
    """What can follow its name, shown below its options."""

    def below(self) -> str:
        """What stands below the options: examples, then the exit codes; a line each."""
        name = self.module.rpartition(".")[2].replace("_", "-")
        return "\n\n".join([*(f"lora-gateway {name} {end}" for end in self.examples), EXIT_CODES])


COMMANDS = {
    "run": Entry("gateway.cli.run", "Run the daemon."),
    "demo": Entry("gateway.cli.demo", "Show the whole pipeline on simulated devices."),
    "check": Entry("gateway.cli.check", "Check the configuration and print what it means."),
    "decode": Entry(
        "gateway.cli.decode",
        "Try a decoder on a payload, or keys on a frame.",
        (
            "--decoder air_quality --f-port 20 --hex 01060200fb0a281194",
            "--codec codecs/door.js --profile profiles/door.toml --f-port 85 --hex 01... --json",
            "--device aq-city-hall --config FILE --phy 40...",
        ),
    ),
    "codec": Entry(
        "gateway.cli.codec", "Test a JavaScript codec, begin one, or export the city's formats."
    ),
    "status": Entry("gateway.cli.status", "Show what is queued, stored and connected."),
    "query": Entry(
        "gateway.cli.query",
        "Print readings from the embedded store.",
        (
            'air_quality --device aq-city-hall --since "1 day" --format plot --config FILE',
            "--uplinks --limit 20 --config FILE",
        ),
    ),
    "dead-letters": Entry(
        "gateway.cli.dead_letters",
        "List, show, retry or drop what a database refused for good.",
        ('list --since "2 days" --config FILE', "retry --sink city --config FILE"),
    ),
    "redecode": Entry(
        "gateway.cli.redecode",
        "Decode what is kept again, by a mended decoder or an added key.",
        (
            '--device aq-city-hall --since "7 days" --config FILE',
            "--all --since 2026-11-01 --until 2026-11-08 --apply --config FILE",
        ),
    ),
    "devices": Entry(
        "gateway.cli.devices",
        "List devices and when each was heard; import and export lists.",
        ("import LIST --dry-run --config FILE", "export --config FILE > devices.csv"),
    ),
    "backup": Entry(
        "gateway.cli.backup",
        "Write this gateway into one file.",
        (
            "--config /etc/lora-gateway/gateway.toml /media/usb/kk-01.tar",
            "--config FILE - | age -r RECIPIENT > kk-01.tar.age",
        ),
    ),
    "restore": Entry(
        "gateway.cli.restore",
        "Put a gateway back from its backup.",
        ("/media/usb/kk-01.tar", "--into /tmp/look kk-01.tar"),
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; the program's arguments when none are given.

    Raises:
        SystemExit: always, with one of the codes above.
    """
    # Looking for plugins of pydantic costs 1.5 MB and 20 ms, and there are none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    standard_files.open_all()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given[:1] != ["run"] or not _served(given[1:]):
            _application(given[0] if given else "")(given)
    except ConfigError as fault:
        _tell_faults(fault)
        sys.exit(EXIT_CONFIG)
    except GatewayError as error:
        print(f"lora-gateway: {error}", file=sys.stderr)
        sys.exit(EXIT_BAD)
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        standard_files.drop_output()
        print(f"lora-gateway: standard output cannot be written: {error.strerror}", file=sys.stderr)
        sys.exit(EXIT_BAD)


def _served(arguments: list[str]) -> bool:
    """Run the daemon when its options are plain; what is not is left to those who can explain it."""
    from gateway.cli.serve import plain_options, serve

    options = plain_options(arguments)
    if options is None:
        return False
    serve(Path(options["config"]), options.get("log-level", "info"))
    return True


def _application(called: str) -> Callable[[list[str]], None]:
    """All commands by name and summary, and the called one with its options."""
    import typer

    app = typer.Typer(
        name="lora-gateway",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # they print local variables, and those hold keys
    )

    @app.callback(epilog=f"`lora-gateway COMMAND --help` says what each takes. {EXIT_CODES}")
    def root(
        version: Annotated[
            bool,
            typer.Option("--version", help="Print the version and exit.", callback=_version),
        ] = False,
    ) -> None:
        """LoRa sensor data from the air into a time-series database."""

    for name, entry in COMMANDS.items():
        if name == called:
            module = import_module(entry.module)
            if hasattr(module, "group"):
                app.add_typer(module.group, name=name, epilog=entry.below())
            else:
                app.command(name, epilog=entry.below())(module.command)
        else:
            app.command(name, help=entry.summary)(_not_called)
    return lambda given: app(args=given, prog_name="lora-gateway")


def _not_called() -> None:
    """Stands in the help for a command whose module was not imported."""


def _version(asked: bool) -> None:
    if asked:
        print(f"lora-gateway {__version__}")
        sys.exit(0)


def _tell_faults(first: ConfigError) -> None:
    """One paragraph per fault."""
    faults = (first, *first.others)
    for fault in faults[:FAULTS_SHOWN_MAX]:
        print(f"lora-gateway: {fault}", file=sys.stderr)
    if len(faults) > FAULTS_SHOWN_MAX:
        print(f"lora-gateway: and {len(faults) - FAULTS_SHOWN_MAX} more", file=sys.stderr)
