"""Who owns a path by CODEOWNERS, with the examples of GitHub's own page about it."""

from __future__ import annotations

import pytest

from invent_gitops.review.codeowners import owners_of


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*", "a/b.yaml", True),
        ("*.js", "src/deep/x.js", True),
        ("*.js", "src/x.json", False),
        ("/build/logs/", "build/logs/a/b", True),
        ("/build/logs/", "x/build/logs/a", False),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/deep/a.md", False),
        ("apps/", "x/apps/a", True),
        ("apps/", "apps", False),
        ("/docs/", "docs/a", True),
        ("/scripts/", "scripts/a/b", True),
        ("**/logs", "deep/er/logs/x", True),
        ("**/logs", "logs/x", True),
        ("/apps/github", "apps/github/x", True),
        ("/apps/github", "apps/githubby", False),
        ("invent.yaml", "eu/invent.yaml", True),
        ("/invent.yaml", "eu/invent.yaml", False),
        ("/*.yaml", "invent.yaml", True),
        ("/*.yaml", "eu/invent.yaml", False),
        (".github/**", ".github/workflows/x.yml", True),
        ("/**/x.yml", "a/b/x.yml", True),
        ("!/invent.yaml", "invent.yaml", False),
        ("[a-z]nvent.yaml", "invent.yaml", False),
    ],
)
def test_a_pattern_fits_what_it_fits_at_github(pattern: str, path: str, fits: bool) -> None:
    assert owners_of(f"{pattern} @acme/team", path) == (("@acme/team",) if fits else ())


def test_the_last_line_that_fits_decides_also_if_it_names_nobody() -> None:
    text = "* @all # everyone\n\n# a comment\n/invent.yaml @acme/a b@example.com\n/segments.yaml   # none\n"
    assert owners_of(text, "invent.yaml") == ("@acme/a", "b@example.com")
    assert owners_of(text, "segments.yaml") == ()
    assert owners_of(text, "README.md") == ("@all",)


def test_what_is_no_name_of_an_owner_owns_nothing() -> None:
    assert owners_of("* @TEAM somebody @\n", "x") == ()
