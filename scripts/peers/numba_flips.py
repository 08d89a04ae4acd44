"""A ReLU network on n data points in Numba by flips: exact, O(N + flips).

h = sum_j q_j max(eta_j . x_i, 0), g = (h - y) / n, J_j = sum_i g_i max(eta_j . x_i, 0) = eta_j . (sum of g_i x_i over the active i). Cells
lie in the order of a Hilbert curve; from one to the next only few data change their sign, and a plan of two-byte records says which.

Two forms, of which the faster depends on the machine and the mesh: `running` is the plain loop over cells with its inner loop over
flips; `flat` runs over all flips first, without a branch, and keeps the running sum after each.
"""

from collections import namedtuple

import numpy as np
from numba import njit

from numba_exp import VERSIONS
from numba_sphere import Along, curve, gather, gather_of, pair, react

__all__ = ["VERSIONS", "Network", "Potential"]

# Points and, each times the cell's measure, once more; number of flips before and at each cell; the flips (datum i on, n + i off);
# which data are active at the first cell; the data; and a buffer, for the flat form.
Plan = namedtuple("Plan", "eta weighted start count flip first inputs outputs running")


def plan_of(problem, order, weights, flat):
    points, inputs = problem.points[order], problem.inputs
    count, flip = flips(points, inputs)
    start = np.concatenate([[0], np.cumsum(count, dtype=np.int64)]).astype(np.int32)
    first = points[0] @ inputs.T > 0
    running = np.empty((len(flip) + 1 if flat else 0, 4))
    eta, weighted = np.ascontiguousarray(points.T), np.ascontiguousarray((points * weights[:, None]).T)
    return Plan(eta, weighted, start, count, flip, first, inputs, problem.outputs, running)


def flips(points, inputs):
    """Their number at each point and which they are, in the order of the points."""
    n, count, records = len(inputs), np.zeros(len(points), dtype=np.uint8), []
    before = points[:1] @ inputs.T > 0
    for start in range(0, len(points), 4096):
        active = points[start : start + 4096] @ inputs.T > 0
        previous = np.concatenate([before, active[:-1]])
        row, datum = np.nonzero(active != previous)
        per_row = np.bincount(row, minlength=len(active))
        assert per_row.max() < 256
        count[start : start + len(active)] = per_row
        records.append((datum + n * previous[row, datum]).astype(np.uint16))
        before = active[-1:]
    return count, np.concatenate(records)


@njit(fastmath=True, cache=True)
def analyze(plan, density, moments):
    """Sets row i of `moments` to the sum of q eta from where datum i turns on, row n + i from where it turns off; returns the whole."""
    moments[:] = 0.0
    if len(plan.running) > 0:
        return analyze_flat(plan, density, moments)
    return analyze_running(plan, density, moments)


@njit(fastmath=True, cache=True)
def analyze_running(plan, density, moments):
    x, y, z = plan.weighted[0], plan.weighted[1], plan.weighted[2]
    a, b, c = 0.0, 0.0, 0.0
    k = len(plan.flip)
    for j in range(len(density) - 1, -1, -1):
        n = density[j]
        a += n * x[j]
        b += n * y[j]
        c += n * z[j]
        for _ in range(plan.count[j]):
            k -= 1
            row = moments[plan.flip[k]]
            row[0] += a
            row[1] += b
            row[2] += c
    return a, b, c


@njit(fastmath=True, cache=True)
def analyze_flat(plan, density, moments):
    x, y, z = plan.weighted[0], plan.weighted[1], plan.weighted[2]
    running, start, flip = plan.running, plan.start[1:], plan.flip
    running[:] = 0.0
    for j in range(len(density)):
        n, to = density[j], running[start[j]]
        to[0] += n * x[j]
        to[1] += n * y[j]
        to[2] += n * z[j]
    a, b, c = 0.0, 0.0, 0.0
    for k in range(len(flip) - 1, -1, -1):
        s, row = running[k + 1], moments[flip[k]]
        a += s[0]
        b += s[1]
        c += s[2]
        row[0] += a
        row[1] += b
        row[2] += c
    return a + running[0, 0], b + running[0, 1], c + running[0, 2]


@njit(fastmath=True, cache=True)
def dualize(plan, moments, whole, table):
    """From the moments to what each flip adds to the sum of g_i x_i over the active i; returns that sum at the first cell."""
    n = len(plan.outputs)
    a, b, c = 0.0, 0.0, 0.0
    for i in range(n):
        x, on, off = plan.inputs[i], moments[i], moments[n + i]
        h = (on[0] - off[0]) * x[0] + (on[1] - off[1]) * x[1] + (on[2] - off[2]) * x[2]
        if plan.first[i]:
            h += whole[0] * x[0] + whole[1] * x[1] + whole[2] * x[2]
        g = (h - plan.outputs[i]) / n
        for d in range(3):
            table[i, d], table[n + i, d] = g * x[d], -g * x[d]
        if plan.first[i]:
            a += g * x[0]
            b += g * x[1]
            c += g * x[2]
    return a, b, c


@njit(fastmath=True, cache=True)
def synthesize_running(plan, table, base, value):
    x, y, z = plan.eta[0], plan.eta[1], plan.eta[2]
    a, b, c = base
    k = 0
    for j in range(len(value)):
        for _ in range(plan.count[j]):
            row = table[plan.flip[k]]
            a += row[0]
            b += row[1]
            c += row[2]
            k += 1
        value[j] = a * x[j] + b * y[j] + c * z[j]


@njit(fastmath=True, cache=True)
def synthesize_flat(plan, table, base, value):
    x, y, z = plan.eta[0], plan.eta[1], plan.eta[2]
    running, start, flip = plan.running, plan.start[1:], plan.flip
    a, b, c = base
    running[0, 0], running[0, 1], running[0, 2] = a, b, c
    for k in range(len(flip)):
        row, to = table[flip[k]], running[k + 1]
        a += row[0]
        b += row[1]
        c += row[2]
        to[0], to[1], to[2] = a, b, c
    for j in range(len(value)):
        g = running[start[j]]
        value[j] = g[0] * x[j] + g[1] * y[j] + g[2] * z[j]


@njit(fastmath=True, cache=True)
def evaluate(plan, density, moments, table, value):
    """J at each cell."""
    whole = analyze(plan, density, moments)
    base = dualize(plan, moments, whole, table)
    if len(plan.running) > 0:
        synthesize_flat(plan, table, base, value)
    else:
        synthesize_running(plan, table, base, value)


@njit(fastmath=True, cache=True)
def advance(plan, mesh, factor, density, pairs, steps):
    n = len(plan.outputs)
    moments, table, value = np.zeros((2 * n, 4)), np.zeros((2 * n, 4)), np.empty(len(density))
    for _ in range(steps):
        evaluate(plan, density, moments, table, value)
        react(density, value, factor)
        evaluate(plan, density, moments, table, value)
        pair(density, value, pairs)
        gather(mesh, pairs, density)
        evaluate(plan, density, moments, table, value)
        react(density, value, factor)


class Network(Along):
    """Half a step of reaction, a step of transport, half a step of reaction, with J anew before each."""

    def __init__(self, problem, form):
        super().__init__(problem)
        self.plan = plan_of(problem, self.order, problem.measures[self.order], form == "flat")
        self.mesh, self.pairs = gather_of(problem, self.order), np.empty((problem.count, 2))

    def advance(self, steps):
        advance(self.plan, self.mesh, self.problem.reaction, self.density, self.pairs, steps)


class Potential:
    """J of the masses of the start, again and again; masses and values in the order of the mesh."""

    def __init__(self, problem, form):
        self.order, n = curve(problem.points), len(problem.outputs)
        self.plan = plan_of(problem, self.order, np.ones(problem.count), form == "flat")
        self.mass, self.value = problem.mass, np.empty(problem.count)
        self.along, self.moments, self.table = np.empty(problem.count), np.zeros((2 * n, 4)), np.zeros((2 * n, 4))

    def reset(self):
        pass

    def advance(self, steps):
        for _ in range(steps):
            np.take(self.mass, self.order, out=self.along, mode="clip")
            evaluate(self.plan, self.along, self.moments, self.table, self.along)
            self.value[self.order] = self.along

    def state(self):
        return self.value
