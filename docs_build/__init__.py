"""The documentation: its generated reference, and what the builder of the site needs."""
