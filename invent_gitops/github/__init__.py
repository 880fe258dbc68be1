"""GitHub, as a step of a workflow meets it: its files, its event, and its API for comments and issues."""
