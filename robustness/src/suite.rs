//! The robustness benchmark: marks, attacks, lengths and detectors in one run, and the report of it.
//!
//! | module | holds |
//! |---|---|
//! | `attacked` | texts under attack, kept where a model made them |
//! | `cell` | from attacked texts to rates, medians and damage |
//! | `folder` | the folder of a run, in which only the same run goes on |
//! | `judges` | damage that takes a model to see |
//! | `plan` | what a suite measures |
//! | `results` | what a run found |
//! | `run` | a suite from its plan to its results |
//! | `texts` | the texts of a suite, at every length |

mod attacked;
mod cell;
mod folder;
mod judges;
mod plan;
pub mod results;
mod run;
mod texts;

pub use folder::{Folder, Identity};
pub use plan::{Means, Plan, Reach, Strike, Suite};
pub use run::{About, run};
