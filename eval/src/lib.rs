//! Measurements: what is left of a mark after an attack, and how often unmarked text is called
//! marked.
//!
//! | module | holds |
//! |---|---|
//! | `calibration` | how often unmarked texts are called marked, by every test, over many texts and keys |
//! | `corpus` | texts by a language model, kept in files so that an interrupted run continues |
//! | `detectors` | every detector, asked about one text |
//! | `journal` | append-only JSON Lines that survive interruption |
//! | `quality` | repetition and likeness of texts |
//! | `setup` | the model, its prompts and the names of marks that an experiment starts from |
//! | `similarity` | how alike two texts are in meaning |
//! | `suite` | the robustness benchmark: what it measures, how it continues, what it found |
//! | `summary` | medians, means with their errors, rates with their intervals |
//! | `template` | what renders reports |

pub mod calibration;
pub mod corpus;
pub mod detectors;
pub mod journal;
pub mod quality;
pub mod setup;
pub mod similarity;
pub mod suite;
pub mod summary;
mod template;
