//! No arguments: this build asks no model behind a URL.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct EndpointArgs {}

impl EndpointArgs {
    pub(crate) fn is_named(&self) -> bool {
        false
    }
}
