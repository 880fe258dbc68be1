"""The statuses of broadcasts in Invent, and what each set of them means here."""

from __future__ import annotations

# The status of a record whose broadcast Invent does not list any more; a word of this tool, not of the API.
GONE = "GONE"
# The status of a record that was restored, until a refresh reads the one of Invent; a word of this tool as well.
RESTORED = "UNKNOWN"
# Every status that the API documents.
DOCUMENTED = ("DRAFT", "SCHEDULED", "SENDING", "SENT", "CANCELLED", "FAILED")
# Of what is still to be sent.
COMING = ("DRAFT", "SCHEDULED")
# Of what is not to be sent any more.
OVER = ("SENT", "CANCELLED", "FAILED", GONE)
# Of what is not to come: it was sent, is being sent, or will not be, whatever its time.
NOT_TO_COME = (*OVER, "SENDING")
# Of what goes out or went out: somebody has it, or will in a moment.
GOING_OUT = ("SENDING", "SENT")
# Of what has begun, whatever came of it; it may show the time at which it did, where "at once" was requested.
BEGUN = (*GOING_OUT, "FAILED")
# Of what will never go out, or did not.
CALLED_OFF = ("CANCELLED", "FAILED")
