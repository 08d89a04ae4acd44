"""J of a zonal kernel on the sphere by ducc0's spherical-harmonic transforms at scattered points.

`adjoint_synthesis_general` takes the masses to coefficients, they are multiplied by the kernel's eigenvalues, `synthesis_general`
takes them back to the points.
"""

import ducc0
import numpy as np

import zonal

VERSIONS = {"ducc0": ducc0.__version__}


class Transforms:
    """The two transforms at `points`, on one thread, at the problem's degree and tolerance or those given."""

    def __init__(self, problem, points=None, degree=None, tolerance=None):
        degree = degree or problem.degree
        self.options = {"lmax": degree, "spin": 0, "epsilon": tolerance or problem.tolerance, "nthreads": 1}
        self.locations = locations(problem.points if points is None else points)
        by_degree = zonal.eigenvalues(problem.kernel, degree)
        # ducc0 stores order by order: for m = 0..=lmax, for l = m..=lmax.
        self.scale = np.concatenate([by_degree[m:] for m in range(degree + 1)])
        target, mass = problem.target
        self.target = self.analyze(locations(target), mass)

    def analyze(self, where, mass):
        return ducc0.sht.adjoint_synthesis_general(map=mass.reshape(1, -1), loc=where, **self.options)

    def potential(self, mass):
        coefficients = self.analyze(self.locations, mass)
        coefficients -= self.target
        coefficients *= self.scale
        return ducc0.sht.synthesis_general(alm=coefficients, loc=self.locations, **self.options)[0]


def locations(points):
    """Colatitude and longitude in [0, 2 pi)."""
    x, y, z = points.T
    longitude = np.arctan2(y, x) % (2 * np.pi)
    return np.column_stack([np.arctan2(np.hypot(x, y), z), np.where(longitude < 2 * np.pi, longitude, 0.0)])


class Potential:
    """J of the masses of the start, again and again."""

    def __init__(self, problem):
        self.transforms, self.mass, self.value = Transforms(problem), problem.mass, None

    def reset(self):
        pass

    def advance(self, steps):
        for _ in range(steps):
            self.value = self.transforms.potential(self.mass)

    def state(self):
        return self.value
