//! Examination of a text under every key, scheme and tokenizer that is asked about.

use std::sync::Arc;

use greenmark::{DEFAULT_ALPHA, Examination, Key, Look, Normalised, Scheme, TokenId, normalise};

use crate::{
    TextError,
    answer::Answer,
    spans::{Characters, Passage, passages, passages_in},
    tokenizer::Tokenizer,
};

/// One question about a text: does it depend on this key, under this scheme, as this tokenizer
/// reads it?
///
/// In an [`Examiner`] it gives a look at the text as it is and, where normalising changes the text,
/// one at the normalised text.
#[derive(Debug, Clone)]
pub struct Ask<'k> {
    /// The key.
    pub key: &'k Key,
    /// The scheme.
    pub scheme: Scheme,
    /// Tokenizer that makes ids of characters; `None` if texts are given as ids alone.
    pub tokenizer: Option<Arc<Tokenizer>>,
    /// Name of the profile that the question comes from, if it comes from one.
    pub profile: Option<Arc<str>>,
}

impl<'k> Ask<'k> {
    /// Makes a question about texts that are given as ids.
    pub fn new(key: &'k Key, scheme: Scheme) -> Self {
        Self { key, scheme, tokenizer: None, profile: None }
    }

    /// Sets the tokenizer.
    #[must_use]
    pub fn tokenizer(self, tokenizer: Arc<Tokenizer>) -> Self {
        Self { tokenizer: Some(tokenizer), ..self }
    }

    /// Sets the name of the profile that the question comes from.
    #[must_use]
    pub fn profile(self, name: &str) -> Self {
        Self { profile: Some(name.into()), ..self }
    }

    /// Makes a question for each key and scheme, in the order of keys, then schemes.
    pub fn all(
        keys: impl IntoIterator<Item = &'k Key>,
        schemes: &[Scheme],
        tokenizer: Option<&Arc<Tokenizer>>,
    ) -> Vec<Self> {
        let ask = |key, scheme| Self { tokenizer: tokenizer.cloned(), ..Self::new(key, scheme) };
        keys.into_iter().flat_map(|key| schemes.iter().map(move |&scheme| ask(key, scheme))).collect()
    }
}

/// Answers a list of questions about each text, and pays for all of them.
///
/// It holds no borrowed key and serves any number of texts. Each distinct tokenizer reads each
/// version of a text once.
///
/// ```
/// use greenmark::{Key, Scheme};
/// use greenmark_text::{Ask, Evidence, Examiner, demo_tokenizer};
///
/// let (key, tokenizer) = (Key::from_bytes([7; 32]), demo_tokenizer()?);
/// let mut examiner = Examiner::new([Ask::new(&key, Scheme::DEFAULT).tokenizer(tokenizer.into())]);
/// let answer = examiner.examine("Once upon a time")?;
/// assert!(!answer.is_marked());
/// let json = serde_json::to_string(&Evidence::new("example", &answer))?;
/// assert!(json.contains(r#""verdict":"too_short""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// SPEC §7.7, §12.4.
#[derive(Debug, Clone)]
pub struct Examiner {
    /// Two looks for each ask: at the raw text and at the normalised text, as its tokenizer reads
    /// them.
    looks: greenmark::Examiner,
    /// The profile of each ask.
    profiles: Vec<Option<Arc<str>>>,
    /// The distinct tokenizers. Version i is the raw text as number i reads it; the normalised
    /// versions follow.
    tokenizers: Vec<Option<Arc<Tokenizer>>>,
    alpha: f64,
    normalises: bool,
}

impl Examiner {
    /// Makes an examiner that decides at [`DEFAULT_ALPHA`], searches for passages and normalises.
    ///
    /// # Panics
    /// If `asks` is empty.
    pub fn new<'k>(asks: impl IntoIterator<Item = Ask<'k>>) -> Self {
        let asks: Vec<Ask<'k>> = asks.into_iter().collect();
        assert!(!asks.is_empty(), "an examiner is asked something");
        let mut tokenizers: Vec<Option<Arc<Tokenizer>>> = Vec::new();
        let versions: Vec<usize> = (asks.iter())
            .map(|ask| {
                let fingerprint = ask.tokenizer.as_deref().map(Tokenizer::fingerprint);
                let is_known = |known: &Option<Arc<_>>| known.as_deref().map(Tokenizer::fingerprint) == fingerprint;
                tokenizers.iter().position(is_known).unwrap_or_else(|| {
                    tokenizers.push(ask.tokenizer.clone());
                    tokenizers.len() - 1
                })
            })
            .collect();
        let looks = asks.iter().zip(&versions).flat_map(|(ask, &raw)| {
            [raw, tokenizers.len() + raw].map(|version| Look { key: ask.key, scheme: ask.scheme, version, raw })
        });
        Self {
            looks: greenmark::Examiner::new(looks),
            profiles: asks.iter().map(|ask| ask.profile.clone()).collect(),
            tokenizers,
            alpha: DEFAULT_ALPHA,
            normalises: true,
        }
    }

    /// Sets the level α to decide at.
    #[must_use]
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// Sets whether passages are searched for, or each text is tested as a whole.
    #[must_use]
    pub fn searches(self, searches: bool) -> Self {
        Self { looks: self.looks.searches(searches), ..self }
    }

    /// Sets whether the normalised text is looked at besides the text as it is.
    #[must_use]
    pub fn normalises(self, normalises: bool) -> Self {
        Self { normalises, ..self }
    }

    /// Examines a text.
    ///
    /// # Errors
    /// [`TextError::TokenizerMissing`] if an ask has no tokenizer, else as [`Tokenizer::encode`].
    pub fn examine(&mut self, text: &str) -> Result<Answer, TextError> {
        let normalised = self.normalises.then(|| normalise(text)).filter(Normalised::is_changed);
        let texts = [Some(text), normalised.as_ref().map(Normalised::text)];
        let mut versions: Vec<Vec<TokenId>> = Vec::new();
        for text in texts.into_iter().flatten() {
            for tokenizer in &self.tokenizers {
                let tokenizer = tokenizer.as_ref().ok_or(TextError::TokenizerMissing)?;
                versions.push(tokenizer.encode(text)?);
            }
        }
        let ids: Vec<&[TokenId]> = versions.iter().map(|ids| &**ids).collect();
        let examination = self.looks.examine(&ids, self.alpha);
        let characters = Characters::new(text, normalised.as_ref(), &self.tokenizers, &versions);
        let passages = passages_in(&examination, |look| self.profile(look), &characters);
        let mut answer = self.answer(examination, passages);
        let raw = answer.best().version % self.tokenizers.len();
        answer.read = self.tokenizers[raw].clone().map(|tokenizer| (tokenizer, versions.swap_remove(raw)));
        Ok(answer)
    }

    /// Examines a text that is given as ids, the same under every ask.
    pub fn examine_ids(&mut self, ids: &[TokenId]) -> Answer {
        self.examine_versions(&[ids])
    }

    /// Examines a text that is given as the ids of each version, the raw one first.
    pub(crate) fn examine_versions(&mut self, versions: &[&[TokenId]]) -> Answer {
        let count = self.tokenizers.len();
        let versions: Vec<_> = versions.iter().flat_map(|&ids| std::iter::repeat_n(ids, count)).collect();
        let examination = self.looks.examine(&versions, self.alpha);
        // Nothing that finds places in characters is part of a program for ids alone.
        let passages = passages(&examination, |look| self.profile(look), count, |_, _| None);
        self.answer(examination, passages)
    }

    /// Returns the profile that a look belongs to.
    fn profile(&self, look: usize) -> Option<Arc<str>> {
        self.profiles[look / 2].clone()
    }

    fn answer(&self, examination: Examination, passages: Vec<Passage>) -> Answer {
        let raws = self.tokenizers.len();
        let best = examination.best.as_ref().expect("something is asked");
        let (profile, is_normalised) = (self.profile(best.look), best.version >= raws);
        Answer { examination, passages, alpha: self.alpha, profile, is_normalised, read: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evidence, demo_tokenizer};

    #[test]
    fn each_version_is_tokenised_once() {
        let key = Key::from_bytes([7; 32]);
        let tokenizer = Arc::new(demo_tokenizer().expect("it is built in"));
        let schemes = ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2"].map(|scheme| scheme.parse().expect("canonical"));
        // Of one fingerprint: one tokenizer, however often it is loaded.
        let again = Arc::new(demo_tokenizer().expect("it is built in"));
        let asks = Ask::all([&key], &schemes, Some(&tokenizer)).into_iter().chain(Ask::all(
            [&key],
            &schemes[..1],
            Some(&again),
        ));
        let mut examiner = Examiner::new(asks).alpha(0.999_999);
        for (text, versions) in [("One morning, a girl named Mia", 1), ("One morning,\u{200b} a girl named Mia", 2)] {
            let before = tokenizer.times_encoded();
            let answer = examiner.examine(text).expect("short");
            let shown = (answer.shades().len(), answer.encoded(text).map(|encoded| encoded.places.len()));
            assert_eq!(shown.1, Some(shown.0));
            serde_json::to_string(&Evidence::new("id", &answer)).expect("JSON");
            assert_eq!(tokenizer.times_encoded() - before, versions, "{text:?}");
        }
        assert_eq!(again.times_encoded(), 0);
    }

    #[test]
    fn each_profile_is_asked_under_its_own_tokenizer() {
        let (one, other) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        let demo = Arc::new(demo_tokenizer().expect("it is built in"));
        let bytes = Arc::new(bytes_tokenizer());
        let scheme = Scheme::DEFAULT;
        let mut examiner = Examiner::new([
            Ask::new(&one, scheme).tokenizer(demo.clone()).profile("one"),
            Ask::new(&other, scheme).tokenizer(bytes.clone()).profile("other"),
        ]);
        // Marked under the second: of the tokens that are letters, those that are green after the
        // one before.
        let field = |a: u32, b: u32| {
            let ids = [a, b];
            greenmark::Detector::new(&other, scheme).detect(&ids).green() == Some(1)
        };
        let mut ids = vec![bytes.token_id("a").expect("a letter")];
        let letters: Vec<u32> = ('a'..='z').map(|c| bytes.token_id(&c.to_string()).expect("a letter")).collect();
        for step in 0..300_usize {
            let last = ids[ids.len() - 1];
            let next = (0..26).map(|k| letters[(step * 7 + k) % 26]).find(|&id| field(last, id));
            ids.push(next.unwrap_or(letters[step % 26]));
        }
        let text = bytes.decode(&ids);
        let answer = examiner.examine(&text).expect("short");
        assert!(answer.is_marked() && answer.examination.looks == 2, "{:?}", answer.examination.ln_p);
        assert_eq!((answer.profile(), answer.tokenizer().map(Tokenizer::name)), (Some("other"), Some("bytes")));
        assert_eq!(answer.encoded(&text).expect("characters").ids, ids);
        assert_eq!(answer.passages[0].profile.as_deref(), Some("other"));
        assert!(examiner.examine_ids(&ids).examination.looks == 2);

        let mut bare = Examiner::new([Ask::new(&one, scheme)]);
        assert!(matches!(bare.examine("text"), Err(TextError::TokenizerMissing)));
    }

    /// Makes every letter a token.
    fn bytes_tokenizer() -> Tokenizer {
        let vocab: serde_json::Map<_, _> = ('!'..='~').enumerate().map(|(id, c)| (c.to_string(), id.into())).collect();
        let json = serde_json::json!({
            "version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
            "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": vocab, "merges": []},
        });
        Tokenizer::from_json(json.to_string().as_bytes(), "bytes").expect("a tokenizer")
    }
}
