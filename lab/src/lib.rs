//! The programs behind `docs/`, and what they share. Nothing depends on this crate.
//!
//! | module | holds |
//! |---|---|
//! | `operating` | how many tokens a detector needs, simulated along recorded distributions |
//! | `stealing` | attackers who learn from marked text what the key favours, and forge or strip by it |
//! | `weights` | rules that weigh a text's scored positions, and their exact tails |
//!
//! `results/` has every measured output.

pub mod operating;
pub mod stealing;
pub mod weights;
