//! What a mark costs and what is left of it after an attack.
//!
//! | module | holds |
//! |---|---|
//! | `attack` | what others do to a text, by a strength and a seed; knows no key |
//! | `calibration` | how often unmarked texts are called marked, by every test, over many texts and keys |
//! | `corpus` | texts by a language model, kept in files so that a broken run goes on where it was |
//! | `damage` | what an attack does to a text, whatever it does to the mark |
//! | `evidence` | rules that make one p-value of a text's scored positions |
//! | `fit` | weights of evidence, fitted on marked texts |
//! | `power` | how many tokens a detector needs: curves of detection by length |
//! | `quality` | repetition and likeness of texts |
//! | `recording` | texts with the next-token distributions that they were drawn from |
//! | `setup` | the model, its prompts and the names of marks that an experiment starts from |
//! | `simulation` | marks tried on a recording, without the model |
//! | `stealing` | attackers who learn from marked text what the key favours, and forge or strip by it |
//! | `stripping` | what is left of a mark after an attack, and what of the text |
//! | `summary` | medians, means with their errors, rates with their intervals |
//! | `tails` | exact tails of weighted sums |
//! | `traits` | what the ids of a text say of its scored positions |

pub mod attack;
pub mod calibration;
pub mod corpus;
pub mod damage;
pub mod evidence;
pub mod fit;
pub mod power;
pub mod quality;
pub mod recording;
pub mod setup;
pub mod simulation;
pub mod stealing;
pub mod stripping;
pub mod summary;
pub mod tails;
pub mod traits;
