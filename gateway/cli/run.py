"""`lora-gateway run`: the daemon. SIGTERM and SIGINT end it in order, within 10 s."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.serve import LOG_LEVELS, serve


def command(
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")],
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Run the daemon until it is told to stop."""
    if log_level.lower() not in LOG_LEVELS:
        raise typer.BadParameter(f"--log-level {log_level!r}: write one of {', '.join(LOG_LEVELS)}")
    serve(config, log_level)
