//! Weighted tests beside plain counts.
//!
//! | module | holds |
//! |---|---|
//! | `fit` | weights of evidence, fitted on marked texts |
//! | `rules` | rules that make one p-value of a text's scored positions |
//! | `tails` | exact tails of weighted sums |
//! | `traits` | what the ids of a text say of its scored positions |

pub mod fit;
pub mod rules;
pub mod tails;
pub mod traits;
