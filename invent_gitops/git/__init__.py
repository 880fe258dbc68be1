"""Every call of git: which repository it acts on, what of its settings counts, and what its answers mean."""
