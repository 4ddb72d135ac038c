//! What is concluded from the scores of a text: SPEC §6.2 to §7.

mod bet;
mod dedup;
mod detection;
mod examine;
mod reading;
mod scorer;
mod search;
mod stream;
mod weight;

pub use detection::{DEFAULT_ALPHA, Detection, Detector};
pub use examine::{Examination, Examiner, Finding};
pub use reading::{Reading, Scores};
pub use scorer::{Position, Scorer, Tally};
pub use search::{Search, Span};
pub use stream::{Stream, StreamEvidence};
