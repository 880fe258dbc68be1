"""The secrets that a run is given, taken out of everything that it prints or writes."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.project import KEY_VARIABLES

# Variables of the environment, beside those that may hold a key. A very short value is a test's, and would garble
# everything.
SECRETS = ("GITHUB_TOKEN", "GH_TOKEN")
LEAST = 8


def without_secrets(text: str, environment: Mapping[str, str]) -> str:
    """`text` without the secrets, should somebody echo one; the longest first, since one may begin as another does."""
    held = {environment[name].strip() for name in environment if name in SECRETS or KEY_VARIABLES.fullmatch(name)}
    for secret in sorted((one for one in held if len(one) >= LEAST), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
