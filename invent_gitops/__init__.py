"""Broadcasts as code for Invent: review a campaign in git, create it once, keep its id."""

__version__ = "0.1.0"
