"""A ridge network on n data points: h = sum_j q_j act(eta_j . x_i), g = (h - y) / n, J_j = sum_i g_i act(eta_j . x_i).

Four ways, each as an expert user of the tool would write it: the two products with a stored matrix; the same without the matrix, in
blocks of rows that stay in the second-level cache; compiled loops without the matrix; and, for ReLU, running sums along a curve
through the cells on which only those data count whose sign has changed ("flips").
"""

import numpy as np
from numba import njit


def relu(t, out):
    return np.maximum(t, 0.0, out=out)


class Stored:
    """NumPy with the N x n matrix in memory: two matrix-vector products."""

    def __init__(self, points, inputs, target):
        self.matrix = points @ inputs.T
        relu(self.matrix, self.matrix)
        self.target = target

    def potential(self, mass):
        dual = (mass @ self.matrix - self.target) / len(self.target)
        return self.matrix @ dual


class Blocks:
    """NumPy without the matrix: `rows` rows of it at a time, in one buffer."""

    def __init__(self, points, inputs, target, rows):
        self.points, self.transposed, self.target, self.rows = points, np.ascontiguousarray(inputs.T), target, rows
        self.buffer = np.empty((rows, len(inputs)))

    def blocks(self):
        for start in range(0, len(self.points), self.rows):
            points = self.points[start : start + self.rows]
            block = self.buffer[: len(points)]
            np.matmul(points, self.transposed, out=block)
            yield slice(start, start + len(points)), relu(block, block)

    def potential(self, mass):
        prediction = np.zeros(len(self.target))
        for rows, block in self.blocks():
            prediction += mass[rows] @ block
        dual = (prediction - self.target) / len(self.target)
        value = np.empty(len(self.points))
        for rows, block in self.blocks():
            np.matmul(block, dual, out=value[rows])
        return value


class Loops:
    """Numba without the matrix."""

    def __init__(self, points, inputs, target):
        self.points, self.columns, self.target = points, np.ascontiguousarray(inputs.T), target

    def potential(self, mass):
        prediction, value = np.zeros(len(self.target)), np.empty(len(self.points))
        analyze_loops(self.points, self.columns, mass, prediction)
        dual = (prediction - self.target) / len(self.target)
        synthesize_loops(self.points, self.columns, dual, value)
        return value


@njit(fastmath=True)
def analyze_loops(points, columns, mass, prediction):
    # Slices in place of indices from the whole array: else LLVM sees wraparound checks and does not vectorise.
    a, b, c = columns[0], columns[1], columns[2]
    for j in range(len(points)):
        u, v, w, q = points[j, 0], points[j, 1], points[j, 2], mass[j]
        for i in range(len(prediction)):
            prediction[i] += q * max(u * a[i] + v * b[i] + w * c[i], 0.0)


@njit(fastmath=True)
def synthesize_loops(points, columns, dual, value):
    a, b, c = columns[0], columns[1], columns[2]
    for j in range(len(points)):
        u, v, w, total = points[j, 0], points[j, 1], points[j, 2], 0.0
        for i in range(len(dual)):
            total += dual[i] * max(u * a[i] + v * b[i] + w * c[i], 0.0)
        value[j] = total


class Flips:
    """Numba with the flips of the active data along a Hilbert curve: exact, O(N + flips).

    `running` is the plain loop over cells with its inner loop over flips; `flat` runs over all flips first, without a branch, and
    keeps the running sum after each.
    """

    def __init__(self, points, inputs, target, form):
        self.order = np.argsort(hilbert(points), kind="stable").astype(np.int32)
        self.columns = np.ascontiguousarray(points[self.order].T)
        self.inputs, self.target = inputs, target
        self.start, self.count, self.flip = plan(points[self.order], inputs)
        self.first = np.ascontiguousarray(self.columns[:, 0] @ inputs.T > 0)
        self.running = np.empty((len(self.flip) + 1, 4)) if form == "flat" else None

    def potential(self, mass):
        n = len(self.target)
        # Row i is the datum that switches on, row n + i the same that switches off.
        moments = np.zeros((2 * n, 4))
        if self.running is None:
            whole = analyze_running(self.columns, self.order, mass, self.count, self.flip, moments)
        else:
            whole = analyze_flat(self.columns, self.order, mass, self.start, self.flip, moments, self.running)
        at_first = moments[:n, :3] - moments[n:, :3] + np.where(self.first[:, None], whole, 0.0)
        prediction = np.einsum("ij,ij->i", at_first, self.inputs)
        dual = (prediction - self.target) / n

        table = np.zeros((2 * n, 4))
        table[:n, :3] = dual[:, None] * self.inputs
        table[n:] = -table[:n]
        base = dual[self.first] @ self.inputs[self.first]
        value = np.empty(len(mass))
        if self.running is None:
            synthesize_running(self.columns, self.order, table, base, self.count, self.flip, value)
        else:
            synthesize_flat(self.columns, self.order, table, base, self.start, self.flip, value, self.running)
        return value


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


def plan(points, inputs):
    """Flips in the order of the points: their number before and at each point, and which (i on, n + i off)."""
    n, count, flips = len(inputs), np.zeros(len(points), dtype=np.uint8), []
    before = points[:1] @ inputs.T > 0
    for start in range(0, len(points), 4096):
        active = points[start : start + 4096] @ inputs.T > 0
        previous = np.concatenate([before, active[:-1]])
        row, datum = np.nonzero(active != previous)
        per_row = np.bincount(row, minlength=len(active))
        assert per_row.max() < 256
        count[start : start + len(active)] = per_row
        flips.append((datum + n * previous[row, datum]).astype(np.uint16))
        before = active[-1:]
    start = np.concatenate([[0], np.cumsum(count, dtype=np.int64)]).astype(np.int32)
    return start, count, np.concatenate(flips)


@njit(fastmath=True)
def synthesize_running(columns, order, table, base, count, flip, value):
    x, y, z = columns[0], columns[1], columns[2]
    a, b, c = base[0], base[1], base[2]
    k = 0
    for j in range(len(order)):
        for _ in range(count[j]):
            row = table[flip[k]]
            a += row[0]
            b += row[1]
            c += row[2]
            k += 1
        value[order[j]] = a * x[j] + b * y[j] + c * z[j]


@njit(fastmath=True)
def analyze_running(columns, order, mass, count, flip, moments):
    x, y, z = columns[0], columns[1], columns[2]
    a, b, c = 0.0, 0.0, 0.0
    k = len(flip)
    for j in range(len(order) - 1, -1, -1):
        q = mass[order[j]]
        a += q * x[j]
        b += q * y[j]
        c += q * z[j]
        for _ in range(count[j]):
            k -= 1
            row = moments[flip[k]]
            row[0] += a
            row[1] += b
            row[2] += c
    return np.array([a, b, c])


@njit(fastmath=True)
def synthesize_flat(columns, order, table, base, start, flip, value, running):
    x, y, z = columns[0], columns[1], columns[2]
    a, b, c = base[0], base[1], base[2]
    running[0, 0], running[0, 1], running[0, 2] = a, b, c
    for k in range(len(flip)):
        row, to = table[flip[k]], running[k + 1]
        a += row[0]
        b += row[1]
        c += row[2]
        to[0], to[1], to[2] = a, b, c
    for j in range(len(order)):
        g = running[start[j + 1]]
        value[order[j]] = g[0] * x[j] + g[1] * y[j] + g[2] * z[j]


@njit(fastmath=True)
def analyze_flat(columns, order, mass, start, flip, moments, running):
    x, y, z = columns[0], columns[1], columns[2]
    running[:] = 0.0
    for j in range(len(order)):
        q, to = mass[order[j]], running[start[j + 1]]
        to[0] += q * x[j]
        to[1] += q * y[j]
        to[2] += q * z[j]
    a, b, c = 0.0, 0.0, 0.0
    for k in range(len(flip) - 1, -1, -1):
        s, row = running[k + 1], moments[flip[k]]
        a += s[0]
        b += s[1]
        c += s[2]
        row[0] += a
        row[1] += b
        row[2] += c
    s = running[0]
    return np.array([a + s[0], b + s[1], c + s[2]])
