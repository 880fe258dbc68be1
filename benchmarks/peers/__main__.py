"""`python -m benchmarks.peers [FOLDER]` installs the other programs that the benchmarks measure."""

from __future__ import annotations

import sys

from benchmarks.peers import FOLDER, folder_of

if __name__ == "__main__":
    peers = folder_of(sys.argv[1] if sys.argv[1:] else str(FOLDER))
    peers.install()
    for peer in peers.every():
        print(f"{peer.name}: {peer.read_version()}")
