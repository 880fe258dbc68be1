"""What a step of a workflow says to GitHub: annotations and outputs."""
