//! Chat templates: a message in the form that a model was trained to answer.

use std::thread;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, context};

use crate::{LmError, TokenId};
use greenmark_text::{Tokenizer, gguf::Metadata};

/// Date given to templates as today's: the fallback in Llama 3's own template, 26 July 2024.
///
/// With the real date, the same run would give another prompt tomorrow, and so another text.
const TODAY: [(&str, &str); 9] = [
    ("%d", "26"),
    ("%b", "Jul"),
    ("%B", "July"),
    ("%Y", "2024"),
    ("%m", "07"),
    ("%y", "24"),
    ("%A", "Friday"),
    ("%a", "Fri"),
    ("%-d", "26"),
];

/// Bytes of the longest template that is taken. Models' own have some thousands.
const LONGEST: usize = 1 << 16;
/// Steps that a template may take. A prompt takes some hundreds.
const STEPS: u64 = 1_000_000;
/// Bytes of stack for a template, which may nest as deep as it is long.
const STACK: usize = 256 << 20;

/// A model's chat template, a Jinja program that lays out messages as the model expects them.
///
/// ```
/// use greenmark_lm::ChatTemplate;
///
/// let source = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}\n{% endfor %}<|assistant|>";
/// let template = ChatTemplate::new(source, "<s>", "</s>");
/// assert_eq!(template.render(None, "Hi")?, "<|user|>Hi\n<|assistant|>");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatTemplate {
    source: String,
    bos: String,
    eos: String,
}

impl ChatTemplate {
    /// Returns a template from its source.
    ///
    /// - `bos`, `eos`: values of its variables `bos_token` and `eos_token`; empty for a model that
    ///   has no such token.
    #[must_use]
    pub fn new(source: &str, bos: &str, eos: &str) -> Self {
        Self { source: source.to_owned(), bos: bos.to_owned(), eos: eos.to_owned() }
    }

    /// Returns the template in a GGUF file's metadata; `None` if it holds none, as with base models.
    #[must_use]
    pub fn from_gguf_metadata(metadata: &Metadata) -> Option<Self> {
        let source = metadata.get("tokenizer.chat_template")?.string()?;
        let token = |key: &str| -> Option<&str> {
            let id = usize::try_from(metadata.get(key)?.integer()?).ok()?;
            metadata.get("tokenizer.ggml.tokens")?.array()?.string(id)
        };
        let bos = token("tokenizer.ggml.bos_token_id").unwrap_or_default();
        let eos = token("tokenizer.ggml.eos_token_id").unwrap_or_default();
        Some(Self::new(source, bos, eos))
    }

    /// Returns the prompt for one message of a user, up to where the model's answer begins.
    ///
    /// Without `system`, the template decides: some have a system message of their own. Templates
    /// that ask for the date get 26 July 2024.
    ///
    /// # Errors
    /// [`LmError::ChatTemplate`] with the template's own message, or if it is not valid Jinja, longer
    /// than 64 KiB, or takes more than a million steps.
    pub fn render(&self, system: Option<&str>, user: &str) -> Result<String, LmError> {
        if self.source.len() > LONGEST {
            let reason = format!("it has {} bytes, and at most {LONGEST} are taken", self.source.len());
            return Err(LmError::ChatTemplate(reason));
        }
        let failed = |reason: &str| LmError::ChatTemplate(reason.to_owned());
        thread::scope(|scope| {
            let rendering =
                thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || self.render_here(system, user));
            rendering
                .map_err(|error| failed(&error.to_string()))?
                .join()
                .map_err(|_| failed("it made the reader fail"))?
        })
    }

    fn render_here(&self, system: Option<&str>, user: &str) -> Result<String, LmError> {
        let mut environment = Environment::new();
        environment.set_fuel(Some(STEPS));
        // As in Hugging Face's `apply_chat_template`: templates rely on it.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|e| LmError::ChatTemplate(e.to_string()))?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, minijinja::Error> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", |format: String| {
            TODAY.iter().fold(format, |text, (code, value)| text.replace(code, value))
        });

        let system = system.map(|content| context!(role => "system", content));
        let user = context!(role => "user", content => user);
        let messages: Vec<_> = system.into_iter().chain([user]).collect();
        let values = context!(
            messages, add_generation_prompt => true, bos_token => &self.bos, eos_token => &self.eos,
            tools => (), documents => (),
        );
        // The detail is the message given to `raise_exception`; the rest is for template authors.
        let reason = |e: minijinja::Error| e.detail().map_or_else(|| e.to_string(), str::to_owned);
        environment.render_str(&self.source, values).map_err(|e| LmError::ChatTemplate(reason(e)))
    }

    /// Renders the prompt and returns its tokens. The template writes the special tokens itself,
    /// including a BOS.
    ///
    /// A special token spelt out in the user's message counts as one too: check messages that come
    /// from others.
    ///
    /// # Errors
    /// As [`render`](Self::render) and [`Tokenizer::encode`].
    pub fn encode(&self, tokenizer: &Tokenizer, system: Option<&str>, user: &str) -> Result<Vec<TokenId>, LmError> {
        Ok(tokenizer.encode(&self.render(system, user)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str, system: Option<&str>) -> Result<String, LmError> {
        ChatTemplate::new(source, "<s>", "</s>").render(system, "Hi <b> & 'you'")
    }

    #[test]
    fn smollm2s_template_brings_its_own_system_message() {
        let source = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
            {{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM<|im_end|>\n' }}{% endif %}\
            {{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}\
            {% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
        let user = "<|im_start|>user\nHi <b> & 'you'<|im_end|>\n<|im_start|>assistant\n";
        assert_eq!(
            render(source, None).unwrap(),
            format!("<|im_start|>system\nYou are a helpful AI assistant named SmolLM<|im_end|>\n{user}")
        );
        assert_eq!(
            render(source, Some("Be brief.")).unwrap(),
            format!("<|im_start|>system\nBe brief.<|im_end|>\n{user}")
        );
    }

    #[test]
    fn templates_may_use_what_hugging_face_gives_them() {
        // Blocks on their own lines leave no blank behind; Python's methods and slices; the tokens;
        // a namespace.
        let source = "{{ bos_token }}\n{%- if messages[0].role == 'system' %}\n  {%- set rest = messages[1:] %}\n\
            {%- else %}\n  {% set rest = messages %}\n{%- endif %}\n\
            {% if not tools is defined or tools is none %}\n{% set ns = namespace(n=0) %}\n\
            {% for m in rest %}\n    {% set ns.n = ns.n + 1 %}\n[{{ m.content.strip().upper() }}]{{ ns.n }}{% endfor %}\n\
            {% endif %}\n{{ strftime_now('%d %b %Y') }}{{ eos_token }}\n";
        assert_eq!(render(source, Some("x")).unwrap(), "<s>[HI <B> & 'YOU']126 Jul 2024</s>");
    }

    #[test]
    fn a_template_has_bounds() {
        let refused = |source: String| render(&source, None).expect_err("refused").to_string();
        let range = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}\
            {% endfor %}{% endfor %}{% endfor %}";
        assert!(refused(range.to_owned()).contains("fuel"), "{}", refused(range.to_owned()));
        assert!(refused(format!("{{{{ {}1 }}}}", "-".repeat(300_000))).contains("at most 65536"));
        // As deep as the length allows: an answer or a refusal, and no overflow. A chain of `~` copies what
        // it has at each link, so this one is short.
        for (before, link, after, links) in [
            ("", "-", "1", 60_000),
            ("", "not ", "1", 15_000),
            ("a", ".b", "", 30_000),
            ("'a'", "|upper", "", 10_000),
            ("1", "~1", "", 5_000),
        ] {
            let _ = render(&format!("{{{{ {before}{}{after} }}}}", link.repeat(links)), None);
        }
    }

    #[test]
    fn a_templates_complaint_is_passed_on() {
        let source =
            "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}";
        assert_eq!(render(source, None).unwrap(), "");
        assert_eq!(render(source, Some("x")).unwrap_err().to_string(), "chat template: System role not supported");
        let message = render("{% if %}", None).unwrap_err().to_string();
        assert!(message.starts_with("chat template: "), "{message}");
    }

    #[test]
    fn no_template_names_the_way_out() {
        assert!(ChatTemplate::from_gguf_metadata(&Metadata::new()).is_none());
        let message = LmError::ChatTemplateMissing.to_string();
        assert!(message.contains("--raw"), "{message}");
    }
}
