//! Numbers in, numbers out: the exact tails behind every p-value, and what is printed beside it.
//!
//! Nothing here knows a token, a key or a scheme, so all of it can be checked against values
//! computed elsewhere (`tests/vectors/binomial-tail.json` and `gamma-tail.json`, 60-digit
//! arithmetic).
//!
//! Tails are natural logs. A marked text of a few thousand tokens has p below 1e-308, where an
//! `f64` probability is 0 and two very different texts look alike.
//!
//! | module | holds |
//! |---|---|
//! | `binomial` | tail, mass function and z-score of the count of green positions |
//! | `weighted` | tail of a count whose hits weigh differently |
//! | `gamma` | tail and z-score of a sum of Gumbel scores |
//! | `saddle` | deviance and Stirling remainder, from which mass functions are put together |
//! | `null` | the laws that scores obey where there is no mark |
//! | `interval` | exact confidence interval of a rate |
//! | `sum` | sums of many scores that keep their digits |
//! | `format` | decimal text of a p-value at any depth |
//!
//! SPEC §7.

mod binomial;
mod error;
mod format;
mod gamma;
mod interval;
mod null;
mod saddle;
mod sum;
mod weighted;

pub use binomial::{ln_binomial_pmf, ln_binomial_sf, z_score};
pub use error::StatsError;
pub use format::format_p_value;
pub use gamma::{gamma_z_score, ln_gamma_sf};
pub use interval::clopper_pearson;
pub use null::{Chance, Null};
pub(crate) use sum::{Sum, sum};
pub use weighted::WeightedBinomial;
