"""The secrets that a run is given, as the environment has them: light enough for every start."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.variables import KEY_VARIABLES

# Variables of the environment, beside those that may hold a key. A very short value is a test's, and would garble
# everything.
SECRETS = (
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GH_ENTERPRISE_TOKEN",
    "GITHUB_ENTERPRISE_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
)
LEAST = 8

_held: tuple[str, ...] = ()


def hold(environment: Mapping[str, str]) -> None:
    """Remember the secrets of an environment, for all that this process says from now on."""
    global _held  # noqa: PLW0603  # one process has one environment, and every text of it must be searched
    _held = given(environment)


def held() -> tuple[str, ...]:
    """Return the secrets that are remembered."""
    return _held


def given(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets of an environment, the longest first."""
    values = (environment[name].strip() for name in environment if name in SECRETS or KEY_VARIABLES.fullmatch(name))
    return tuple(sorted({value for value in values if len(value) >= LEAST}, key=len, reverse=True))
