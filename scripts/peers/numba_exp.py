"""exp in Numba by a polynomial: loops that call it are vectorised, which those that call `math.exp` are not (PyPI has no SVML)."""

import numba
import numpy as np
from numba import njit

VERSIONS = {"Numba": numba.__version__}

LOG2E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
# Added to an integer below 2^51 it leaves that integer, plus the bias of the exponent, in the low bits of the sum.
TO_EXPONENT = 1.5 * 2.0**52 + 1023.0


@njit(fastmath={"contract", "nnan", "ninf", "nsz"})
def exp(x):
    """Within 2 units in the last place for |x| < 700: 2^n times the Taylor polynomial of degree 12 at |r| <= log(2) / 2."""
    n = np.floor(x * LOG2E + 0.5)
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    p = 1 / 479001600.0
    p = p * r + 1 / 39916800.0
    p = p * r + 1 / 3628800.0
    p = p * r + 1 / 362880.0
    p = p * r + 1 / 40320.0
    p = p * r + 1 / 5040.0
    p = p * r + 1 / 720.0
    p = p * r + 1 / 120.0
    p = p * r + 1 / 24.0
    p = p * r + 1 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    bits = np.float64(n + TO_EXPONENT).view(np.int64) << 52
    return p * np.int64(bits).view(np.float64)
