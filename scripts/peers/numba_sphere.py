"""Upwind transport on the hexagonal mesh in Numba: a gather over cells, in the order of a Hilbert curve through them.

A loop over faces that scatters into cells takes twice as long here. Density and J of a cell lie side by side, so that a neighbour costs
one cache line.
"""

from collections import namedtuple

import numpy as np
from numba import njit

from numba_exp import VERSIONS, exp

__all__ = ["VERSIONS", "Along", "Transport", "gather", "pair", "react"]

SLOTS = 6  # neighbours of a cell; a pentagon has itself as its sixth, with weight zero

Gather = namedtuple("Gather", "neighbor weight")


def hilbert(points, bits=16):
    """Index along a Hilbert curve on the square that the octahedron unfolds to: neighbours on it are neighbours on the sphere."""
    x, y, z = (points / np.abs(points).sum(axis=1, keepdims=True)).T
    folded_x = np.where(z >= 0, x, np.copysign(1 - np.abs(y), x))
    folded_y = np.where(z >= 0, y, np.copysign(1 - np.abs(x), y))
    side = 1 << bits
    a = np.clip(((folded_x + 1) / 2 * side).astype(np.int64), 0, side - 1)
    b = np.clip(((folded_y + 1) / 2 * side).astype(np.int64), 0, side - 1)
    index = np.zeros(len(points), dtype=np.int64)
    s = side // 2
    while s > 0:
        ra, rb = (a & s) > 0, (b & s) > 0
        index += s * s * ((3 * ra) ^ rb)
        flip = ~rb & ra
        a, b = np.where(flip, side - 1 - a, a), np.where(flip, side - 1 - b, b)
        a, b = np.where(rb, a, b), np.where(rb, b, a)
        s //= 2
    return index


def curve(points):
    """The cells in the order of the curve."""
    return np.argsort(hilbert(points), kind="stable")


def slots(problem, order):
    """For each cell, in the given order, the places of its neighbours and its faces (itself and -1 where it has five)."""
    place = np.empty(problem.count, dtype=np.int32)
    place[order] = np.arange(problem.count, dtype=np.int32)
    first, second = place[problem.faces.T]
    cell, other = np.concatenate([first, second]), np.concatenate([second, first])
    face = np.tile(np.arange(len(first)), 2)
    by_cell = np.argsort(cell, kind="stable")
    cell, other, face = cell[by_cell], other[by_cell], face[by_cell]
    slot = np.arange(len(cell)) - np.searchsorted(cell, cell)
    neighbor = np.tile(np.arange(problem.count, dtype=np.int32)[:, None], (1, SLOTS))
    faces = np.full((problem.count, SLOTS), -1)
    neighbor[cell, slot], faces[cell, slot] = other, face
    return neighbor, faces


def gather_of(problem, order):
    """Neighbours, and what a difference of J across each face moves in a step, over the cell's measure."""
    neighbor, faces = slots(problem, order)
    weight = problem.step * np.append(problem.conductance, 0.0)[faces] / problem.measures[order, None]
    return Gather(neighbor, weight)


@njit(fastmath=True, cache=True)
def pair(density, potential, pairs):
    for i in range(len(density)):
        pairs[i, 0], pairs[i, 1] = density[i], potential[i]


@njit(fastmath=True, cache=True)
def gather(mesh, pairs, density):
    """A forward Euler step from the densities in `pairs`, into `density`."""
    for i in range(len(density)):
        n, j = pairs[i, 0], pairs[i, 1]
        outflow = 0.0
        for k in range(SLOTS):
            other = pairs[mesh.neighbor[i, k]]
            difference = j - other[1]
            outflow += mesh.weight[i, k] * (max(difference, 0.0) * n + min(difference, 0.0) * other[0])
        density[i] = n - outflow


@njit(fastmath=True, cache=True)
def react(density, potential, factor):
    for i in range(len(density)):
        density[i] *= exp(factor * potential[i])


@njit(fastmath=True, cache=True)
def transport(mesh, potential, pairs, density, steps):
    for _ in range(steps):
        pair(density, potential, pairs)
        gather(mesh, pairs, density)


class Along:
    """A density whose cells lie along the curve while it is computed with."""

    def __init__(self, problem):
        self.problem, self.order = problem, curve(problem.points)

    def reset(self):
        self.density = self.problem.density[self.order]

    def state(self):
        state = np.empty_like(self.density)
        state[self.order] = self.density
        return state


class Transport(Along):
    """Transport alone, in a fixed potential."""

    def __init__(self, problem):
        super().__init__(problem)
        self.mesh, self.potential = gather_of(problem, self.order), problem.potential[self.order]
        self.pairs = np.empty((problem.count, 2))

    def advance(self, steps):
        transport(self.mesh, self.potential, self.pairs, self.density, steps)
