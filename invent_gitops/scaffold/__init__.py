"""What `init` writes: a project, and its workflows."""
