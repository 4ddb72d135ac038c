//! What a mark costs and what is left of it after an attack.
//!
//! | module | holds |
//! |---|---|
//! | `attack` | what others do to a text, by a strength and a seed; knows no key |
//! | `calibration` | how often unmarked texts are called marked, by every test, over many texts and keys |
//! | `corpus` | texts by a language model, kept in files so that a broken run goes on where it was |
//! | `damage` | what an attack does to a text, whatever it does to the mark |
//! | `detectors` | every detector, asked about one text |
//! | `evidence` | rules that make one p-value of a text's scored positions |
//! | `files` | files written whole or not at all, and their hashes |
//! | `fit` | weights of evidence, fitted on marked texts |
//! | `journal` | files of records that outlive a run's being broken off |
//! | `power` | how many tokens a detector needs: curves of detection by length |
//! | `quality` | repetition and likeness of texts |
//! | `recording` | texts with the next-token distributions that they were drawn from |
//! | `setup` | the model, its prompts and the names of marks that an experiment starts from |
//! | `similarity` | how alike two texts are in what they say |
//! | `simulation` | marks tried on a recording, without the model |
//! | `stealing` | attackers who learn from marked text what the key favours, and forge or strip by it |
//! | `suite` | the robustness benchmark: what it measures, how it goes on, what it found |
//! | `summary` | medians, means with their errors, rates with their intervals |
//! | `surprise` | how unlikely a language model finds a text |
//! | `tails` | exact tails of weighted sums |
//! | `traits` | what the ids of a text say of its scored positions |

pub mod attack;
pub mod calibration;
pub mod corpus;
pub mod damage;
pub mod detectors;
pub mod evidence;
pub mod files;
pub mod fit;
pub mod journal;
pub mod power;
pub mod quality;
pub mod recording;
pub mod setup;
pub mod similarity;
pub mod simulation;
pub mod stealing;
pub mod suite;
pub mod summary;
pub mod surprise;
pub mod tails;
pub mod traits;
