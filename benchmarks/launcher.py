"""Runs one process and prints its seconds, its processor seconds, its peak memory in KB and its exit code.

`python -I -S benchmarks/launcher.py PATIENCE WORD...` kills it after so many seconds, and prints -9 then. The peak of a
process counts what its parent held at the fork, so that the parent has to be this small: an empty Python is no smaller.
"""

import os
import signal
import sys
import time


def main() -> None:
    patience, *words = sys.argv[1:]
    null = os.open(os.devnull, os.O_RDWR)
    streams = [(os.POSIX_SPAWN_DUP2, null, stream) for stream in (0, 1, 2)]
    began = time.perf_counter()
    process = os.posix_spawnp(words[0], words, os.environ, file_actions=streams, setpgroup=0)
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, float(patience))
    _, status, used = os.wait4(process, 0)
    took = time.perf_counter() - began
    kilobytes = used.ru_maxrss // (1 if sys.platform != "darwin" else 1024)
    print(took, used.ru_utime + used.ru_stime, kilobytes, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
