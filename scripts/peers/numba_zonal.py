"""The zonal kernel on the sphere: reaction and transport in Numba, J by ducc0's transforms."""

import numpy as np

import harmonics
from numba_sphere import Along, gather, gather_of, pair, react

__all__ = ["VERSIONS", "Zonal"]

VERSIONS = harmonics.VERSIONS


class Zonal(Along):
    """Half a step of reaction, a step of transport, half a step of reaction, with J anew before each."""

    def __init__(self, problem):
        super().__init__(problem)
        self.mesh, self.measures = gather_of(problem, self.order), problem.measures[self.order]
        self.transforms = harmonics.Transforms(problem, problem.points[self.order])
        self.pairs = np.empty((problem.count, 2))

    def evaluate(self):
        return self.transforms.potential(self.density * self.measures)

    def advance(self, steps):
        for _ in range(steps):
            react(self.density, self.evaluate(), self.problem.reaction)
            pair(self.density, self.evaluate(), self.pairs)
            gather(self.mesh, self.pairs, self.density)
            react(self.density, self.evaluate(), self.problem.reaction)
