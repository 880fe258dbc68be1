"""The feed of the calendar, as iCalendar (RFC 5545), for programs that subscribe to it."""
