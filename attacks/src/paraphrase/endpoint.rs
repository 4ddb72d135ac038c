//! A chat model behind a URL: any that speaks OpenAI's protocol.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Map, Value, json};
use ureq::{Agent, Error, http::Uri};

use super::{Answer, Chat, Question, cache::Cache};

/// Questions under way at once.
const TOGETHER: usize = 4;
/// Longest pause before another attempt, whatever the endpoint asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Longest answer that is read, in bytes.
const LONGEST_BODY: u64 = 4 << 20;

/// A key that admits to an endpoint. It shows itself nowhere but in the request's header.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Returns the value of an environment variable.
    ///
    /// # Errors
    /// A message, if it is not set, empty, or cannot stand in a header. It does not repeat the
    /// name, which may be the key by mistake.
    pub fn from_env(variable: &str) -> Result<Self, String> {
        let value = std::env::var_os(variable).ok_or("the environment variable for the endpoint's key is not set")?;
        let value = value.into_string().unwrap_or_default();
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(
                "the environment variable for the endpoint's key holds none: one word of ASCII characters".into()
            );
        }
        Ok(Self(value))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Whom to ask, and how patiently.
#[derive(Debug, Clone)]
pub struct EndpointOptions {
    /// Base URL of `/chat/completions`, as `https://host/v1`.
    pub url: String,
    /// The model's name there.
    pub model: String,
    /// Its API key.
    pub key: Option<Secret>,
    /// Temperature of the sampling.
    pub temperature: f64,
    /// Time limit of one attempt.
    pub timeout: Duration,
    /// Further attempts where the endpoint is overloaded, broken for the moment, or out of reach.
    pub retries: u32,
    /// Pause before the second attempt; it doubles with each. An endpoint that names a time is
    /// obeyed, up to a minute.
    pub pause: Duration,
    /// Folder where answers are kept, so that none is paid for twice.
    pub cache: Option<PathBuf>,
}

/// A chat model behind a URL.
pub struct Endpoint {
    options: EndpointOptions,
    cache: Option<Cache>,
    agent: Agent,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// Asks nothing yet.
    ///
    /// # Errors
    /// A fault in the URL, the temperature or the cache's folder.
    pub fn new(options: EndpointOptions) -> Result<Self, String> {
        // A name or key in a URL would be repeated by every message.
        if options.url.contains(['@', '?', '#']) {
            return Err("an endpoint's URL has no user, query or fragment; its key comes from the environment".into());
        }
        let url: Option<Uri> = options.url.parse().ok();
        let is_sound = |url: &Uri| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some();
        let Some(url) = url.filter(is_sound) else {
            return Err(format!("{:?} is no URL of an endpoint, as https://host/v1", options.url));
        };
        if !(0.0..=10.0).contains(&options.temperature) {
            return Err(format!("temperature must be 0 to 10, not {}", options.temperature));
        }
        let mut config = Agent::config_builder()
            .timeout_global(Some(options.timeout))
            .http_status_as_error(false)
            // The key is for this endpoint, and not for where it points.
            .max_redirects(0);
        if url.host().is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]") {
            config = config.proxy(None);
        }
        let cache = options.cache.as_deref().map(Cache::open).transpose()?;
        Ok(Self { agent: config.build().into(), cache, options })
    }

    /// Returns one answer, from the cache or with as many attempts as it takes.
    fn ask(&self, prompt: &str, seed: u64) -> Answer {
        let EndpointOptions { url, model, temperature, retries, .. } = &self.options;
        let url = format!("{}/chat/completions", url.trim_end_matches('/'));
        let known = json!({"url": url, "model": model, "prompt": prompt, "seed": seed, "temperature": temperature});
        if let Some(answer) = self.cache.as_ref().map(|cache| cache.get(&known)).transpose()?.flatten() {
            return Ok(answer);
        }
        let body = json!({
            "model": model, "temperature": temperature, "seed": seed, "messages": [{"role": "user", "content": prompt}],
        });
        let mut attempt = 0;
        let answer = loop {
            attempt += 1;
            match self.post(&url, &body.to_string()) {
                Ok(answer) => break answer,
                Err(Failure { again: Some(pause), .. }) if attempt <= *retries => {
                    let doubled = self.options.pause.saturating_mul(1 << (attempt - 1).min(20));
                    thread::sleep(pause.unwrap_or(doubled).min(LONGEST_PAUSE));
                }
                Err(Failure { message, .. }) => {
                    let attempts = if attempt == 1 { String::new() } else { format!(" ({attempt} attempts)") };
                    return Err(self.without_key(&format!("{url}: {message}{attempts}")));
                }
            }
        };
        if let Some(cache) = &self.cache {
            cache.put(&known, answer.as_deref())?;
        }
        Ok(answer)
    }

    fn post(&self, url: &str, body: &str) -> Result<Option<String>, Failure> {
        let mut request = self.agent.post(url).header("Content-Type", "application/json");
        if let Some(Secret(key)) = &self.options.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut response = request.send(body).map_err(|error| self.failure(&error))?;
        let status = response.status();
        let wait = response.headers().get("Retry-After").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let said = response.body_mut().with_config().limit(LONGEST_BODY).read_to_string();
        let said = said.map(|said| self.without_key(&said));
        if status.is_success() {
            return parse(&said.map_err(|error| self.failure(&error))?).map_err(Failure::for_good);
        }
        let reason = said.ok().and_then(|said| reason(&said)).map_or_else(String::new, |reason| format!(": {reason}"));
        let message = match status.as_u16() {
            300..400 => "it points elsewhere (a redirect), which is not followed".to_owned(),
            status => format!("HTTP status {status}{reason}"),
        };
        let again = matches!(status.as_u16(), 408 | 425 | 429 | 500..).then(|| wait.map(Duration::from_secs));
        Err(Failure { message, again })
    }

    fn failure(&self, error: &Error) -> Failure {
        match error {
            Error::Timeout(_) => {
                let message = format!("no answer within {} s", self.options.timeout.as_secs_f64());
                Failure { message, again: Some(None) }
            }
            Error::Io(_) | Error::ConnectionFailed | Error::HostNotFound | Error::Protocol(_) => {
                Failure { message: error.to_string(), again: Some(None) }
            }
            error => Failure::for_good(error.to_string()),
        }
    }

    /// Some endpoints repeat what they were given.
    fn without_key(&self, message: &str) -> String {
        match &self.options.key {
            Some(Secret(key)) => message.replace(key, "[key]"),
            None => message.to_owned(),
        }
    }
}

impl Chat for Endpoint {
    fn options(&self) -> Map<String, Value> {
        let EndpointOptions { url, model, temperature, .. } = &self.options;
        let options = json!({"endpoint": url, "model": model, "temperature": temperature});
        options.as_object().cloned().unwrap_or_default()
    }

    fn batch(&self) -> usize {
        TOGETHER
    }

    fn answer(&mut self, questions: &[Question], seed: u64) -> Vec<Answer> {
        let this = &*self;
        let answers: Vec<OnceLock<Answer>> = questions.iter().map(|_| OnceLock::new()).collect();
        let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            for _ in 0..TOGETHER.min(questions.len()) {
                scope.spawn(|| {
                    // What could not be asked once, however patiently, is not asked for the rest of the batch.
                    while !has_failed.load(Ordering::Relaxed) {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some((question, answer)) = questions.get(at).zip(answers.get(at)) else { break };
                        let found = answer.get_or_init(|| this.ask(&question.prompt, seed));
                        has_failed.fetch_or(found.is_err(), Ordering::Relaxed);
                    }
                });
            }
        });
        let first = answers.iter().filter_map(OnceLock::get).find_map(|answer| answer.as_ref().err().cloned());
        let reason = first.unwrap_or_else(|| "not asked".into());
        answers.into_iter().map(|answer| answer.into_inner().unwrap_or_else(|| Err(reason.clone()))).collect()
    }
}

/// Why an attempt came to nothing.
struct Failure {
    message: String,
    /// `None` if another attempt is useless; else the pause before it, if the endpoint names one.
    again: Option<Option<Duration>>,
}

impl Failure {
    fn for_good(message: String) -> Self {
        Self { message, again: None }
    }
}

/// Returns the text of an answer; `None` if it was cut off or withheld.
fn parse(body: &str) -> Answer {
    let value: Value = serde_json::from_str(body).map_err(|_| format!("the answer is not JSON: {}", excerpt(body)))?;
    let choice = value["choices"].get(0).ok_or_else(|| format!("the answer has no choices: {}", excerpt(body)))?;
    match &choice["message"]["content"] {
        _ if choice["finish_reason"] == "length" => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        Value::Null if choice["message"].is_object() => Ok(None),
        _ => Err(format!("the answer's message has no text: {}", excerpt(body))),
    }
}

/// Returns what an endpoint says of its refusal.
fn reason(body: &str) -> Option<String> {
    let value: Value = serde_json::from_str(body).ok()?;
    let found = ["/error/message", "/error", "/message", "/detail"].iter().find_map(|at| value.pointer(at)?.as_str());
    found.map(excerpt)
}

fn excerpt(body: &str) -> String {
    const KEPT: usize = 160;
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(KEPT) {
        _ if line.is_empty() => "it is empty".to_owned(),
        Some((end, _)) => format!("{} …", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests;
