"""Zonal kernels K(eta . eta'): their eigenvalues, and J by sums over all pairs.

On the circle K = sum_k c_k cos(k theta) over k = 0..degree; on the sphere K = sum_l k_l (2 l + 1) / (4 pi) P_l.
"""

import numpy as np

from problem import CONCENTRATION


def cosine_coefficients(degree):
    """c_0, ..., c_degree of the von Mises-Fisher kernel, by the trapezoidal rule, which is exact to round-off here."""
    nodes = 2 * np.pi * np.arange(256) / 256
    spectrum = np.fft.rfft(np.exp(CONCENTRATION * (np.cos(nodes) - 1))).real / 256
    return np.concatenate([spectrum[:1], 2 * spectrum[1 : degree + 1]])


def legendre(degree, cosine):
    """Pairs l, P_l(cosine) for l = 0..degree."""
    before, now = np.zeros_like(cosine), np.ones_like(cosine)
    for l in range(degree + 1):
        yield l, now
        before, now = now, ((2 * l + 1) * cosine * now - l * before) / (l + 1)


def eigenvalues(kernel, degree):
    """k_l for l = 0..degree: ones for a low-pass kernel, else by Gauss-Legendre quadrature."""
    if kernel == "low-pass":
        return np.ones(degree + 1)
    cosine, weight = np.polynomial.legendre.leggauss(400)
    weighted = np.exp(CONCENTRATION * (cosine - 1)) * weight
    return np.array([2 * np.pi * (weighted @ p) for _, p in legendre(degree, cosine)])


def direct(problem, mass, sample):
    """J at the points of indices `sample`, by the sum over all points."""
    target, target_mass = problem.target
    sources, masses = np.concatenate([problem.points, target]), np.concatenate([mass, -target_mass])
    value = np.zeros(len(sample))
    for i, at in enumerate(problem.points[sample]):
        cosine = sources @ at
        if problem.kernel == "low-pass":
            for l, p in legendre(problem.degree, cosine):
                value[i] += (2 * l + 1) / (4 * np.pi) * (masses @ p)
        else:
            value[i] = masses @ np.exp(CONCENTRATION * (cosine - 1))
    return value
