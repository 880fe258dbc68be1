"""One YAML document made JSON-shaped, which still knows the position of every value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from invent_gitops.model.problem import Position
from invent_gitops.values import Struct, field

Path = tuple[str | int, ...]


class Span(Struct, frozen=True):
    """Where something stands, the text of its line, and how many characters of it to underline."""

    position: Position
    source: str
    length: int


class Comment(Struct, frozen=True):
    """A comment that ends the unquoted text at `path` on its own line: `text` from its `#` on, and where it stands."""

    path: Path
    text: str
    span: Span


class Document(Struct, frozen=True):
    """`content` is made of dict, list, str, int, float, bool and None only.

    `default_key` is the file's path below the definitions folder without its suffix, or "" where the
    document must name its own. `start` is the position of the document's first value, `marks` the lines and
    columns of the values of its top level. `locate(path)` is the span of the value at that path, and
    `locate(path, of_key=True)` that of the key which leads to it; of the nearest parent if there is none.
    `locate` may read the text again, so it is for problems, not for every document. `comments` are those that end a
    text.
    """

    content: object
    default_key: str
    locate: Callable[..., Span]
    start: Position = Position("")
    marks: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    comments: tuple[Comment, ...] = ()
