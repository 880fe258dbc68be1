"""`python -m invent_gitops` is the console script under another name."""

from invent_gitops.cli import start

if __name__ == "__main__":
    start()
