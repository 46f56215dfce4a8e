#!/usr/bin/env python3
"""Runs a command and says on standard error how long it took and how much memory it used at most."""
import resource
import subprocess
import sys
import time

started = time.perf_counter()
status = subprocess.call(sys.argv[1:])
seconds = time.perf_counter() - started
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"  {seconds:.1f} s, at most {memory:.0f} MiB", file=sys.stderr)
sys.exit(status)
