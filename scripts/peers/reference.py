"""What the programs must agree on: F of their states by one formula, and J where it can be had by direct sums."""

import numpy as np

import harmonics
import with_numpy
import zonal

SAMPLE = 12  # points at which J of a zonal kernel is summed directly

# Largest differences, relative to the largest value: in the states and in F. On the circle a step multiplies round-off in J by up to
# dt / dx^2, 7e4 with a million cells; the sphere's transforms have errors of 1e-10, rough ones, which the transport multiplies too. At
# second order the peer has another reconstruction of the same order.
STATE = {"circle": 1e-8, "zonal": 1e-7, "potential-zonal": 1e-9, "transport-2": 1e-5}
STATE_ELSE = 1e-11
OBJECTIVE = 1e-9


def potential(problem):
    """Indices of points and J there, for the problems of J alone; else none."""
    if problem.kind == "potential-zonal":
        sample = np.linspace(0, problem.count - 1, SAMPLE).astype(int)
        return sample, zonal.direct(problem, problem.mass, sample)
    if problem.kind == "potential-network":
        return np.arange(problem.count), with_numpy.Stored(problem).evaluate(problem.mass)
    return None


def objective(problem, state):
    """F of a state; none for the problems of J alone."""
    if problem.kind == "particles":
        mass, points = state[: problem.count], state[problem.count :].reshape(-1, 3)
        return risk(problem, points, mass)
    if problem.kind.startswith("potential"):
        return None
    mass = state * problem.measures
    if problem.kind == "circle":
        return discrepancy_on_circle(problem, mass)
    if problem.kind == "network":
        return risk(problem, problem.points, mass)
    if problem.kind == "zonal":
        return discrepancy_on_sphere(problem, mass)
    return problem.potential @ mass


def risk(problem, points, mass):
    """Half the mean square of h - y."""
    prediction = np.zeros(len(problem.outputs))
    for start in range(0, len(points), 4096):
        rows = slice(start, start + 4096)
        prediction += mass[rows] @ np.maximum(points[rows] @ problem.inputs.T, 0)
    return 0.5 * np.mean((prediction - problem.outputs) ** 2)


def discrepancy_on_circle(problem, mass):
    """Half the sum over k of c_k |m_k|^2, m_k the Fourier coefficients of mass minus target."""
    target, target_mass = problem.target
    angles, to = (np.arctan2(points[:, 1], points[:, 0]) for points in (problem.points, target))
    value = 0.0
    for k, c in enumerate(zonal.cosine_coefficients(problem.degree)):
        value += 0.5 * c * abs(mass @ np.exp(1j * k * angles) - target_mass @ np.exp(1j * k * to)) ** 2
    return value


def discrepancy_on_sphere(problem, mass):
    """Half the integral of J over mass minus target, by transforms of a finer tolerance."""
    target, target_mass = problem.target
    points = np.concatenate([problem.points, target])
    transforms = harmonics.Transforms(problem, points, tolerance=1e-12)
    signed = np.concatenate([mass, -target_mass])
    # The transforms take the target away themselves.
    value = transforms.potential(np.concatenate([mass, np.zeros(len(target))]))
    return 0.5 * signed @ value
