"""`python -m invent_gitops` is the console script under another name."""

import os
import sys

# `python -m` looks for modules in the current folder first: a committed `json.py` would be taken for Python's own. This
# package, too, is found there before any line of it runs. In somebody else's folder, use the console script.
if sys.path[:1] == [os.getcwd()] and not sys.flags.safe_path:
    del sys.path[0]

from invent_gitops.cli import main  # after the line above, so that nothing is imported before it

if __name__ == "__main__":
    main()
