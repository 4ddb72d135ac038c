//! No arguments: this build asks no model behind a URL.

use anyhow::Result;
use clap::Args;
use greenmark_attacks::Chat;

#[derive(Debug, Args)]
pub(crate) struct EndpointArgs {}

impl EndpointArgs {
    pub(crate) fn is_named(&self) -> bool {
        false
    }

    pub(crate) fn chat(&self, _: f64) -> Result<Option<Box<dyn Chat>>> {
        Ok(None)
    }
}
