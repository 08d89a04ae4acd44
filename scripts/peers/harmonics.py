"""Zonal kernels on S^2 by ducc0's spherical-harmonic transforms at scattered points.

J = sum_l k_l (2 l + 1) / (4 pi) sum_j q_j P_l(eta . eta_j), less the same of the target's one atom: `adjoint_synthesis_general`
takes the masses to coefficients, they are multiplied by k_l, `synthesis_general` takes them to the points.
"""

import ducc0
import numpy as np

CONCENTRATION = 10.0


def legendre(degree, cosine):
    """P_0, ..., P_degree at `cosine`, one after another."""
    before, now = np.zeros_like(cosine), np.ones_like(cosine)
    for l in range(degree + 1):
        yield l, now
        before, now = now, ((2 * l + 1) * cosine * now - l * before) / (l + 1)


def eigenvalues(problem, degree):
    """k_l for l = 0..degree: ones for a low-pass kernel, else by Gauss-Legendre quadrature."""
    if problem.startswith("low-pass"):
        return np.ones(degree + 1)
    cosine, weight = np.polynomial.legendre.leggauss(400)
    kernel = np.exp(CONCENTRATION * (cosine - 1)) * weight
    return np.array([2 * np.pi * (kernel @ p) for _, p in legendre(degree, cosine)])


class Transforms:
    """The two transforms at `points`, on one thread."""

    def __init__(self, problem, degree, points, target, tolerance):
        self.options = {"lmax": degree, "spin": 0, "epsilon": tolerance, "nthreads": 1}
        self.locations = locations(points)
        by_degree = eigenvalues(problem, degree)
        # ducc0 stores order by order: for m = 0..=lmax, for l = m..=lmax.
        self.scale = np.concatenate([by_degree[m:] for m in range(degree + 1)])
        self.target = self.analyze(locations(target), np.ones(len(target)))

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


def exact(problem, degree, points, mass, target, sample):
    """J at the points of indices `sample`, by the sum over all points, and the bound sum |q| K(1) of its terms."""
    sources = np.concatenate([points, target])
    masses = np.concatenate([mass, -np.ones(len(target))])
    value = np.zeros(len(sample))
    for i, at in enumerate(points[sample]):
        cosine = sources @ at
        if problem.startswith("low-pass"):
            for l, p in legendre(degree, cosine):
                value[i] += (2 * l + 1) / (4 * np.pi) * (masses @ p)
        else:
            value[i] = masses @ np.exp(CONCENTRATION * (cosine - 1))
    return value
