"""Transport in dolfinx: piecewise constants on the triangles between the centres of our cells, an upwind form on their edges.

It has no polygons, so these are other cells, about twice as many, and a figure is one of a triangle. Its states are held to the same scheme
by NumPy on the same triangles.
"""

import dolfinx
import numpy as np
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI
from scipy.spatial import ConvexHull

VERSIONS = {"dolfinx": dolfinx.__version__}

FRACTION = 0.25  # of our step: the triangles are smaller than our cells, and their centres nearer to each other


class Transport:
    """Transport alone, in a fixed potential."""

    def __init__(self, problem):
        element = ufl.VectorElement("Lagrange", ufl.Cell("triangle", geometric_dimension=3), 1)
        corners = ConvexHull(problem.points).simplices.astype(np.int64)
        surface = mesh.create_mesh(MPI.COMM_SELF, corners, problem.points, ufl.Mesh(element))
        self.corners = corners[surface.topology.original_cell_index]
        self.problem, self.count = problem, len(corners)
        self.step = FRACTION * problem.step
        self.points = problem.points[self.corners]
        edges = self.points[:, 1:] - self.points[:, :1]
        self.areas = 0.5 * np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
        self.start, self.potential = (values[self.corners].mean(axis=1) for values in (problem.density, problem.potential))
        self.discretize(surface)

    def discretize(self, surface):
        space = fem.FunctionSpace(surface, ("DG", 0))
        self.density, potential = fem.Function(space), fem.Function(space)
        center = fem.Function(fem.VectorFunctionSpace(surface, ("DG", 0), dim=3))
        potential.x.array[:], center.x.array[:] = self.potential, self.points.mean(axis=1).ravel()
        way = center("+") - center("-")
        velocity = (potential("+") - potential("-")) / ufl.sqrt(ufl.inner(way, way))
        upwind = ufl.max_value(velocity, 0) * self.density("+") + ufl.min_value(velocity, 0) * self.density("-")
        self.form = fem.form(upwind * ufl.jump(ufl.TestFunction(space)) * ufl.dS)
        self.outflow = fem.Function(space).x.array

    def reset(self):
        self.density.x.array[:] = self.start

    def advance(self, steps):
        for _ in range(steps):
            self.outflow[:] = 0
            fem.assemble_vector(self.outflow, self.form)
            self.density.x.array[:] -= self.step / self.areas * self.outflow

    def state(self):
        """None of ours to be compared with; raises if it is not NumPy's."""
        expected = self.by_numpy()
        error = abs(self.density.x.array - expected).max() / expected.max()
        if error > 1e-12:
            raise ArithmeticError(f"dolfinx and NumPy differ by {error:.0e}")
        return np.empty(0)

    def by_numpy(self):
        """The state after the steps that are compared."""
        edges = np.sort(self.corners[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2))
        # Each edge occurs twice, once for each of its triangles.
        by_edge = np.lexsort(edges.T)
        first, second = by_edge.reshape(-1, 2).T // 3
        ends = self.problem.points[edges[by_edge[::2]]]
        centers = self.points.mean(axis=1)
        conductance = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
        conductance /= np.linalg.norm(centers[first] - centers[second], axis=1)
        volume = conductance * (self.potential[first] - self.potential[second])
        density = self.start.copy()
        for _ in range(self.problem.steps):
            flux = np.maximum(volume, 0) * density[first] + np.minimum(volume, 0) * density[second]
            outflow = np.bincount(first, flux, self.count) - np.bincount(second, flux, self.count)
            density -= self.step / self.areas * outflow
        return density
