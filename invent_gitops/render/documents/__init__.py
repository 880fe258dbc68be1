"""The JSON documents that `--json` and `--out` write."""
