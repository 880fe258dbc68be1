"""The command that serves the built-in Invent over HTTP on this machine."""

from __future__ import annotations

import shlex
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import click

from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options
from invent_gitops.cli.result import Result, plain
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, WrongUsage


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port on 127.0.0.1. 0 takes any free port.",
)
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False),
    default="invent.sandbox.sqlite",
    show_default=True,
    help="Database of the broadcasts and segments.",
)
@click.option(
    "--fault",
    "specs",
    metavar="SPEC",
    multiple=True,
    help="Fault to cause: KIND[=ARGUMENT]@WHERE, such as close-after@create:3. Can be repeated.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the random faults.")
@click.option("--key", help="The only API key to accept.  [default: any key]")
@click.option(
    "--limit", type=click.IntRange(min=0), default=500, show_default=True, help="Requests per minute. 0 sets no limit."
)
@common_options
@answers("sandbox")
def sandbox(
    session: Session, port: int, path: str, specs: tuple[str, ...], seed: int, key: str | None, limit: int
) -> Result:
    """Serve a built-in Invent on 127.0.0.1 until Ctrl-C.

    It follows the documented routes and rules, and keeps its data in a file. It needs no account and
    messages nobody. Paste the two lines that it prints into another shell. Every command in that shell
    then uses it.

    With --fault it fails on purpose, so that you can see what a lost answer does. With -v it prints a
    line for each request.
    """
    from invent_gitops.sandbox.faults import Faults
    from invent_gitops.sandbox.server import HOST, serve
    from invent_gitops.sandbox.service import Sandbox

    if key is not None and (not key.isascii() or not key.isprintable() or not key or " " in key):
        raise WrongUsage("The key cannot be sent in a header.", "Use printable ASCII characters without spaces.")
    try:
        faults = Faults(*specs, seed=seed)
    except ValueError as error:
        raise WrongUsage(str(error), "Correct the --fault, or leave it out.") from error

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in signals]
    with ExitStack() as opening:
        opening.callback(_restore, signals, before)
        box = opening.enter_context(Sandbox(path, key=key, limit=limit))
        try:
            server = opening.enter_context(serve(box, port, faults, session.note if session.verbose else None))
        except OSError as error:
            cure = "Name another port with --port, or take any free one with --port 0."
            raise WrongUsage(f"The sandbox cannot listen on {HOST}:{port}: {error.strerror}.", cure) from error
        running = opening.pop_all()
    lines = f"export INVENT_BASE_URL={server.url}\nexport INVENT_API_KEY={shlex.quote(key or 'sandbox')}"
    note = (
        f"The sandbox serves until Ctrl-C and keeps its broadcasts in {path}. It listens on {HOST} only, "
        "and nothing leaves this machine."
    )
    body = {"url": server.url, "key": key or "sandbox", "file": path}
    return Result(
        "sandbox", ExitCode.DONE, lambda: body, plain(lines), notes=[note], afterwards=partial(_wait, running)
    )


def _wait(running: ExitStack) -> None:
    """Wait for Ctrl-C, then close what runs."""
    with running:
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


def _restore(signals: Sequence[signal.Signals], handlers: Sequence[Any]) -> None:
    for number, handler in zip(signals, handlers, strict=True):
        signal.signal(number, handler)
