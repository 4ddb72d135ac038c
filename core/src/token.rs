//! Token ids.

/// A token id, as the model's tokenizer gives it. A bare alias: bulk data crosses boundaries
/// uncopied.
pub type TokenId = u32;
