//! Detection: from the ids of a text to a p-value and spans. SPEC §6.2 to §7.

mod bet;
mod dedup;
mod detection;
mod detector;
mod examine;
mod reading;
mod scorer;
mod scores;
mod search;
mod stake;
mod stream;
mod tally;
mod weight;

pub use self::{
    detection::{DEFAULT_ALPHA, Detection},
    detector::Detector,
    examine::{Examination, Examiner, Finding, Look, Verdict, pay_for_looks},
    reading::Reading,
    scorer::Scorer,
    scores::{Scores, ScoresError},
    search::{Search, Span},
    stake::Stake,
    stream::{Stream, StreamEvidence},
    tally::{Position, Tally},
};
