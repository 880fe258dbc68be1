"""The secrets that a run is given, taken out of everything that it prints or writes."""

from __future__ import annotations

from collections.abc import Mapping

# Variables of the environment. A very short value is a test's, and would garble everything.
SECRETS = ("INVENT_API_KEY", "GITHUB_TOKEN", "GH_TOKEN")
LEAST = 8


def without_secrets(text: str, environment: Mapping[str, str]) -> str:
    """`text` without the secrets, should somebody echo one."""
    for name in SECRETS:
        secret = environment.get(name, "").strip()
        if len(secret) >= LEAST:
            text = text.replace(secret, "***")
    return text
