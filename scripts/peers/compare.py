"""Measures sphereflow and its peers side by side and prints the table (Markdown) on standard output.

For each problem every program, in a process of its own, first takes the steps that are compared: all must give the same state and
the same F. Then, in every round, each is timed once, in turn, so that what else the machine does falls on all alike. A figure is the
median over rounds of the CPU time of a step, user and system, on one thread.
"""

import argparse
import datetime
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import reference
from problem import Problem
from programs import PEERS, Program, UnavailableError
from table import Row, Table

STEPS = ["P1-1e3", "P1-1e4", "P1-1e5", "P1-1e6", "P2-5", "P2-6", "P2-7", "P2z-7", "P3-1e3", "P3-1e5", "T1-7", "T2-7"]
POTENTIALS = ["J-von-mises-fisher", "J-low-pass-128", "J-low-pass-256", "J-low-pass-512", "J-relu"]
PROBLEMS = STEPS + POTENTIALS


def main():
    options = parse()
    table = Table()
    print(head())
    for name in PROBLEMS:
        if any(name == prefix or name.startswith(prefix + "-") for prefix in options.only or [name]):
            with tempfile.TemporaryDirectory() as folder:
                compare(name, Path(folder), options, table)
    table.print_end()


def parse():
    def words(text):
        return [word for word in text.split(",") if word]

    parser = argparse.ArgumentParser(prog="compare-peers", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--bench", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each program (5)")
    parser.add_argument("--only", type=words, help="problems, or beginnings of their names: " + ",".join(PROBLEMS))
    parser.add_argument("--peers", type=words, help="tools: numpy,numba,ducc0,jax,torch,fipy,dolfinx")
    return parser.parse_args()


def say(text):
    print(text, file=sys.stderr, flush=True)


def head():
    cpu = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in cpu.read_text().splitlines() if line.startswith("model name")] if cpu.exists() else []
    machine = names[0] if names else platform.machine()
    return f"{datetime.date.today()}, {machine}, {os.cpu_count()} cores, one thread, Python {platform.python_version()}.\n"


def compare(name, folder, options, table):
    """All rows of one problem."""
    subprocess.run([options.bench, "export", name, folder], check=True)
    problem = Problem(folder)
    programs = start(name, problem, options, table)
    for k in range(options.rounds):
        for program in programs:
            say(f"{name}: round {k + 1} of {options.rounds}: {program.label}")
            program.measure()
    exact = reference.potential(problem)
    for program in programs:
        program.close()
        table.add(Row.of(name, problem, program, programs[0], exact))


def start(name, problem, options, table):
    """The programs, ours first, that can be run; those that cannot are rows of the table."""
    ours = {"sphereflow": name}
    if name == "J-relu":
        ours["sphereflow, direct"] = "J-direct"
    programs = []
    for label, problem_name in ours.items():
        file = problem.folder / f"{len(programs)}.state"
        programs.append(Program(label, [options.bench, "run", problem_name, file], file))
    for peer in PEERS[problem.kind]:
        if (options.peers and peer.tool not in options.peers) or problem.count > peer.most:
            continue
        say(f"{name}: {peer.label}")
        file = problem.folder / f"{len(programs)}.state"
        try:
            programs.append(Program(peer.label, peer.command(problem.folder, file), file))
        except (UnavailableError, OSError) as reason:
            table.miss(name, peer.label, reason)
    return programs


main()
