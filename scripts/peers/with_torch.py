"""PyTorch on the CPU in double precision, without gradients to be taken.

`torch.compile` makes the transport several times faster; it does nothing for products with a matrix and for FFTs, and so little for a
whole step that those stay eager.
"""

import numpy as np
import torch

import with_numpy
from problem import REACTION

VERSIONS = {"PyTorch": torch.__version__}
ROWS = 1000  # particles of a block, which stays in the cache

torch.set_num_threads(1)
torch.set_grad_enabled(False)


class Cells:
    """Half a step of reaction, a step of transport, half a step of reaction, with J anew before each."""

    def __init__(self, problem):
        self.problem, self.start = problem, torch.from_numpy(problem.density)

    def reset(self):
        self.density = self.start.clone()

    def advance(self, steps):
        for _ in range(steps):
            self.react()
            self.density = self.transport(self.density, self.potential())
            self.react()

    def react(self):
        self.density *= self.potential().mul_(self.problem.reaction).exp_()

    def state(self):
        return self.density.numpy()


class Circle(Cells):
    """J by real FFTs, fluxes by shifts."""

    def __init__(self, problem):
        super().__init__(problem)
        fft = with_numpy.CircleFft(problem)
        spacing = 2 * np.pi / problem.count
        self.spectrum, self.of_target = torch.from_numpy(fft.spectrum * spacing), torch.from_numpy(fft.of_target)
        self.scale = problem.step / spacing**2

    def potential(self):
        modes = torch.fft.rfft(self.density).mul_(self.spectrum)
        return torch.fft.irfft(modes, n=self.problem.count).sub_(self.of_target)

    def transport(self, density, potential):
        volume = (potential - potential.roll(-1)).mul_(self.scale)
        flux = volume.clamp(min=0).mul_(density).add_(volume.clamp_(max=0).mul_(density.roll(-1)))
        return density - flux + flux.roll(1)


def scatter(mesh, density, potential):
    """Upwind fluxes face by face, added to the cells on both sides."""
    first, second, conductance, inverse = mesh
    volume = conductance * (potential[first] - potential[second])
    flux = volume.clamp(min=0) * density[first] + volume.clamp(max=0) * density[second]
    change = torch.zeros_like(density).index_add_(0, second, flux).index_add_(0, first, flux, alpha=-1)
    return density + inverse * change


def mesh_of(problem):
    first, second = (torch.from_numpy(cells.astype(np.int64)) for cells in problem.faces.T)
    return first, second, torch.from_numpy(problem.conductance), torch.from_numpy(problem.step / problem.measures)


class Network(Cells):
    """J of a ReLU network with the N x n matrix in memory."""

    def __init__(self, problem):
        super().__init__(problem)
        self.matrix = torch.from_numpy(with_numpy.Stored(problem).matrix)
        self.outputs, self.measures = torch.from_numpy(problem.outputs), torch.from_numpy(problem.measures)
        self.mesh = mesh_of(problem)

    def potential(self):
        dual = ((self.density * self.measures) @ self.matrix - self.outputs) / len(self.outputs)
        return self.matrix @ dual

    def transport(self, density, potential):
        return scatter(self.mesh, density, potential)


class Transport:
    """Transport alone, in a fixed potential; with the option `compiled` by `torch.compile`."""

    def __init__(self, problem, form):
        self.step = torch.compile(scatter) if form == "compiled" else scatter
        self.mesh, self.potential = mesh_of(problem), torch.from_numpy(problem.potential)
        self.start = torch.from_numpy(problem.density)

    def reset(self):
        self.density = self.start

    def advance(self, steps):
        for _ in range(steps):
            self.density = self.step(self.mesh, self.density, self.potential)

    def state(self):
        return self.density.numpy()


class Particles:
    """Euler's method for (4.1) in log q and eta, in blocks of particles; the points are then divided by their norms."""

    def __init__(self, problem):
        self.problem = problem
        self.inputs, self.outputs = torch.from_numpy(problem.inputs), torch.from_numpy(problem.outputs)

    def reset(self):
        self.mass, self.points = (
            torch.from_numpy(self.problem.mass.copy()),
            torch.from_numpy(self.problem.points.copy()),
        )

    def blocks(self):
        return zip(self.mass.split(ROWS), self.points.split(ROWS), strict=True)

    def advance(self, steps):
        transposed = self.inputs.T
        for _ in range(steps):
            prediction = sum(mass @ (points @ transposed).relu_() for mass, points in self.blocks())
            weighted = ((prediction - self.outputs) / len(self.outputs))[:, None] * self.inputs
            for mass, points in self.blocks():
                self.move(mass, points, (points @ transposed > 0).to(points.dtype) @ weighted)

    def move(self, mass, points, gradient):
        step, potential = self.problem.step, (points * gradient).sum(dim=1)
        mass *= torch.exp(-REACTION * step * potential)
        points -= step * (gradient - potential[:, None] * points)
        points /= points.square().sum(dim=1, keepdim=True).sqrt_()

    def state(self):
        return np.concatenate([self.mass.numpy(), self.points.numpy().ravel()])
