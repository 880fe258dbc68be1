"""The characters that nobody sees in review: what controls, hides, reorders or breaks the text around it."""

from __future__ import annotations

import re

# Controls, line ends, what turns the direction of writing, what has no width at all, fillers that are empty letters,
# and tags, unless they belong to a flag. What joins emoji and letters, or chooses their form, is left: people write it.
# A flag has at most six tags and an end.
_NO_FLAG_BEFORE = "".join(f"(?<!\U0001f3f4{'.' * distance})" for distance in range(7))
_FORMS = "[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800"
    "\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U00016fe4\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff]"
    f"|{_NO_FLAG_BEFORE}[\U000e0020-\U000e007f]"
    # One form is chosen once; more of them hide a text.
    f"|(?<={_FORMS}){_FORMS}",
    re.DOTALL,
)

# Whatever takes no ink, also what people write: joiners, selectors and the other code points that fonts ignore. So a
# text is searched, not shown.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U00016fe4\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
