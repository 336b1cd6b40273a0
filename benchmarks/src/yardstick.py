"""Lets a benchmark in Node time work in PyTorch, one measurement at a time, so that both take turns.

Prints one line that says what runs, then answers each line {"case": NAME, "repetitions": N} on the standard input
with the milliseconds of one repetition, wall and CPU of this process.
"""
import json
import os
import sys
import time

# One thread, set before torch is loaded: OpenBLAS reads it once.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import torch

torch.set_num_threads(1)


def serve(cases):
    """cases: by name, a function that makes ready and returns what to time."""
    print(json.dumps({"engine": f"torch {torch.__version__}", "threads": torch.get_num_threads()}), flush=True)
    ready = {}
    for line in sys.stdin:
        request = json.loads(line)
        name, repetitions = request["case"], request["repetitions"]
        if name not in ready:
            ready = {name: cases[name]()}  # drops the one before: its memory is needed
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(repetitions):
            ready[name]()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        print(json.dumps({"wallMs": wall * 1e3 / repetitions, "cpuMs": cpu * 1e3 / repetitions}), flush=True)
