"""How far a run is, how fast it goes and how long it still takes, in a few words."""

from __future__ import annotations

from invent_gitops.model.step import Step


def pace_text(step: Step) -> str:
    """`120 of 300, 2.4 a second, about 1 min 15 s left`; what is not known yet is left out."""
    parts = [f"{step.done:,} of {step.total:,}"]
    if step.rate is not None:
        parts.append(f"{step.rate:,.1f} a second" if step.rate >= 1 else f"{step.rate * 60:,.1f} a minute")
    if step.remaining is not None:
        parts.append(f"about {span_text(step.remaining)} left")
    return ", ".join(parts)


def span_text(seconds: float) -> str:
    """`45 s`, `1 min 15 s` or `2 h 5 min`."""
    minutes, rest_of_minute = divmod(round(seconds), 60)
    hours, rest_of_hour = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {rest_of_hour} min"
    return f"{minutes} min {rest_of_minute} s" if minutes else f"{rest_of_minute} s"
