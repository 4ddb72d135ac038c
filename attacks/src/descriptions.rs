//! Descriptions of all attacks: what each models, where it comes from, what it does not do.

use std::sync::LazyLock;

use crate::attack::{About, AttackError};

static CATALOGUE: LazyLock<Vec<About>> =
    LazyLock::new(|| serde_json::from_str(include_str!("data/catalogue.json")).expect("the file is sound"));

/// Returns the descriptions of all attacks, plain ones first.
#[must_use]
pub fn catalogue() -> &'static [About] {
    &CATALOGUE
}

/// Returns the description of an attack by its name.
///
/// # Errors
/// [`AttackError::Unknown`].
pub fn about(name: &str) -> Result<&'static About, AttackError> {
    let unknown =
        || AttackError::Unknown { name: name.into(), known: CATALOGUE.iter().map(|about| about.name).collect() };
    CATALOGUE.iter().find(|about| about.name == name).ok_or_else(unknown)
}

/// Returns the description of one of our own attacks.
pub(super) fn described(name: &str) -> About {
    *about(name).expect("the catalogue has every attack")
}
