//! The robustness benchmark: marks, attacks, lengths and detectors in one run, and the report of
//! it.
//!
//! | module | holds |
//! |---|---|
//! | `attacked` | texts under attack, kept where a model made them |
//! | `cell` | from attacked texts to rates, medians and damage |
//! | `choice` | the cells that a report dwells on, and the strengths of an attack as a series |
//! | `csv` | the rates of every detector, a row each |
//! | `fmt` | figures and names as people read them |
//! | `folder` | the folder of a run, in which only the same run goes on |
//! | `judges` | damage that takes a model to see |
//! | `markdown` | the chief marks under attack, in one table |
//! | `plan` | what a suite measures |
//! | `report` | a page and plots of what a run found |
//! | `results` | what a run found |
//! | `run` | a suite from its plan to its results |
//! | `texts` | the texts of a suite, at every length |

mod attacked;
mod cell;
mod choice;
pub mod csv;
mod fmt;
mod folder;
mod judges;
pub mod markdown;
mod plan;
pub mod report;
pub mod results;
mod run;
#[cfg(test)]
#[path = "suite/tests/specimen.rs"]
mod specimen;
mod texts;

pub use folder::{Folder, Identity};
pub use plan::{AttackPlan, Extent, Own, Plan, Scope, Suite};
pub use run::{About, run};
