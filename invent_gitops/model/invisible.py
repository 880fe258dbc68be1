"""The characters that nobody sees in review: what controls, hides, reorders or breaks the text around it."""

from __future__ import annotations

import re

# Controls, line ends, what turns the direction of writing, what has no width at all, fillers that are empty letters,
# and tags, unless they belong to a flag. What joins emoji and letters, or chooses their form, is left: people write it.
INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007f]"
)
