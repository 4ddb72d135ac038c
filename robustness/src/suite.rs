//! The robustness benchmark: marks, attacks, lengths and detectors in one run, and the report of it.
//!
//! | module | holds |
//! |---|---|
//! | `results` | what a run found |

pub mod results;
