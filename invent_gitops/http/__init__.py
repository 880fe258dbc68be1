"""What Invent's API and GitHub's share over HTTP."""
