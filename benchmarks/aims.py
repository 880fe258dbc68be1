"""The aims of this project's speed, each with what was reached."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Aim:
    """`values` are the names of what is judged, the worst of them; `least` and `most` bound what reaches the aim.

    The figure is rounded to as many digits as it is written with before it is judged.
    """

    text: str
    values: Sequence[str]
    form: Callable[[float], str]
    least: float = float("-inf")
    most: float = float("inf")

    def judged(self, reached: Mapping[str, float]) -> tuple[str, str]:
        """Return what was reached and the verdict."""
        if absent := [name for name in self.values if name not in reached]:
            return "–", f"not measured ({', '.join(absent)})"
        figures = [round(reached[name], 3) for name in self.values]
        missed = [figure for figure in figures if not self.least <= figure <= self.most]
        return " / ".join(map(self.form, figures)), "**missed**" if missed else "reached"


def times(figure: float) -> str:
    return f"{figure:.2f} ×"


def megabytes(figure: float) -> str:
    return f"{figure:.0f} MB"


def seconds(figure: float) -> str:
    return f"{figure:.2f} s"


def percent(figure: float) -> str:
    return f"{figure:.1%}"


FLOOR = [f"plan 10000 {kind}floor" for kind in ("", "edited ")]
MEMORY = [f"plan 10000 {kind}memory" for kind in ("", "edited ")]
STARTS = [f"start {label}" for label in ("--version", "--help", "completion")]
AIMS = (
    Aim("`plan`, 10,000 definitions, nothing / 5 % edited: at most 1.5 × the floor", FLOOR, times, most=1.5),
    Aim("the same: at most 80 MB", MEMORY, megabytes, most=80),
    Aim("`plan`, 100,000 definitions: at most 11 × the time of 10,000", ["plan growth 10000 100000"], times, most=11),
    Aim(
        "the same, nothing / 5 % edited: at most 450 MB",
        [name.replace("10000", "100000") for name in MEMORY],
        megabytes,
        most=450,
    ),
    Aim(
        "`validate`, 10,000: at least 10 × as fast as check-jsonschema",
        ["validate 10000 check-jsonschema"],
        times,
        least=10,
    ),
    Aim("`plan`, 10,000: at least 8 × as fast as octoDNS", ["plan 10000 octoDNS"], times, least=8),
    Aim("`plan`, 1,000: at least 8 × as fast as Terraform", ["plan 1000 Terraform"], times, least=8),
    Aim("`history`, 2,000 state commits: at most 5 s", ["history 2000 seconds"], seconds, most=5),
    Aim("the same: at most 100 MB", ["history 2000 memory"], megabytes, most=100),
    Aim(
        "creates at 1 / 8 / 16 against 50 ms: at least 90 % of workers ÷ latency",
        ["creates 1", "creates 8", "creates 16"],
        percent,
        least=0.9,
    ),
    Aim(
        "creates with the pace on: within 3 % of the pace, never above",
        ["creates paced"],
        percent,
        least=0.97,
        most=1.0,
    ),
    Aim("`--version` / `--help` / `completion`: at most 4.5 × `python -c pass`", STARTS, times, most=4.5),
)


def table(reached: Mapping[str, float]) -> Iterator[str]:
    """Yield the Markdown table of all aims."""
    yield "| aim | reached | |"
    yield "| --- | --- | --- |"
    for aim in AIMS:
        yield f"| {aim.text} | {' | '.join(aim.judged(reached))} |"
