"""Particles on the data of a ReLU network in Numba: loops over the data, vectorised.

Rows are taken by their index: a row unpacked from a matrix has unknown strides, and the loop is not vectorised.
"""

import numpy as np
from numba import njit

from numba_exp import VERSIONS, exp
from problem import REACTION

__all__ = ["VERSIONS", "Particles", "Potential"]


@njit(fastmath=True, cache=True)
def analyze(points, mass, inputs, prediction):
    """Adds sum_j q_j max(eta_j . x_i, 0)."""
    x, y, z = inputs[0], inputs[1], inputs[2]
    for j in range(len(mass)):
        a, b, c, q = points[j, 0], points[j, 1], points[j, 2], mass[j]
        for i in range(len(prediction)):
            prediction[i] += q * max(a * x[i] + b * y[i] + c * z[i], 0.0)


@njit(fastmath=True, cache=True)
def synthesize(points, inputs, dual, value):
    """Sets J_j = sum_i g_i max(eta_j . x_i, 0)."""
    x, y, z = inputs[0], inputs[1], inputs[2]
    for j in range(len(value)):
        a, b, c, total = points[j, 0], points[j, 1], points[j, 2], 0.0
        for i in range(len(dual)):
            total += dual[i] * max(a * x[i] + b * y[i] + c * z[i], 0.0)
        value[j] = total


@njit(fastmath=True, cache=True)
def take_gradients(points, inputs, weighted, gradient):
    """Sets row j to the sum over the active data, eta_j . x_i > 0, of the columns of `weighted`, g_i x_i."""
    x, y, z = inputs[0], inputs[1], inputs[2]
    gx, gy, gz = weighted[0], weighted[1], weighted[2]
    for j in range(len(points)):
        a, b, c = points[j, 0], points[j, 1], points[j, 2]
        u, v, w = 0.0, 0.0, 0.0
        for i in range(len(x)):
            active = 1.0 if a * x[i] + b * y[i] + c * z[i] > 0.0 else 0.0
            u += active * gx[i]
            v += active * gy[i]
            w += active * gz[i]
        gradient[j, 0], gradient[j, 1], gradient[j, 2] = u, v, w


@njit(fastmath=True, cache=True)
def move(points, mass, gradient, step):
    """Euler's step of (4.1) in log q and eta, then eta over its norm; J = eta . g and its gradient is g - J eta."""
    for j in range(len(mass)):
        eta, g = points[j], gradient[j]
        potential = eta[0] * g[0] + eta[1] * g[1] + eta[2] * g[2]
        mass[j] *= exp(-REACTION * step * potential)
        keep = 1.0 + step * potential
        a, b, c = keep * eta[0] - step * g[0], keep * eta[1] - step * g[1], keep * eta[2] - step * g[2]
        scale = 1.0 / np.sqrt(a * a + b * b + c * c)
        eta[0], eta[1], eta[2] = a * scale, b * scale, c * scale


@njit(fastmath=True, cache=True)
def advance(points, mass, inputs, outputs, gradient, step, steps):
    for _ in range(steps):
        prediction = np.zeros(len(outputs))
        analyze(points, mass, inputs, prediction)
        take_gradients(points, inputs, (prediction - outputs) / len(outputs) * inputs, gradient)
        move(points, mass, gradient, step)


class Particles:
    """Euler's method for (4.1); one evaluation a step."""

    def __init__(self, problem):
        self.problem, self.inputs = problem, np.ascontiguousarray(problem.inputs.T)

    def reset(self):
        self.mass, self.points = self.problem.mass.copy(), self.problem.points.copy()
        self.gradient = np.empty_like(self.points)

    def advance(self, steps):
        problem = self.problem
        advance(self.points, self.mass, self.inputs, problem.outputs, self.gradient, problem.step, steps)

    def state(self):
        return np.concatenate([self.mass, self.points.ravel()])


class Potential:
    """J of the masses of the start, again and again."""

    def __init__(self, problem):
        self.points, self.mass, self.outputs = problem.points, problem.mass, problem.outputs
        self.inputs, self.value = np.ascontiguousarray(problem.inputs.T), np.empty(problem.count)

    def reset(self):
        pass

    def advance(self, steps):
        for _ in range(steps):
            prediction = np.zeros(len(self.outputs))
            analyze(self.points, self.mass, self.inputs, prediction)
            synthesize(self.points, self.inputs, (prediction - self.outputs) / len(self.outputs), self.value)

    def state(self):
        return self.value
