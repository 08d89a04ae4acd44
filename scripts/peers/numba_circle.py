"""The circle in Numba, J of the kernel by moments of blocks, all loops over cells fused and vectorised.

Within a block of width 2 pi / B the modes of the kernel are, as far as they count, polynomials of degree 7 in the place s in [-1, 1]. So
the masses of a block enter through eight moments, sum of nu s^p, and J is given in it by eight coefficients: 24 operations a cell instead
of an FFT, and each pass over the cells computes J, uses it, and takes the moments of the new densities.
"""

from collections import namedtuple

import numpy as np
from numba import njit

import zonal
from numba_exp import VERSIONS, exp

__all__ = ["VERSIONS", "Circle"]

TERMS = 8  # of a polynomial; the loops below have them written out, so that they stay in registers

# Places in a block; for k = 1..degree, a row each, cos and sin of k times the angle of the middle of each block, and the polynomials of
# cos(k w s), even terms, and sin(k w s), odd ones, w the half width; for k = 0..degree the coefficient of the kernel times the measure of
# a cell, and times the two modes of the target; buffers for J and the fluxes of a block.
Plan = namedtuple("Plan", "places cosine sine polynomial scale target value flux")


def blocks_for(count):
    """Number of blocks, a divisor of the count: fewer are faster at small counts, but lose accuracy."""
    return 100 if count < 50_000 else 250 if count < 500_000 else 500


def plan_of(problem):
    blocks = blocks_for(problem.count)
    cells = problem.count // blocks
    assert cells * blocks == problem.count
    wave = np.arange(1, problem.degree + 1)
    middles = np.outer(wave, 2 * np.pi * (np.arange(blocks) + 0.5) / blocks)
    kernel = zonal.cosine_coefficients(problem.degree)
    points, mass = problem.target
    angles = np.outer(np.arange(problem.degree + 1), np.arctan2(points[:, 1], points[:, 0]))
    return Plan(
        places=(2 * np.arange(cells) + 1) / cells - 1,
        cosine=np.cos(middles),
        sine=np.sin(middles),
        polynomial=polynomials(wave * np.pi / blocks),
        scale=kernel * 2 * np.pi / problem.count,
        target=np.stack([kernel * (np.cos(angles) @ mass), kernel * (np.sin(angles) @ mass)]),
        value=np.empty(cells + 1),
        flux=np.empty(cells),
    )


def polynomials(widths):
    """Coefficients of cos(w s) + sin(w s), a row for each w, by interpolation at Chebyshev's nodes: the terms of cos are the even ones."""
    nodes = np.cos(np.pi * (np.arange(TERMS) + 0.5) / TERMS)
    values = np.cos(np.outer(widths, nodes)) + np.sin(np.outer(widths, nodes))
    return np.linalg.solve(np.vander(nodes, increasing=True), values.T).T.copy()


@njit(fastmath=True, cache=True)
def take_moments(density, places, moments):
    a, b, c, d, e, f, g, h = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(len(density)):
        s, term = places[i], density[i]
        a += term
        term *= s
        b += term
        term *= s
        c += term
        term *= s
        d += term
        term *= s
        e += term
        term *= s
        f += term
        term *= s
        g += term
        term *= s
        h += term
    moments[0], moments[1], moments[2], moments[3] = a, b, c, d
    moments[4], moments[5], moments[6], moments[7] = e, f, g, h


@njit(fastmath=True, cache=True)
def evaluate(coefficients, places, value):
    a, b, c, d, e, f, g, h = coefficients
    for i in range(len(places)):
        s = places[i]
        value[i] = ((((((h * s + g) * s + f) * s + e) * s + d) * s + c) * s + b) * s + a


@njit(fastmath=True, cache=True)
def dualize(plan, moments, coefficients):
    """Sets the coefficients of J in each block from the moments of all; both have a row for each power of s, a column for each block."""
    coefficients[:] = 0.0
    coefficients[0] = plan.scale[0] * moments[0].sum() - plan.target[0, 0]
    for k in range(1, len(plan.scale)):
        p, cosine, sine = plan.polynomial[k - 1], plan.cosine[k - 1], plan.sine[k - 1]
        c, s = modes_of(p, cosine, sine, moments)
        c, s = plan.scale[k] * c - plan.target[0, k], plan.scale[k] * s - plan.target[1, k]
        add_modes(p, cosine, sine, c, s, coefficients)


@njit(fastmath=True, cache=True)
def modes_of(p, cosine, sine, moments):
    """The sums of nu cos(k theta) and nu sin(k theta)."""
    a, b, c, d = moments[0], moments[2], moments[4], moments[6]
    e, f, g, h = moments[1], moments[3], moments[5], moments[7]
    real, imaginary = 0.0, 0.0
    for i in range(len(cosine)):
        even = p[0] * a[i] + p[2] * b[i] + p[4] * c[i] + p[6] * d[i]
        odd = p[1] * e[i] + p[3] * f[i] + p[5] * g[i] + p[7] * h[i]
        real += cosine[i] * even - sine[i] * odd
        imaginary += sine[i] * even + cosine[i] * odd
    return real, imaginary


@njit(fastmath=True, cache=True)
def add_modes(p, cosine, sine, real, imaginary, coefficients):
    """Adds `real` cos(k theta) + `imaginary` sin(k theta)."""
    a, b, c, d = coefficients[0], coefficients[2], coefficients[4], coefficients[6]
    e, f, g, h = coefficients[1], coefficients[3], coefficients[5], coefficients[7]
    for i in range(len(cosine)):
        even = real * cosine[i] + imaginary * sine[i]
        odd = imaginary * cosine[i] - real * sine[i]
        a[i] += p[0] * even
        b[i] += p[2] * even
        c[i] += p[4] * even
        d[i] += p[6] * even
        e[i] += p[1] * odd
        f[i] += p[3] * odd
        g[i] += p[5] * odd
        h[i] += p[7] * odd


@njit(fastmath=True, cache=True)
def of_block(coefficients, b):
    """A column as scalars, which a loop keeps in registers."""
    c = coefficients[:, b]
    return c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7]


@njit(fastmath=True, cache=True)
def react(plan, coefficients, factor, density, moments):
    cells = len(plan.places)
    value = plan.value[:cells]
    for b in range(moments.shape[1]):
        block = density[b * cells : (b + 1) * cells]
        evaluate(of_block(coefficients, b), plan.places, value)
        for i in range(cells):
            block[i] *= exp(factor * value[i])
        take_moments(block, plan.places, moments[:, b])


@njit(fastmath=True, cache=True)
def flux_between(scale, ahead, behind, n, m):
    """What crosses a face in a step, over the measure of a cell: `ahead` and n belong to the cell before it."""
    difference = scale * (ahead - behind)
    return max(difference, 0.0) * n + min(difference, 0.0) * m


@njit(fastmath=True, cache=True)
def at_ends(plan, coefficients):
    """J at the first and the last cell of the circle."""
    ends = np.empty(1), np.empty(1)
    evaluate(of_block(coefficients, 0), plan.places[:1], ends[0])
    evaluate(of_block(coefficients, coefficients.shape[1] - 1), plan.places[-1:], ends[1])
    return ends[0][0], ends[1][0]


@njit(fastmath=True, cache=True)
def transport(plan, coefficients, scale, density, moments):
    cells, blocks = len(plan.places), moments.shape[1]
    value, flux = plan.value, plan.flux
    first_value, last_value = at_ends(plan, coefficients)
    first = density[0]
    before = flux_between(scale, last_value, first_value, density[-1], first)
    for b in range(blocks):
        block = density[b * cells : (b + 1) * cells]
        evaluate(of_block(coefficients, b), plan.places, value)
        following = of_block(coefficients, (b + 1) % blocks)
        evaluate(following, plan.places[:1], value[cells:])
        for i in range(cells - 1):
            flux[i] = flux_between(scale, value[i], value[i + 1], block[i], block[i + 1])
        beyond = density[(b + 1) * cells] if b + 1 < blocks else first
        flux[cells - 1] = flux_between(scale, value[cells - 1], value[cells], block[cells - 1], beyond)
        block[0] += before - flux[0]
        for i in range(1, cells):
            block[i] += flux[i - 1] - flux[i]
        before = flux[cells - 1]
        take_moments(block, plan.places, moments[:, b])


@njit(fastmath=True, cache=True)
def advance(plan, factor, scale, density, steps):
    cells = len(plan.places)
    moments = np.empty((TERMS, len(density) // cells))
    coefficients = np.empty_like(moments)
    for b in range(moments.shape[1]):
        take_moments(density[b * cells : (b + 1) * cells], plan.places, moments[:, b])
    for _ in range(steps):
        dualize(plan, moments, coefficients)
        react(plan, coefficients, factor, density, moments)
        dualize(plan, moments, coefficients)
        transport(plan, coefficients, scale, density, moments)
        dualize(plan, moments, coefficients)
        react(plan, coefficients, factor, density, moments)


class Circle:
    """Half a step of reaction, a step of transport, half a step of reaction, with J anew before each."""

    def __init__(self, problem):
        self.problem, self.plan = problem, plan_of(problem)
        self.scale = problem.step / (2 * np.pi / problem.count) ** 2

    def reset(self):
        self.density = self.problem.density.copy()

    def advance(self, steps):
        advance(self.plan, self.problem.reaction, self.scale, self.density, steps)

    def state(self):
        return self.density
