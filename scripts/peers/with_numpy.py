"""NumPy and SciPy, as most users write it: whole arrays, results into buffers where that saves time."""

import numpy as np
import scipy
import scipy.fft
import scipy.sparse

import zonal
from problem import REACTION

VERSIONS = {"NumPy": np.__version__, "SciPy": scipy.__version__}
ROWS = 128  # of a block of particles or of the matrix: the fastest of 64, 128, ..., 4096


class Cells:
    """Half a step of reaction, a step of transport, half a step of reaction, with J anew before each."""

    def __init__(self, problem, potential, transport):
        self.problem, self.potential, self.transport = problem, potential, transport
        self.factor = np.empty(problem.count)

    def reset(self):
        self.density = self.problem.density.copy()

    def advance(self, steps):
        for _ in range(steps):
            self.react()
            self.transport.step(self.density, self.evaluate())
            self.react()

    def evaluate(self):
        np.multiply(self.density, self.problem.measures, out=self.factor)
        return self.potential.evaluate(self.factor)

    def react(self):
        np.multiply(self.evaluate(), self.problem.reaction, out=self.factor)
        np.exp(self.factor, out=self.factor)
        self.density *= self.factor

    def state(self):
        return self.density


class CircleFft:
    """J on equal arcs as a convolution, by real FFTs."""

    def __init__(self, problem):
        count, (target, mass) = problem.count, problem.target
        coefficients = zonal.cosine_coefficients(problem.degree)
        self.spectrum = np.zeros(count // 2 + 1)
        # cos(k theta) has the Fourier coefficients count / 2 at k and -k, and count at k = 0.
        self.spectrum[: len(coefficients)] = 0.5 * count * coefficients
        self.spectrum[0] *= 2
        angles = np.arctan2(problem.points[:, 1], problem.points[:, 0])
        self.of_target = np.zeros(count)
        for at, q in zip(np.arctan2(target[:, 1], target[:, 0]), mass, strict=True):
            self.of_target += q * sum(c * np.cos(k * (angles - at)) for k, c in enumerate(coefficients))

    def evaluate(self, mass):
        modes = scipy.fft.rfft(mass)
        modes *= self.spectrum
        value = scipy.fft.irfft(modes, n=len(mass), overwrite_x=True)
        value -= self.of_target
        return value


class CircleTransport:
    """Upwind fluxes on equal arcs, by slices; face i lies between the cells i and i + 1."""

    def __init__(self, problem):
        spacing = 2 * np.pi / problem.count
        self.scale = problem.step / spacing**2
        self.difference, self.flux = np.empty(problem.count), np.empty(problem.count)

    def step(self, density, potential):
        difference, flux = self.difference, self.flux
        np.subtract(potential[:-1], potential[1:], out=difference[:-1])
        difference[-1] = potential[-1] - potential[0]
        difference *= self.scale
        np.maximum(difference, 0, out=flux)
        flux *= density
        np.minimum(difference, 0, out=difference)
        difference[:-1] *= density[1:]
        difference[-1] *= density[0]
        flux += difference
        density -= flux
        density[1:] += flux[:-1]
        density[0] += flux[-1]


class SphereTransport:
    """Upwind fluxes face by face, their divergence by a sparse matrix (faster here than `numpy.bincount`)."""

    def __init__(self, problem):
        self.first, self.second = np.ascontiguousarray(problem.faces.T)
        self.conductance = problem.conductance
        faces, ones = np.arange(len(self.first)), np.ones(len(self.first))
        scale = problem.step / problem.measures
        rows, columns = np.concatenate([self.first, self.second]), np.concatenate([faces, faces])
        values = np.concatenate([ones, -ones]) * scale[rows]
        self.divergence = scipy.sparse.csr_array((values, (rows, columns)), shape=(problem.count, len(faces)))

    def step(self, density, potential):
        volume = self.conductance * (potential[self.first] - potential[self.second])
        flux = np.maximum(volume, 0) * density[self.first]
        flux += np.minimum(volume, 0, out=volume) * density[self.second]
        density -= self.divergence @ flux


class Stored:
    """J of a ReLU network with the N x n matrix of max(eta . x, 0) in memory: two matrix-vector products."""

    def __init__(self, problem):
        self.matrix = problem.points @ problem.inputs.T
        np.maximum(self.matrix, 0, out=self.matrix)
        self.outputs = problem.outputs

    def evaluate(self, mass):
        dual = (mass @ self.matrix - self.outputs) / len(self.outputs)
        return self.matrix @ dual


class Blocks:
    """The same without the matrix: some rows of it at a time, in one buffer that stays in the cache."""

    def __init__(self, problem):
        self.points, self.outputs = problem.points, problem.outputs
        self.transposed = np.ascontiguousarray(problem.inputs.T)
        self.buffer = np.empty((ROWS, len(self.outputs)))

    def blocks(self):
        for start in range(0, len(self.points), ROWS):
            points = self.points[start : start + ROWS]
            block = self.buffer[: len(points)]
            np.matmul(points, self.transposed, out=block)
            yield slice(start, start + len(points)), np.maximum(block, 0, out=block)

    def evaluate(self, mass):
        prediction = np.zeros(len(self.outputs))
        for rows, block in self.blocks():
            prediction += mass[rows] @ block
        dual = (prediction - self.outputs) / len(self.outputs)
        value = np.empty(len(self.points))
        for rows, block in self.blocks():
            np.matmul(block, dual, out=value[rows])
        return value


class Circle(Cells):
    def __init__(self, problem):
        super().__init__(problem, CircleFft(problem), CircleTransport(problem))


class Network(Cells):
    def __init__(self, problem):
        super().__init__(problem, Stored(problem), SphereTransport(problem))


class Transport:
    """Transport alone, in a fixed potential."""

    def __init__(self, problem):
        self.problem, self.transport = problem, SphereTransport(problem)

    def reset(self):
        self.density = self.problem.density.copy()

    def advance(self, steps):
        for _ in range(steps):
            self.transport.step(self.density, self.problem.potential)

    def state(self):
        return self.density


class Particles:
    """Euler's method for (4.1) in log q and eta, in blocks of particles; the points are then divided by their norms."""

    def __init__(self, problem):
        self.problem, self.blocks = problem, Blocks(problem)

    def reset(self):
        self.mass, self.points = self.problem.mass.copy(), self.problem.points.copy()
        self.blocks.points = self.points

    def advance(self, steps):
        outputs = self.problem.outputs
        for _ in range(steps):
            prediction = np.zeros(len(outputs))
            for rows, block in self.blocks.blocks():
                prediction += self.mass[rows] @ block
            weighted = ((prediction - outputs) / len(outputs))[:, None] * self.problem.inputs
            for rows, block in self.blocks.blocks():
                np.sign(block, out=block)
                self.move(rows, block @ weighted)

    def move(self, rows, gradient):
        points, step = self.points[rows], self.problem.step
        potential = np.einsum("ij,ij->i", points, gradient)
        self.mass[rows] *= np.exp(-REACTION * step * potential)
        points -= step * (gradient - potential[:, None] * points)
        points /= np.sqrt(np.einsum("ij,ij->i", points, points))[:, None]

    def state(self):
        return np.concatenate([self.mass, self.points.ravel()])


class Potential:
    """J of the masses of the start, again and again; the option is `Stored` or `Blocks`."""

    def __init__(self, problem, form):
        self.potential, self.mass = {"Stored": Stored, "Blocks": Blocks}[form](problem), problem.mass

    def reset(self):
        pass

    def advance(self, steps):
        for _ in range(steps):
            self.value = self.potential.evaluate(self.mass)

    def state(self):
        return self.value
