"""The pages for pull requests and job summaries."""
