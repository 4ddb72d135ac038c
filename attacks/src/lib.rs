//! Attacks that strip a mark from a text. They know neither key nor scheme.
//!
//! An [`Attack`] is text in, text out, by a [`Strength`] and a seed. [`catalogue`] says of each
//! what it models, where it comes from, what it does not do and which options it reads; [`build`]
//! makes one ready by its name, with the model, data or program that it needs. [`substitute`] works
//! on ids, where an experiment wants exact shares of tokens.
//!
//! | module | holds |
//! |---|---|
//! | `attack` | what an attack is, what it says of itself, what becomes of a text |
//! | `descriptions` | the descriptions of all attacks |
//! | `catalogue` | every attack, and the one place where one is made ready |
//! | `plain` | the one form of attacks that need no model |
//! | `words`, `characters`, `structure` | plain attacks, by what they work on |
//! | `synonyms`, `phrases`, `back_translation`, `resample`, `paraphrase` | attacks that need data, a program or a model |
//! | `damage` | what an attack does to a text, whatever it does to the mark |
//! | `split`, `sentences`, `links`, `english`, `places`, `branches` | what attacks share |
//!
//! `data/` holds the descriptions (`catalogue.json`) and the lists of words (`english.json`).
//!
//! Without the feature `endpoint` (default) no chat model behind a URL is asked, and no TLS built.

mod attack;
mod back_translation;
mod branches;
mod catalogue;
mod characters;
pub mod damage;
mod descriptions;
mod english;
mod links;
mod paraphrase;
mod phrases;
mod places;
mod plain;
mod resample;
mod sentences;
mod split;
mod structure;
mod synonyms;
mod tokens;
mod words;

pub use attack::{About, Attack, AttackError, Attacked, Kind, Need, Setting, Strength};
pub use catalogue::{Options, build};
pub use descriptions::{about, catalogue};
#[cfg(feature = "endpoint")]
pub use paraphrase::{Endpoint, EndpointOptions, Secret};
pub use paraphrase::{PARAPHRASE_TEMPERATURE, Unit};
pub use tokens::{substitute, substitute_some};
