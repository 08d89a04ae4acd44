//! Loops compiled for the widest vectors that the machine has, chosen at run time.

use pulp::{Arch, Simd, WithSimd};

struct Task<F>(F);

impl<R, F: FnMut() -> R> WithSimd for Task<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}

/// Runs `task`, compiled for the vectors of `arch`.
///
/// The closure and all that it calls in its loops must be `#[inline(always)]`: code is compiled for an instruction set
/// where it is inlined. A closure handed to [`Arch::dispatch`] itself is called by the shim of `FnOnce` if it only
/// borrows, and the compiler need not inline that: the loops then silently stay scalar, and each fused
/// multiply-add a call of a function. Here the closure's body is called without a shim.
#[inline(always)]
pub(crate) fn vectorized<R>(arch: Arch, task: impl FnMut() -> R) -> R {
    arch.dispatch(Task(task))
}

/// Runs `task` with vectors of four numbers where the machine has them or longer ones, else with its own: for rows of four.
#[inline(always)]
pub(crate) fn in_fours<T: WithSimd>(arch: Arch, task: T) -> T::Output {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Arch::V4(simd) = arch {
        return Simd::vectorize(*simd, task);
    }
    arch.dispatch(task)
}
