//! Operating points: the number of tokens that a detector needs.
//!
//! | module | holds |
//! |---|---|
//! | `power` | curves of detection by length |
//! | `recording` | texts with the next-token distributions that they were drawn from |
//! | `simulation` | marks tried on a recording, without the model |

pub mod power;
pub mod recording;
pub mod simulation;
