"""A problem as our side exports it: arrays in files, the rest in `problem.json`."""

import json
from functools import cached_property
from pathlib import Path

import numpy as np

REACTION = 4.0  # alpha; beta is 1
CONCENTRATION = 10.0  # of the von Mises-Fisher kernel


class Problem:
    """What a program needs to know; arrays are read when they are asked for."""

    def __init__(self, folder):
        self.folder = Path(folder)
        about = json.loads((self.folder / "problem.json").read_text())
        self.kind, self.kernel, self.degree = about["kind"], about["kernel"], about["degree"]
        self.dim, self.count, self.tolerance = about["dim"], about["count"], about["tolerance"]
        self.step, self.steps = about["step"], about["steps"]

    def read(self, name, dtype="<f8"):
        return np.fromfile(self.folder / name, dtype=dtype)

    @cached_property
    def points(self):
        return self.read("points").reshape(-1, self.dim)

    @cached_property
    def mass(self):
        return self.read("mass")

    @cached_property
    def measures(self):
        return self.read("measures")

    @cached_property
    def density(self):
        return self.mass / self.measures

    @cached_property
    def inputs(self):
        """The data's inputs, one a row."""
        return self.read("inputs").reshape(-1, 3)

    @cached_property
    def outputs(self):
        return self.read("outputs")

    @cached_property
    def target(self):
        """Points and masses of the atoms that a kernel looks for."""
        return self.read("target").reshape(-1, self.dim), self.read("target_mass")

    @cached_property
    def potential(self):
        """The fixed J of the transport alone."""
        return self.read("potential")

    @cached_property
    def faces(self):
        """The two cells of each face."""
        return self.read("faces", "<i4").reshape(-1, 2)

    @cached_property
    def conductance(self):
        """Measure over distance of each face: times a difference of J, the volume that crosses it in a unit of time."""
        return self.read("face_measures") / self.read("face_distances")

    @property
    def reaction(self):
        """Factor of J in the exponent of half a step of the reaction."""
        return -0.5 * self.step * REACTION
