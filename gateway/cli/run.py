"""`lora-gateway run`: the daemon. SIGTERM and SIGINT end it in order, within 10 s."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.serve import serve


def command(
    config: Annotated[Path, typer.Option("--config", help="The gateway's configuration file.")],
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Run the daemon until it is told to stop."""
    serve(config, log_level)
