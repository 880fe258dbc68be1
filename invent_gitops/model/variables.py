"""The variables of the environment that may hold a key of Invent."""

from __future__ import annotations

import re

KEY_VARIABLE = "INVENT_API_KEY"
KEY_VARIABLES = re.compile(r"INVENT_API_KEY(?:_[A-Z0-9_]{1,100})?")
