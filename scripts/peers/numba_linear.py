"""Second-order transport on the hexagonal mesh in Numba: least-squares gradients, van Leer's limiter, Heun's method; a gather over cells.

Our slopes go along the lines of the lattice instead; both are of second order, and the states differ by the errors of the schemes, 1e-6.

All that a neighbour is asked for lies in one row of eight numbers, a cache line: density, J, gradient (2 to 4) and centre (5 to 7).
"""

from collections import namedtuple

import numpy as np
from numba import njit

from numba_exp import VERSIONS
from numba_sphere import SLOTS, Along, gather_of

__all__ = ["VERSIONS", "Transport"]

Mesh = namedtuple("Mesh", "neighbor weight inverse")  # inverse: rows of a symmetric matrix on and above its diagonal


def inverses(points, neighbor):
    """For each cell the pseudo-inverse of the sum of t t^T, t the tangential parts of the ways to its neighbours."""
    normal = points[:, :, None] * points[:, None, :]
    way = points[neighbor] - points[:, None, :]
    way -= np.einsum("ikd,id->ik", way, points)[:, :, None] * points[:, None, :]
    inverse = np.linalg.inv(np.einsum("ikd,ike->ide", way, way) + normal) - normal
    above = np.triu_indices(3)
    return np.ascontiguousarray(inverse[:, above[0], above[1]])


@njit(fastmath=True, cache=True)
def take_gradients(mesh, rows):
    for i in range(len(rows)):
        row, a = rows[i], mesh.inverse[i]
        x, y, z = 0.0, 0.0, 0.0
        for k in range(SLOTS):
            other = rows[mesh.neighbor[i, k]]
            difference = other[0] - row[0]
            x += difference * (other[5] - row[5])
            y += difference * (other[6] - row[6])
            z += difference * (other[7] - row[7])
        row[2] = a[0] * x + a[1] * y + a[2] * z
        row[3] = a[1] * x + a[3] * y + a[4] * z
        row[4] = a[2] * x + a[4] * y + a[5] * z


@njit(fastmath=True, cache=True)
def face_value(up, down):
    """The density at the face from the row `up` to the row `down`: between zero and twice that of `up`."""
    along = up[2] * (down[5] - up[5]) + up[3] * (down[6] - up[6]) + up[4] * (down[7] - up[7])
    ahead = down[0] - up[0]
    behind = min(2.0 * along - ahead, up[0])
    product = behind * ahead
    slope = 2.0 * product / (behind + ahead) if product > 0.0 else 0.0
    return min(max(up[0] + 0.5 * slope, 0.0), 2.0 * up[0])


@njit(fastmath=True, cache=True)
def move(mesh, rows, density):
    """A forward Euler step from the densities in `rows`, into `density`."""
    for i in range(len(rows)):
        row = rows[i]
        outflow = 0.0
        for k in range(SLOTS):
            other = rows[mesh.neighbor[i, k]]
            volume = mesh.weight[i, k] * (row[1] - other[1])
            if volume > 0.0:
                outflow += volume * face_value(row, other)
            elif volume < 0.0:
                outflow += volume * face_value(other, row)
        density[i] = row[0] - outflow


@njit(fastmath=True, cache=True)
def advance(mesh, rows, density, steps):
    before = np.empty_like(density)
    for _ in range(steps):
        before[:] = density
        for _ in range(2):
            rows[:, 0] = density
            take_gradients(mesh, rows)
            move(mesh, rows, density)
        for i in range(len(density)):
            density[i] = 0.5 * (before[i] + density[i])


class Transport(Along):
    """Transport alone, in a fixed potential."""

    def __init__(self, problem):
        super().__init__(problem)
        points, gather = problem.points[self.order], gather_of(problem, self.order)
        self.mesh = Mesh(gather.neighbor, gather.weight, inverses(points, gather.neighbor))
        gradients = np.zeros((problem.count, 3))
        self.rows = np.column_stack([problem.density[self.order], problem.potential[self.order], gradients, points])

    def advance(self, steps):
        advance(self.mesh, self.rows, self.density, steps)
