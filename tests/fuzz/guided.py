"""Looks for inputs that reach code which no earlier one has reached, with atheris (libFuzzer for Python)."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fuzz.targets import Target

LONGEST = 64 * 1024
# Valid and spoiled documents to begin with.
SEEDS = 200
# Seconds and megabytes that one input may take; libFuzzer watches over both.
PATIENCE = 60
MEMORY = 1_024


def instrument() -> None:
    """Import the product so that it reports what it reaches. Nothing may have imported it before."""
    import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

    # It names each module on stderr.
    with contextlib.redirect_stderr(io.StringIO()), atheris.instrument_imports(include=["invent_gitops"]):
        zygote = importlib.import_module("tests.forking")
        zygote.import_everything()


def explore(target: Target, *, seconds: float, seed: int, keep: Path) -> int:
    """Try inputs for so long. The exit code is 1 if one of them has a fault, which ends the search."""
    import atheris

    from tests.fuzz.__main__ import keep as keep_input
    from tests.fuzz.bench import set_up

    scratch = tempfile.TemporaryDirectory(prefix="fuzz-guided-")
    corpus = Path(scratch.name) / "corpus"
    corpus.mkdir()
    for number in range(SEEDS):
        (corpus / str(number)).write_bytes(target.input(Random(f"{seed}/{number}")))  # noqa: S311
    keep.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + seconds
    total = {"executions": 0, "bytes": 0}

    def meet(raw: bytes) -> None:
        if time.monotonic() > until:
            _leave(0)
        total["executions"] += 1
        total["bytes"] += len(raw)
        fault = target.run(bench, raw)
        if fault:
            keep_input(raw, target.name, keep, fault.kind, fault.details)
            _leave(1)

    def _leave(code: int) -> None:
        print(f"{target.name}: {total['executions']} inputs, {total['bytes']:,} bytes", flush=True)
        scratch.cleanup()
        # libFuzzer would take any other end for a crash of its own.
        os._exit(code)

    with set_up() as bench:
        options = [f"-seed={seed}", f"-max_len={LONGEST}", f"-timeout={PATIENCE}"]
        options += [f"-rss_limit_mb={MEMORY}", f"-artifact_prefix={keep}/", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *options, str(corpus)], meet, custom_mutator=_mutator(target))
        atheris.Fuzz()
    return 1


def _mutator(target: Target) -> Any:
    """Half of the time another document of the same kind or a scribble, half of the time libFuzzer's own changes."""
    import atheris

    from tests.fuzz.mutations import as_bytes, scribbled, spoiled, values

    def mutate(raw: bytes, most: int, seed: int) -> bytes:
        chance = Random(seed)  # noqa: S311
        kind = chance.randrange(8)
        made: bytes = b""
        if kind < 3:
            known, value = values(raw)
            if known:
                made = as_bytes(target.spell(spoiled(value, chance), chance), chance)
        elif kind < 5:
            made = as_bytes(scribbled(raw.decode("utf-8", "replace"), chance), chance)
        elif kind == 5:
            made = target.input(chance)
        return made[:most] or bytes(atheris.Mutate(raw, most))

    return mutate
