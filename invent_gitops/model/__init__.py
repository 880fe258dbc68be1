"""Frozen values that every other room speaks in; no I/O and no rules of their own."""
