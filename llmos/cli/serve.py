"""`llmos serve`: REST, WebSocket and cockpit over one robot, until Ctrl-C."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmos.cli.options import Place, record, robot, run_async, scene
from llmos.cli.system import make_home, notice
from llmos.errors import LLMosError

if TYPE_CHECKING:
    from llmos.server.launch import Address

NO_SERVICE = "The service needs packages that are not installed: pip install 'llmos[service]'"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; others than this machine need a token.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@robot
@scene
@record
@click.option("--model", metavar="M", help="A name of `llmos model list`, provider:ID, local:FILE, cassette:FILE.")
@click.option("--workspace", metavar="DIR", type=Place(), help="Where tools may read and write.")
@click.option("--budget-usd", type=click.FloatRange(min=0), metavar="X", help="The most that may be spent in all.")
@click.option("--approve", multiple=True, metavar="never|PATTERN", help="What agents may do unasked; may be repeated.")
@click.option(
    "--allow-origin", multiple=True, metavar="URL", help="Pages of this origin may command it; may be repeated."
)
@click.option("--token-file", type=Place(dir_okay=False), help="Demand these tokens; made if missing.")
@click.option("--certfile", type=Place(dir_okay=False), help="Certificate chain (PEM): serve TLS 1.2 or newer.")
@click.option("--keyfile", type=Place(dir_okay=False), help="Its private key, if it stands in a file of its own.")
def serve(
    host: str,
    port: int,
    allow_origin: tuple[str, ...],
    token_file: Path | None,
    certfile: Path | None,
    keyfile: Path | None,
    **options: Any,  # noqa: ANN401 - click's own
) -> None:
    """Serve one robot over REST and WebSocket, with a cockpit for the browser, until Ctrl-C.

    POST /emergency stops the robot even while the service is busy.
    """
    from importlib.util import find_spec

    if keyfile and not certfile:
        raise click.UsageError("--keyfile needs --certfile; without a certificate the service would speak plain HTTP.")
    if "ask" in options["approve"]:
        raise click.UsageError(
            "--approve ask needs a terminal to ask at, and a service has none; say never or a PATTERN."
        )
    if not all(map(find_spec, ("fastapi", "uvicorn", "websockets", "prometheus_client"))):
        raise LLMosError(NO_SERVICE)
    from llmos.server.launch import Address

    make_home()
    address = Address(host, port, allow_origin, token_file, str(certfile or ""), str(keyfile or ""))
    run_async(lambda: _serve(address, options))


async def _serve(address: "Address", options: dict[str, Any]) -> None:
    from dataclasses import replace

    from llmos.boot.options import Options
    from llmos.boot.system import LLMOS
    from llmos.server.launch import access_for, bind, listen
    from llmos.server.service import make_service

    chosen = Options(**{**options, "approve": tuple(options["approve"])}, realtime=True)
    listening = bind(address)
    try:
        async with LLMOS(options=chosen) as system:
            address = replace(address, port=listening.getsockname()[1])
            access = access_for(address, system.environment.home, click.echo)
            service = make_service(system, access)
            name, stop = service.body.name, service.snapshot().stop

            def ready() -> None:
                click.echo(f"Serving {name} at {address.url} (cockpit: {address.url}/cockpit).")
                if access.tokens:
                    click.echo(f"Browsers log in at {address.url}/login.")
                click.echo("POST /emergency stops it. Ctrl-C ends the service.")
                if stop is not None:
                    notice(f"It is stopped: {stop.reason}. Look at it, then rearm it in the cockpit or by POST /reset.")

            await listen(service, listening, address, ready)
    finally:
        listening.close()
