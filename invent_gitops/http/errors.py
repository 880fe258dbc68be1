"""What can go wrong between a request and its whole answer, and whether the request has left."""

from __future__ import annotations


class HttpError(Exception):
    """There is no whole answer; the message says why. The root of:

    - `NotSent`: nothing of the request has left this machine.
    - `AnswerLost`: it may have been carried out.
        - `EncodedAnswer`: the answer came, and it is encoded against what was asked for.
    """


class NotSent(HttpError):
    """Surely nothing of the request has left this machine.

    `stale` says that it waited too long, `unopened` that not even a connection came about, `lasting` that another try
    would end in the same way; then `cure` says what to do.
    """

    def __init__(
        self, reason: str, *, stale: bool = False, unopened: bool = False, lasting: bool = False, cure: str = ""
    ) -> None:
        super().__init__(reason)
        self.stale, self.unopened, self.lasting, self.cure = stale, unopened, lasting, cure


class AnswerLost(HttpError):
    """The request may have left, and no whole answer came back."""


class EncodedAnswer(AnswerLost):
    """The answer is compressed or encoded otherwise, against what was asked for: it is not unpacked."""
