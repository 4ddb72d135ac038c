//! Detection of a text while it comes.

use std::rc::Rc;

use greenmark::Stream;
use greenmark_evidence::{Event, StreamReport};
use greenmark_lm::{StreamEncoder, Tokenizer};
use wasm_bindgen::prelude::*;

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

/// Reads a text piece by piece; the evidence may be looked at after any of them, and reading stopped at any time. SPEC §7.6.
///
/// It looks for a mark that begins with the text. `segments` and `normalise` do not matter to it.
#[wasm_bindgen]
pub struct StreamDetector {
    stream: Stream,
    alpha: f64,
    id: String,
    tokenizer: Option<Rc<Tokenizer>>,
    pub(crate) encoder: Option<StreamEncoder<Rc<Tokenizer>>>,
    /// The first half of a surrogate pair whose second is yet to come.
    pub(crate) half: Option<u16>,
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
    /// Says which option is wrong, and how.
    #[wasm_bindgen(constructor)]
    pub fn new(
        options: &DetectOptions,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<StreamDetector> {
        let (question, id) = (Question::read(options)?, text_id(&id)?);
        let mut hypotheses =
            question.keys.iter().flat_map(|key| question.schemes.iter().map(move |&scheme| (key, scheme)));
        let (key, scheme) = hypotheses.next().ok_or_else(|| JsError::new("options.keys: no key is given"))?;
        let stream = hypotheses.fold(Stream::new(key, scheme), |stream, (key, scheme)| stream.and(key, scheme));
        Ok(Self {
            stream,
            alpha: question.alpha,
            id,
            encoder: question.tokenizer.clone().map(StreamEncoder::new),
            half: None,
            tokenizer: question.tokenizer,
            found: false,
        })
    }

    /// Adds tokens.
    ///
    /// # Errors
    /// If an id is none.
    #[wasm_bindgen(js_name = pushIds)]
    pub fn push_ids(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint32Array | number[]")] ids: &JsValue,
    ) -> Fallible<StreamEvidenceObject> {
        self.read(&token_ids(ids)?)
    }

    /// Ends the text. The detector is then ready for another one.
    ///
    /// # Errors
    /// If the text ends within a surrogate pair; ended again, it ends before.
    pub fn finish(&mut self) -> Fallible<StreamEvidenceObject> {
        if self.half.take().is_some() {
            return Err(JsError::new("not Unicode text: it ends with half a surrogate pair"));
        }
        if let Some(encoder) = &mut self.encoder {
            for id in encoder.finish()? {
                self.stream.push(id);
            }
        }
        let evidence = self.stream.evidence();
        self.found = false;
        let tokenizer = self.tokenizer.as_deref();
        let report = plain(&StreamReport::new(Some(Event::End), &self.id, tokenizer, &evidence, self.alpha));
        self.stream.finish();
        report
    }
}

impl StreamDetector {
    pub(crate) fn read(&mut self, ids: &[u32]) -> Fallible<StreamEvidenceObject> {
        let mut event = None;
        let mut evidence = self.stream.evidence();
        for &id in ids {
            evidence = self.stream.push(id);
            if !self.found && evidence.is_significant(self.alpha) {
                self.found = true;
                event = Some(Event::Detected);
            }
        }
        plain(&StreamReport::new(event, &self.id, self.tokenizer.as_deref(), &evidence, self.alpha))
    }
}
