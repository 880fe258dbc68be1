"""What happened, from the records and from git: history, and whether the chain of states is unbroken."""
