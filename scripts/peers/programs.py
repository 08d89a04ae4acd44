"""Which programs solve which kind of problem, and how one is run."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's packages, dolfinx among them, are made for


@dataclass
class Peer:
    """A program of another tool: the class `name` in `module`, with an option; where it is slow, up to `most` points."""

    tool: str
    label: str
    module: str
    name: str
    option: str = ""
    most: int = 10**9
    python: str = sys.executable

    def command(self, folder, file):
        worker = [self.python, HERE / "worker.py", folder, self.module, self.name, file]
        return worker + ([self.option] if self.option else [])


def flips(name):
    return [Peer("numba", f"Numba, flips, {form}", "numba_flips", name, form) for form in ("running", "flat")]


PEERS = {
    "circle": [
        Peer("numpy", "NumPy, FFT", "with_numpy", "Circle"),
        Peer("numba", "Numba, blocks", "numba_circle", "Circle"),
        Peer("jax", "JAX, FFT", "with_jax", "Circle"),
        Peer("torch", "PyTorch, FFT", "with_torch", "Circle"),
        Peer("fipy", "FiPy, J by NumPy", "with_fipy", "Circle", most=10_000),
    ],
    "network": [
        Peer("numpy", "NumPy, stored matrix", "with_numpy", "Network"),
        *flips("Network"),
        Peer("jax", "JAX, stored matrix", "with_jax", "Network"),
        Peer("torch", "PyTorch, stored matrix", "with_torch", "Network"),
    ],
    "zonal": [Peer("ducc0", "Numba + ducc0", "numba_zonal", "Zonal")],
    "particles": [
        Peer("numpy", "NumPy", "with_numpy", "Particles"),
        Peer("numba", "Numba", "numba_particles", "Particles"),
        Peer("jax", "JAX", "with_jax", "Particles"),
        Peer("torch", "PyTorch", "with_torch", "Particles"),
    ],
    "transport-1": [
        Peer("numpy", "NumPy + SciPy", "with_numpy", "Transport"),
        Peer("numba", "Numba", "numba_sphere", "Transport"),
        Peer("jax", "JAX", "with_jax", "Transport"),
        Peer("torch", "PyTorch", "with_torch", "Transport", "eager"),
        Peer("torch", "PyTorch, compiled", "with_torch", "Transport", "compiled"),
        Peer("dolfinx", "dolfinx, triangles", "with_dolfinx", "Transport", python=SYSTEM_PYTHON),
    ],
    "transport-2": [Peer("numba", "Numba", "numba_linear", "Transport")],
    "potential-zonal": [Peer("ducc0", "ducc0", "harmonics", "Potential")],
    "potential-network": [
        Peer("numpy", "NumPy, stored matrix", "with_numpy", "Potential", "Stored"),
        Peer("numpy", "NumPy, matrix-free", "with_numpy", "Potential", "Blocks"),
        Peer("numba", "Numba, matrix-free", "numba_particles", "Potential"),
        *flips("Potential"),
    ],
}


class UnavailableError(Exception):
    """A program could not be started; the message is the last line of what it said."""


class Program:
    """A program in a process of its own that has taken the steps that are compared, and times them whenever it is asked."""

    def __init__(self, label, command, file):
        self.label, self.seconds = label, []
        self.errors = file.with_suffix(".log")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen([str(word) for word in command], **pipes, stderr=errors, text=True)
        self.about = json.loads(self.answer())
        self.state = np.fromfile(file)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise UnavailableError((self.errors.read_text().strip().splitlines() or ["it said nothing"])[-1])
        return line

    def measure(self):
        print(file=self.process.stdin, flush=True)
        self.seconds.append(float(self.answer()))

    def close(self):
        self.process.stdin.close()
        self.process.wait()
