//! A question in the form the model was trained to answer: its own chat template.

use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, context};

use crate::{LmError, TokenId};
use greenmark_text::{
    Tokenizer,
    gguf::{self, Metadata, Value},
};

/// The day that templates are told is today: the fallback in Llama 3's own template.
///
/// A clock would make the same run give another prompt, and so another text, tomorrow.
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
    /// - `bos`, `eos`: what `bos_token` and `eos_token` are in it; empty for a model without.
    #[must_use]
    pub fn new(source: &str, bos: &str, eos: &str) -> Self {
        Self { source: source.to_owned(), bos: bos.to_owned(), eos: eos.to_owned() }
    }

    /// Reads the template in a GGUF file.
    ///
    /// # Errors
    /// [`LmError::Io`] or [`LmError::Model`] if the file or its header cannot be read,
    /// [`LmError::ChatTemplateMissing`] if it holds no template, as base models do.
    pub fn from_gguf(path: impl AsRef<Path>) -> Result<Self, LmError> {
        Self::from_gguf_metadata(&gguf::read_metadata(path.as_ref())?)
    }

    /// Takes the template out of a GGUF file's metadata.
    ///
    /// # Errors
    /// [`LmError::ChatTemplateMissing`] if it holds none, as base models do.
    pub fn from_gguf_metadata(metadata: &Metadata) -> Result<Self, LmError> {
        let source = metadata.get("tokenizer.chat_template").and_then(Value::string);
        let source = source.ok_or(LmError::ChatTemplateMissing)?;
        let token = |key: &str| -> Option<&str> {
            let id = usize::try_from(metadata.get(key)?.integer()?).ok()?;
            metadata.get("tokenizer.ggml.tokens")?.array()?.string(id)
        };
        let bos = token("tokenizer.ggml.bos_token_id").unwrap_or_default();
        let eos = token("tokenizer.ggml.eos_token_id").unwrap_or_default();
        Ok(Self::new(source, bos, eos))
    }

    /// The prompt for one message of a user, up to where the model's answer begins.
    ///
    /// Without `system` the template decides: some have a system message of their own. Templates
    /// that ask for the date are told 26 July 2024.
    ///
    /// # Errors
    /// [`LmError::ChatTemplate`] with the template's own complaint, or if it is not valid Jinja.
    pub fn render(&self, system: Option<&str>, user: &str) -> Result<String, LmError> {
        let mut environment = Environment::new();
        // As in Hugging Face's `apply_chat_template`: templates rely on it.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|e| LmError::ChatTemplate { reason: e.to_string() })?);
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
        environment.render_str(&self.source, values).map_err(|e| LmError::ChatTemplate {
            // What `raise_exception` was given stands in the detail; the rest is for template authors.
            reason: e.detail().map_or_else(|| e.to_string(), str::to_owned),
        })
    }

    /// [`render`](Self::render), as tokens. The template writes the special tokens itself, a BOS
    /// included.
    ///
    /// A special token spelt out in the user's message is one too; who passes on messages from
    /// others should mind.
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
        // Blocks on their own lines leave no blank behind; Python's methods and slices; the tokens; a
        // namespace.
        let source = "{{ bos_token }}\n{%- if messages[0].role == 'system' %}\n  {%- set rest = messages[1:] %}\n\
            {%- else %}\n  {% set rest = messages %}\n{%- endif %}\n\
            {% if not tools is defined or tools is none %}\n{% set ns = namespace(n=0) %}\n\
            {% for m in rest %}\n    {% set ns.n = ns.n + 1 %}\n[{{ m.content.strip().upper() }}]{{ ns.n }}{% endfor %}\n\
            {% endif %}\n{{ strftime_now('%d %b %Y') }}{{ eos_token }}\n";
        assert_eq!(render(source, Some("x")).unwrap(), "<s>[HI <B> & 'YOU']126 Jul 2024</s>");
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
        let message = ChatTemplate::from_gguf_metadata(&Metadata::new()).unwrap_err().to_string();
        assert!(message.contains("--raw"), "{message}");
    }
}
