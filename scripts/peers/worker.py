"""Runs one program in a process of its own: `worker.py FOLDER MODULE CLASS FILE [OPTION]`.

It sets the program up for the problem in FOLDER, takes the steps that are compared, writes the state into FILE and a line with the
versions to the output. Then, for each line that it reads, it times the same steps and prints the CPU seconds of one.

A program is made of a problem (and an option) and has three methods: `reset()` goes back to the start, `advance(steps)` takes steps,
`state()` is the state in the order of the mesh: densities, masses followed by points, or J.
"""

import importlib
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from problem import Problem

SECONDS = 0.3  # least CPU time of a measurement
SAMPLES = 3  # and least number of samples, unless one alone takes longer than a second


def main():
    folder, module, name, file, *options = sys.argv[1:]
    problem = Problem(folder)
    module = importlib.import_module(module)
    program = getattr(module, name)(problem, *options)
    program.reset()
    program.advance(problem.steps)
    np.asarray(program.state(), dtype="<f8").tofile(Path(file))
    about = {"versions": module.VERSIONS, "count": getattr(program, "count", problem.count)}
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        print(seconds(program, problem.steps), flush=True)


def seconds(program, steps):
    """CPU seconds of one step: the median over samples of `steps` of them."""
    samples = []
    while sum(samples) < SECONDS or (len(samples) < SAMPLES and sum(samples) < 1):
        program.reset()
        start = time.process_time()
        program.advance(steps)
        samples.append(time.process_time() - start)
    return statistics.median(samples) / steps


main()
