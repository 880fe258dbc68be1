"""Lets git use the token of a workflow, for the server of that workflow alone and with nothing written to disk."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

_LOOPBACK = r"http://(?:127\.0\.0\.1|localhost)(?::\d{1,5})?"
_SERVER = re.compile(rf"https://[A-Za-z0-9.-]+(?::\d{{1,5}})?|{_LOOPBACK}")


def token_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that give a git process the token of this workflow; none outside of a workflow.

    They are settings of one process. The first empties the list of headers for that server, since a
    checkout may have left one of its own behind, and GitHub refuses two; git picks them by the address
    that it calls, so that no other server sees the token.
    """
    token = (environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or "").strip()
    server = environment.get("GITHUB_SERVER_URL", "").rstrip("/")
    count = environment.get("GIT_CONFIG_COUNT") or "0"
    usable = re.fullmatch(r"[!-~]{1,4096}", token) and _SERVER.fullmatch(server) and re.fullmatch(r"\d{1,4}", count)
    if environment.get("GITHUB_ACTIONS") != "true" or not usable:
        return {}
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    first, name = int(count), f"http.{server}/.extraheader"
    return {
        "GIT_CONFIG_COUNT": str(first + 2),
        f"GIT_CONFIG_KEY_{first}": name,
        f"GIT_CONFIG_VALUE_{first}": "",
        f"GIT_CONFIG_KEY_{first + 1}": name,
        f"GIT_CONFIG_VALUE_{first + 1}": f"AUTHORIZATION: basic {basic}",
    }


def access_cure(output: str) -> str:
    """Return what to do where git, by its words, was denied access; "" for any other failure."""
    if re.search(r"could not read (?:Username|Password)|Authentication failed|returned error: 40[13]", output):
        return (
            "The remote denied git access. In a workflow give the step GITHUB_TOKEN, and the job the permission "
            "contents: write. Elsewhere check that git fetch works."
        )
    return ""
