"""The sections of the benchmarks: each yields its tables. A new section is one line in `benchmarks/__main__.py`."""
