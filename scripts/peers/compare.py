"""Measures sphereflow and its peers side by side and prints the table (Markdown) on standard output.

Each figure is the median over rounds of the CPU time of one evaluation of J; within a round every program is measured once, in turn, so
that what else the machine does falls on all alike.
"""

import argparse
import datetime
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ducc0
import numba
import numpy as np
import threadpoolctl

import harmonics
import network

ROWS = 128  # of a block of the matrix in NumPy: the fastest of 64, 128, ..., 4096 here


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("bench", help="the executable of benches/peers.rs")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", nargs="*", help="problems, or all")
    options = arguments.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(options.bench, Path(folder))
        print(head(ours))
        table = Table(ours.cells)
        for problem in ours.problems:
            if not options.only or problem["name"] in options.only:
                programs = of_network(ours) if problem["name"] == "relu" else of_kernel(ours, problem)
                table.add(problem["name"], measure(programs, options.rounds))
        table.print_bars()


def say(text):
    print(text, file=sys.stderr, flush=True)


def head(ours):
    [blas] = [p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]
    model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), platform.machine())
    return (
        f"{datetime.date.today()}, {model}, one thread, {ours.cells} cells, {ours.data} data points, tolerance {ours.tolerance:g}.\n"
        f"Python {platform.python_version()}, NumPy {np.__version__} ({blas['internal_api']} {blas['version']}, kernel "
        f"{blas['architecture']}), Numba {numba.__version__}, ducc0 {ducc0.__version__}.\n"
    )


class Ours:
    """The other side: the project's own bench, in a process of its own."""

    def __init__(self, bench, folder):
        self.bench, self.folder = bench, folder
        about = self.run("export", folder)
        self.cells, self.data, self.tolerance, self.problems = (about[k] for k in ("cells", "data", "tolerance", "problems"))
        self.points = self.read("points").reshape(-1, 3)
        self.inputs = self.read("inputs").reshape(-1, 3)
        self.target = self.read("target").reshape(-1, 3)
        self.mass, self.outputs = self.read("masses"), self.read("outputs")

    def run(self, *arguments):
        return json.loads(subprocess.run([self.bench, *arguments], check=True, capture_output=True, text=True).stdout)

    def read(self, name):
        return np.fromfile(self.folder / name, dtype="<f8")

    def program(self, problem, evaluation):
        def run():
            seconds = self.run("measure", problem, evaluation, self.folder / "values")["seconds"]
            return seconds, self.read("values")

        return run


def timed(potential, mass):
    """A program that evaluates `potential` for half a second, three times at least."""

    def run():
        value, samples = potential(mass), []
        while len(samples) < 3 or sum(samples) < 0.5:
            start = time.process_time()
            value = potential(mass)
            samples.append(time.process_time() - start)
        return float(np.median(samples)), value

    return run


def of_kernel(ours, problem):
    name, degree = problem["name"], problem["degree"]
    transforms = harmonics.Transforms(name, degree, ours.points, ours.target, ours.tolerance)
    sample = np.linspace(0, ours.cells - 1, 12).astype(int)
    exact = harmonics.exact(name, degree, ours.points, ours.mass, ours.target, sample)
    return {
        "reference": (sample, exact),
        f"sphereflow, degree {degree}": ours.program(name, "auto"),
        f"ducc0, degree {degree}": timed(transforms.potential, ours.mass),
    }


def of_network(ours):
    data = ours.points, ours.inputs, ours.outputs
    stored = network.Stored(*data)
    programs = {
        "reference": (np.arange(ours.cells), stored.potential(ours.mass)),
        "sphereflow, auto": ours.program("relu", "auto"),
        "sphereflow, direct": ours.program("relu", "direct"),
        "NumPy, stored matrix": timed(stored.potential, ours.mass),
        "NumPy, matrix-free": timed(network.Blocks(*data, ROWS).potential, ours.mass),
        "Numba, matrix-free": timed(network.Loops(*data).potential, ours.mass),
    }
    for form in ("running", "flat"):
        programs[f"Numba, flips, {form}"] = timed(network.Flips(*data, form).potential, ours.mass)
    return programs


def measure(programs, rounds):
    """Rows (program, median, least, greatest CPU seconds, largest difference from the reference relative to its largest value)."""
    sample, reference = programs.pop("reference")
    seconds, difference = {name: [] for name in programs}, {}
    for k in range(rounds):
        for name, program in programs.items():
            say(f"round {k + 1} of {rounds}: {name}")
            spent, value = program()
            seconds[name].append(spent)
            difference[name] = abs(value[sample] - reference).max() / abs(reference).max()
    return [(name, np.median(s), min(s), max(s), difference[name]) for name, s in seconds.items()]


class Table:
    """The rows, printed as they come, and the bars at the end."""

    def __init__(self, cells):
        self.cells, self.seconds, self.disagreements = cells, {}, []
        print("| problem | program | CPU ms | least - greatest | ns a cell | times ours | difference |")
        print("|---|---|---|---|---|---|---|")

    def add(self, problem, rows):
        ours = rows[0][1]
        for name, middle, least, greatest, difference in rows:
            self.seconds[problem, name.split(", degree")[0]] = middle
            print(
                f"| {problem} | {name} | {1e3 * middle:.3g} | {1e3 * least:.3g} - {1e3 * greatest:.3g} | {1e9 * middle / self.cells:.1f} "
                f"| {middle / ours:.2f} | {difference:.1e} |",
                flush=True,
            )
            if difference > (1e-12 if problem == "relu" else 1e-9):
                self.disagreements.append(f"{problem}: {name}: {difference:.1e}")

    def print_bars(self):
        print("\n| bar | measured | met |\n|---|---|---|")
        for problem in sorted({p for p, _ in self.seconds} - {"relu"}):
            self.bar(f"{problem}: sphereflow / ducc0 <= 1.5", (problem, "sphereflow"), (problem, "ducc0"), lambda r: r <= 1.5)
        if ("relu", "sphereflow, auto") in self.seconds:
            flips = min(("running", "flat"), key=lambda form: self.seconds["relu", f"Numba, flips, {form}"])
            for peer, own, least in (
                ("NumPy, stored matrix", "auto", 20),
                (f"Numba, flips, {flips}", "auto", 1.5),
                ("NumPy, matrix-free", "direct", 4),
            ):
                what = f"relu: {peer} / sphereflow, {own} >= {least}"
                self.bar(what, ("relu", peer), ("relu", f"sphereflow, {own}"), lambda r: r >= least)
        for text in self.disagreements:
            print(f"\nnot in agreement: {text}")
        if self.disagreements:
            sys.exit(1)

    def bar(self, what, upper, lower, met):
        ratio = self.seconds[upper] / self.seconds[lower]
        print(f"| {what} | {ratio:.2f} | {'yes' if met(ratio) else 'no'} |")


main()
