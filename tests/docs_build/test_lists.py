"""The site reads a list as GitHub does, whatever the columns that its entries have."""

from __future__ import annotations

import pytest

from docs_build.lists import with_wide_lists


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("A:\n- b\n- c", "A:\n\n- b\n- c"),
        ("A\n\n- b\n- c\n\nD", "A\n\n- b\n- c\n\nD"),
        (
            "1. a\n\n   ```sh\n   x\n     y\n   ```\n\n   b\n2. c",
            "1. a\n\n    ```sh\n    x\n      y\n    ```\n\n    b\n\n2. c",
        ),
        ("- a\n  goes on\n  - b\n    - c\n- d", "- a\n    goes on\n    - b\n        - c\n- d"),
        ("- a\ngoes on\n\nB", "- a\n    goes on\n\nB"),
        ("10. a\n    b\n11. c", "10. a\n    b\n11. c"),
        ("```text\n- a\n  - b\n```\n- c", "```text\n- a\n  - b\n```\n\n- c"),
        ("- a\n\n```sh\n- x\n```", "- a\n\n```sh\n- x\n```"),
        ("- a\n\n  b\n- c\n- d\n  e\n- f", "- a\n\n    b\n\n- c\n- d\n    e\n- f"),
        ("- [ ] a\n- [x] b", "- [ ] a\n- [x] b"),
        ("a - b\n2027. A year\n", "a - b\n\n2027. A year\n"),
        ("**a**\n\n*b* c\n-d", "**a**\n\n*b* c\n-d"),
        ("- a\n# B\n- c", "- a\n# B\n\n- c"),
        ("- a\n\n  | x | y |\n  | --- | --- |\n  | 1 | 2 |", "- a\n\n    | x | y |\n    | --- | --- |\n    | 1 | 2 |"),
    ],
)
def test_what_belongs_to_an_entry_has_four_columns_a_level(written: str, expected: str) -> None:
    assert with_wide_lists(written) == expected


def test_a_page_that_is_wide_already_stays() -> None:
    page = "A\n\n- b\n    - c\n\n        ```sh\n        d\n        ```\n\n1. e\n\n    f\n"
    assert with_wide_lists(page) == page
    assert with_wide_lists(with_wide_lists(page)) == page
