"""FiPy on the circle: its own explicit upwind convection, J from outside, by NumPy's FFT.

Even an explicit step assembles a matrix and solves with it, which is what it spends its time on.
"""

import fipy
import numpy as np
from fipy.solvers.scipy import LinearLUSolver

import with_numpy

VERSIONS = {"FiPy": fipy.__version__}


class Circle:
    """Half a step of reaction, a step of transport, half a step of reaction, with J anew before each."""

    def __init__(self, problem):
        self.problem, self.fft = problem, with_numpy.CircleFft(problem)
        mesh = fipy.PeriodicGrid1D(nx=problem.count, dx=2 * np.pi / problem.count)
        self.density, self.potential = fipy.CellVariable(mesh=mesh), fipy.CellVariable(mesh=mesh)
        velocity = -self.potential.faceGrad
        self.equation = fipy.TransientTerm() + fipy.ExplicitUpwindConvectionTerm(coeff=velocity)
        self.solver = LinearLUSolver()

    def reset(self):
        self.density.setValue(self.problem.density)

    def evaluate(self):
        return self.fft.evaluate(self.density.value * self.problem.measures)

    def react(self):
        self.density.setValue(self.density.value * np.exp(self.problem.reaction * self.evaluate()))

    def advance(self, steps):
        for _ in range(steps):
            self.react()
            self.potential.setValue(self.evaluate())
            self.equation.solve(var=self.density, dt=self.problem.step, solver=self.solver)
            self.react()

    def state(self):
        return self.density.value
