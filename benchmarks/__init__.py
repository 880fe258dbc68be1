"""The benchmarks of this project: `python -m benchmarks`."""
