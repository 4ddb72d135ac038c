//! Arguments that name a chat model behind a URL.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use greenmark_attacks::{EndpointOptions, Secret};

#[derive(Debug, Args)]
#[command(next_help_heading = "A model behind a URL")]
pub(crate) struct EndpointArgs {
    /// Have a model paraphrase that speaks OpenAI's protocol behind a URL, as https://host/v1: the texts go there
    #[arg(long, value_name = "URL", requires = "endpoint_model")]
    pub(crate) endpoint: Option<String>,
    /// The model's name there
    #[arg(long, value_name = "NAME", requires = "endpoint")]
    pub(crate) endpoint_model: Option<String>,
    /// Environment variable that holds the key to it; without, none is sent
    #[arg(long, value_name = "VAR", requires = "endpoint")]
    pub(crate) endpoint_key_env: Option<String>,
    /// Seconds that one attempt may take; by default 120
    #[arg(long, value_name = "SECONDS", requires = "endpoint", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) endpoint_timeout: Option<u32>,
    /// Further attempts where the endpoint is overloaded or out of reach; by default 4, after 1, 2,
    /// 4 and 8 seconds
    #[arg(long, value_name = "N", requires = "endpoint", value_parser = clap::value_parser!(u32).range(..=20))]
    pub(crate) endpoint_retries: Option<u32>,
    /// Folder that keeps the endpoint's answers, so that an interrupted run pays for none twice
    #[arg(long, value_name = "DIR", requires = "endpoint")]
    pub(crate) cache: Option<PathBuf>,
}

impl EndpointArgs {
    /// True if an endpoint is named.
    pub(crate) fn is_named(&self) -> bool {
        self.endpoint.is_some()
    }

    /// Whom to ask; `None` where no endpoint is named.
    pub(crate) fn options(&self, temperature: f64) -> Result<Option<EndpointOptions>> {
        let Some(url) = self.endpoint.clone() else { return Ok(None) };
        let key = self.endpoint_key_env.as_deref().map(Secret::from_env).transpose();
        Ok(Some(EndpointOptions {
            url,
            model: self.endpoint_model.clone().context("--endpoint needs --endpoint-model")?,
            key: key.map_err(|reason| anyhow!(reason))?,
            temperature,
            timeout: Duration::from_secs(self.endpoint_timeout.unwrap_or(120).into()),
            retries: self.endpoint_retries.unwrap_or(4),
            pause: Duration::from_secs(1),
            cache: self.cache.clone(),
        }))
    }
}
