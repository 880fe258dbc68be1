"""Pages for a browser: each is one file that asks for nothing."""
