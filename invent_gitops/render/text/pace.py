"""How far a run is, how fast it goes and how long it still takes, in a few words."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.step import Step


def pace_text(step: Step) -> str:
    """`120 of 300, 2.4 a second, about 1 min 15 s left`, after its label; what is not known yet is left out."""
    return ", ".join([_count(step), *_rate(step), *_remaining(step)])


def short_pace_text(step: Step, width: int) -> str:
    """Return as much of `pace_text` as `width` characters hold: whole numbers, and the count before the others."""
    count = _count(step)
    choices = (
        [count, *_rate(step), *_remaining(step)],
        [count, *_remaining(step)],
        [count],
        [count.removeprefix(f"{step.label}: ")],
    )
    return next((text for choice in choices if len(text := ", ".join(choice)) <= width), "")


def _count(step: Step) -> str:
    label = f"{step.label}: " if step.label else ""
    return f"{label}{step.done:,}" if step.total is None else f"{label}{step.done:,} of {step.total:,}"


def _rate(step: Step) -> Iterator[str]:
    if step.rate is not None:
        yield f"{step.rate:,.1f} a second" if step.rate >= 1 else f"{step.rate * 60:,.1f} a minute"


def _remaining(step: Step) -> Iterator[str]:
    if step.remaining is not None:
        yield f"about {span_text(step.remaining)} left"


def span_text(seconds: float) -> str:
    """`45 s`, `1 min 15 s` or `2 h 5 min`."""
    minutes, rest_of_minute = divmod(round(seconds), 60)
    hours, rest_of_hour = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {rest_of_hour} min"
    return f"{minutes} min {rest_of_minute} s" if minutes else f"{rest_of_minute} s"
