"""The base of every frozen value, and what makes a changed copy of one.

A class of values costs microseconds to define and a value a third of one to make; see
docs/decisions/0015-values-are-structs.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import force_setattr

if TYPE_CHECKING:
    # Takes the same arguments, and the type checker knows the fields that it may change.
    from dataclasses import replace
else:
    from msgspec.structs import replace

__all__ = ("Struct", "field", "force_setattr", "replace")
