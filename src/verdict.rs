//! What the observer of a long run may answer.

use std::ops::ControlFlow;

/// What an observer may return: nothing, to go on, or a [`ControlFlow`], whose `Break` stops the training or the sampling.
pub trait Verdict {
    /// Whether to go on.
    fn flow(self) -> ControlFlow<()>;
}

impl Verdict for () {
    fn flow(self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl Verdict for ControlFlow<()> {
    fn flow(self) -> ControlFlow<()> {
        self
    }
}
