"""The shared vocabulary of the pages: each cell is worded once, for the terminal and for Markdown."""
