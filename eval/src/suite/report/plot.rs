//! The plots, in the order in which a report shows them.

mod cost;
mod draw;
mod labels;
mod left;
mod length;
mod strength;

use anyhow::Result;

pub(super) use self::draw::Plot;
use crate::suite::{
    choice::{Choice, Left},
    results::Results,
};

/// Those that something was measured for, the one that matters most first.
pub(super) fn all(results: &Results, choice: &Choice<'_>) -> Result<Vec<Plot>> {
    let plots = [
        left::plot(choice, Left::Similarity)?,
        left::plot(choice, Left::Chrf)?,
        strength::plot(choice)?,
        length::plot(results, choice)?,
        cost::plot(results, choice)?,
    ];
    Ok(plots.into_iter().flatten().collect())
}
