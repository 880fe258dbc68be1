"""A pull request as values: the comment, and the evidence that it was approved."""
