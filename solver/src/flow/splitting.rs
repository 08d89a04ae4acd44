//! Splittings of the flow into reaction and transport, as data.

/// A part of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubFlow {
    /// `d_t nu = -alpha nu J`.
    Reaction,
    /// `d_t nu = beta div(nu grad J)`.
    Transport,
}

/// How a step is composed of sub-flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Splitting {
    /// Reaction, then transport: first order.
    Lie,
    /// Half reaction, transport, half reaction: second order.
    Strang,
}

impl Splitting {
    /// The sub-flows of a step in their order, each with its fraction of the step; the fractions of a sub-flow add up
    /// to one.
    pub fn substeps(self) -> &'static [(SubFlow, f64)] {
        match self {
            Self::Lie => &[(SubFlow::Reaction, 1.0), (SubFlow::Transport, 1.0)],
            Self::Strang => &[(SubFlow::Reaction, 0.5), (SubFlow::Transport, 1.0), (SubFlow::Reaction, 0.5)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn law_fractions_of_each_sub_flow_add_up_to_one() {
        for splitting in [Splitting::Lie, Splitting::Strang] {
            for flow in [SubFlow::Reaction, SubFlow::Transport] {
                let total: f64 =
                    splitting.substeps().iter().filter(|(f, _)| *f == flow).map(|(_, t)| t).sum();
                assert_eq!(total, 1.0, "{splitting:?}, {flow:?}");
            }
        }
    }
}
