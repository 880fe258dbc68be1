"""What the terminal and the pull request print alike: one number is one number on both pages."""

import pytest

from invent_gitops.render.cells.counts import share_text


@pytest.mark.parametrize(
    ("part", "total", "text"),
    [
        (99_999, 100_000, "99.9%"),
        (1_190, 1_230, "96.7%"),
        (1, 100_000, "0.1%"),
        (1, 2_000, "0.1%"),
        (999, 1_000, "99.9%"),
        (1_999, 2_000, "99.9%"),
        (1, 3, "33.3%"),
        (1, 8, "12.5%"),
        (2_471, 10_000, "24.7%"),
        (24_715, 100_000, "24.7%"),
        (2_475, 10_000, "24.8%"),
        (10**15 - 1, 10**15, "99.9%"),
        (0, 7, "0.0%"),
        (7, 7, "100.0%"),
        (30, 1, ""),
        (1, 0, ""),
        (0, 0, ""),
        (None, 7, ""),
        (7, None, ""),
    ],
)
def test_share_is_rounded_once_and_is_all_or_nothing_only_if_it_is(
    part: int | None, total: int | None, text: str
) -> None:
    assert share_text(part, total) == text
