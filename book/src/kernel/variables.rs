//! What a run, a launcher and the stand-ins in a kernel tell each other, by variables of the environment.

/// Set to `explicit` by batch runs, whose cells need no type inference.
pub const INFERENCE: &str = "DIFFUSION_INTUITION_INFERENCE";
/// Names the compiled copy to start from: a run keeps to the one that it made, even if a source changes meanwhile.
pub const KEY: &str = "DIFFUSION_INTUITION_KEY";
/// Names the folder to compile in when the compiled copy itself is being made.
pub const WARMING: &str = "DIFFUSION_INTUITION_WARMING";
/// The clone's folder, as the kernel names it in its manifest.
pub const CLONE: &str = "DIFFUSION_INTUITION_CLONE";
/// The copy of its library that stands in for it.
pub const LIBRARY: &str = "DIFFUSION_INTUITION_LIBRARY";
/// The sources of the library's packages, where users share them.
pub const PACKAGES: &str = "DIFFUSION_INTUITION_PACKAGES";
/// Names the project's lock file.
pub const LOCK: &str = "DIFFUSION_INTUITION_LOCK";
/// Names the folder of the real cargo and rustc.
pub const TOOLS: &str = "DIFFUSION_INTUITION_TOOLS";
/// Holds the user's own `CARGO_HOME`, or nothing: in a kernel that variable names the folder of the stand-ins,
/// because the rust-analyzer in it looks there for cargo before it looks anywhere else.
pub const CARGO_HOME: &str = "DIFFUSION_INTUITION_CARGO_HOME";
