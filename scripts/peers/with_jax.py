"""JAX on the CPU in double precision: a step in one compiled function, steps in a compiled loop."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import with_numpy
from numba_sphere import curve, slots
from problem import REACTION

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

VERSIONS = {"JAX": jax.__version__}
ROWS = 1000  # particles of a block, which stays in the cache: a tenth of the time of all at once


class Program:
    """Steps of `self.step(data, state)` in a compiled loop, from `self.start`; `self.data` does not change."""

    def __init__(self):
        step = self.step
        self.run = jax.jit(lambda data, state, steps: lax.fori_loop(0, steps, lambda _, now: step(data, now), state))

    def reset(self):
        self.now = self.start

    def advance(self, steps):
        self.now = jax.block_until_ready(self.run(self.data, self.now, steps))

    def state(self):
        return np.asarray(self.now)


class Cells(Program):
    """Half a step of reaction, a step of transport, half a step of reaction, with J anew before each."""

    def __init__(self, problem):
        super().__init__()
        self.start, self.reaction = jnp.asarray(problem.density), problem.reaction

    def step(self, data, density):
        density = self.react(data, density)
        density = self.transport(data, density, self.potential(data, density))
        return self.react(data, density)

    def react(self, data, density):
        return density * jnp.exp(self.reaction * self.potential(data, density))


class Circle(Cells):
    """J by real FFTs, fluxes by shifts."""

    def __init__(self, problem):
        fft = with_numpy.CircleFft(problem)
        spacing = 2 * np.pi / problem.count
        self.data = jnp.asarray(fft.spectrum * spacing), jnp.asarray(fft.of_target)
        self.scale, self.count = problem.step / spacing**2, problem.count
        super().__init__(problem)

    def potential(self, data, density):
        spectrum, of_target = data
        return jnp.fft.irfft(jnp.fft.rfft(density) * spectrum, n=self.count) - of_target

    def transport(self, _, density, potential):
        volume = self.scale * (potential - jnp.roll(potential, -1))
        flux = jnp.maximum(volume, 0) * density + jnp.minimum(volume, 0) * jnp.roll(density, -1)
        return density - flux + jnp.roll(flux, 1)


def gather(mesh, density, potential):
    """Upwind fluxes by a gather over the neighbours of each cell."""
    neighbor, weight = mesh
    difference = potential[:, None] - potential[neighbor]
    outflow = jnp.maximum(difference, 0) * density[:, None] + jnp.minimum(difference, 0) * density[neighbor]
    return density - (weight * outflow).sum(axis=1)


class Mesh:
    """Cells along a curve, as in the Numba program: a gather over neighbours that are near in memory."""

    def __init__(self, problem):
        self.order = curve(problem.points)
        neighbor, faces = slots(problem, self.order)
        weight = problem.step * np.append(problem.conductance, 0.0)[faces] / problem.measures[self.order, None]
        self.arrays = jnp.asarray(neighbor), jnp.asarray(weight)

    def unordered(self, values):
        state = np.empty_like(values)
        state[self.order] = values
        return state


class Network(Cells):
    """J of a ReLU network with the N x n matrix in memory."""

    def __init__(self, problem):
        super().__init__(problem)
        self.mesh = Mesh(problem)
        order = self.mesh.order
        matrix = jnp.maximum(problem.points[order] @ problem.inputs.T, 0)
        outputs, measures = jnp.asarray(problem.outputs), jnp.asarray(problem.measures[order])
        self.data, self.start = (matrix, outputs, measures, self.mesh.arrays), self.start[order]

    def potential(self, data, density):
        matrix, outputs, measures, _ = data
        return matrix @ (((density * measures) @ matrix - outputs) / len(outputs))

    def transport(self, data, density, potential):
        return gather(data[3], density, potential)

    def state(self):
        return self.mesh.unordered(super().state())


class Transport(Program):
    """Transport alone, in a fixed potential."""

    def __init__(self, problem):
        super().__init__()
        self.mesh = Mesh(problem)
        order = self.mesh.order
        self.data, self.start = (
            (self.mesh.arrays, jnp.asarray(problem.potential[order])),
            jnp.asarray(problem.density[order]),
        )

    def step(self, data, density):
        mesh, potential = data
        return gather(mesh, density, potential)

    def state(self):
        return self.mesh.unordered(super().state())


class Particles(Program):
    """Euler's method for (4.1) in log q and eta, in blocks of particles; the points are then divided by their norms."""

    def __init__(self, problem):
        super().__init__()
        assert problem.count % ROWS == 0
        self.time = problem.step
        self.data = jnp.asarray(problem.inputs), jnp.asarray(problem.outputs)
        self.start = jnp.asarray(problem.mass).reshape(-1, ROWS), jnp.asarray(problem.points).reshape(-1, ROWS, 3)

    def step(self, data, state):
        inputs, outputs = data
        predictions = lax.map(lambda block: block[0] @ jnp.maximum(block[1] @ inputs.T, 0), state)
        dual = (predictions.sum(axis=0) - outputs) / len(outputs)
        return lax.map(partial(self.move, inputs, dual[:, None] * inputs), state)

    def move(self, inputs, weighted, block):
        mass, points = block
        gradient = (points @ inputs.T > 0).astype(points.dtype) @ weighted
        potential = (points * gradient).sum(axis=1)
        points = points - self.time * (gradient - potential[:, None] * points)
        points /= jnp.sqrt((points * points).sum(axis=1, keepdims=True))
        return mass * jnp.exp(-REACTION * self.time * potential), points

    def state(self):
        return np.concatenate([np.asarray(part).ravel() for part in self.now])
