"""Which characters a file may not hold: all that YAML 1.2 does not allow, and a few more."""

from __future__ import annotations

import re
import sys

from invent_gitops.load import files

# As the specification has it: what is allowed. Two line ends of YAML 1.1 and the mark of a byte order are not.
_ALLOWED = re.compile("[\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def test_every_character_is_either_allowed_or_refused() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    wrong = [f"{ord(sign):x}" for sign in every if bool(_ALLOWED.match(sign)) == bool(files._REFUSED.match(sign))]
    assert not wrong
