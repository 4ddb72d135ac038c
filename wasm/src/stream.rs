//! Detection in a text while it arrives.

use greenmark::{KeyId, Scheme, Stream, StreamEvidence};
use greenmark_text::{Ask, Event, StreamReport};
use wasm_bindgen::prelude::*;

#[cfg(feature = "text")]
use crate::text_encoder::TextEncoder;
use crate::{
    arguments::{text_id, token_ids},
    convert::{Fallible, plain},
    options::{DetectOptions, Question},
};

#[wasm_bindgen]
extern "C" {
    /// The JSON object of SPEC §10 for a stream.
    #[wasm_bindgen(typescript_type = "StreamEvidence")]
    pub type StreamEvidenceObject;
}

/// Detects a mark in a text that arrives in pieces. The evidence is valid after any piece, so
/// reading may stop at any time. SPEC §7.6.
///
/// It looks for a mark that begins with the text, and ignores `search` and `normalise`.
#[wasm_bindgen]
pub struct StreamDetector {
    stream: Stream,
    /// Key, scheme and name of each profile.
    profiles: Vec<(KeyId, Scheme, String)>,
    alpha: f64,
    id: String,
    /// Encoder of text; without one, the stream takes ids alone.
    #[cfg(feature = "text")]
    encoder: Option<TextEncoder>,
    found: bool,
}

impl std::fmt::Debug for StreamDetector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamDetector").field("id", &self.id).finish_non_exhaustive()
    }
}

#[wasm_bindgen]
impl StreamDetector {
    /// # Errors
    /// Names the option that is wrong, and the fault.
    #[wasm_bindgen(constructor)]
    pub fn new(
        options: &DetectOptions,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<StreamDetector> {
        let (question, id) = (Question::read(options)?, text_id(&id)?);
        let mut asks = question.asks();
        let first = asks.next().ok_or_else(|| JsError::new("options.keys: no key is given"))?;
        let stream = asks.fold(Stream::new(first.key, first.scheme), |stream, ask| stream.and(ask.key, ask.scheme));
        let of_profile = |ask: Ask<'_>| Some((ask.key.id(), ask.scheme, ask.profile?.to_string()));
        Ok(Self {
            stream,
            profiles: question.asks().filter_map(of_profile).collect(),
            alpha: question.alpha,
            id,
            #[cfg(feature = "text")]
            encoder: question.one_tokenizer()?.map(TextEncoder::new),
            found: false,
        })
    }

    /// Adds tokens.
    ///
    /// # Errors
    /// If an id is not a valid token id.
    #[wasm_bindgen(js_name = pushIds)]
    pub fn push_ids(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint32Array | number[]")] ids: &JsValue,
    ) -> Fallible<StreamEvidenceObject> {
        self.read(&token_ids(ids)?)
    }

    /// Ends the text and returns its evidence. The detector is then ready for another text.
    ///
    /// # Errors
    /// If the text ends within a surrogate pair. A second call ends the text before that pair.
    pub fn finish(&mut self) -> Fallible<StreamEvidenceObject> {
        #[cfg(feature = "text")]
        if let Some(encoder) = &mut self.encoder {
            for id in encoder.finish()? {
                self.stream.push(id);
            }
        }
        let report = self.report(Some(Event::End), &self.stream.evidence());
        self.stream.finish();
        self.found = false;
        report
    }
}

#[cfg(feature = "text")]
#[wasm_bindgen]
impl StreamDetector {
    /// Adds text. Its last word counts once white space follows.
    ///
    /// # Errors
    /// If there is no tokenizer, or the string is not Unicode text.
    pub fn push(&mut self, piece: &js_sys::JsString) -> Fallible<StreamEvidenceObject> {
        let Some(encoder) = &mut self.encoder else {
            return Err(JsError::new("options.tokenizer: a text needs one (ids do not: pushIds)"));
        };
        let ids = encoder.push(piece)?;
        self.read(&ids)
    }
}

impl StreamDetector {
    fn read(&mut self, ids: &[u32]) -> Fallible<StreamEvidenceObject> {
        let mut event = None;
        let mut evidence = self.stream.evidence();
        for &id in ids {
            evidence = self.stream.push(id);
            if !self.found && evidence.is_significant(self.alpha) {
                self.found = true;
                event = Some(Event::Detected);
            }
        }
        self.report(event, &evidence)
    }

    fn report(&self, event: Option<Event>, evidence: &StreamEvidence) -> Fallible<StreamEvidenceObject> {
        #[cfg(feature = "text")]
        let tokenizer = self.encoder.as_ref().map(TextEncoder::tokenizer);
        #[cfg(not(feature = "text"))]
        let tokenizer = None;
        let leads =
            |(key_id, scheme, _): &&(KeyId, Scheme, String)| *key_id == evidence.key_id && *scheme == evidence.scheme;
        let profile = self.profiles.iter().find(leads).map(|(_, _, name)| &**name);
        plain(&StreamReport::new(event, &self.id, tokenizer, profile, evidence, self.alpha))
    }
}
