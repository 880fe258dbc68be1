"""How long a create can take, for those who must know when it is surely over."""

from __future__ import annotations

# Seconds without a byte after which the answer to a create is given up. It may take minutes on a large account;
# giving up early only makes an unknown of it.
SILENCE = 300.0
# Seconds that a request and its whole answer may take beyond that, however often a byte comes.
GRACE = 30.0
# Seconds after `fresh` said yes for the last time in which a create ends, whatever happens: from then on, nothing of it
# leaves this machine any more.
LONGEST_EXCHANGE = SILENCE + GRACE
