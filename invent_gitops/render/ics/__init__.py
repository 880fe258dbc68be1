"""Feeds for calendars that people subscribe to."""
