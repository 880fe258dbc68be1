"""Where the recorded state lives: its text, its journal, and its two places (a file, a git branch)."""
