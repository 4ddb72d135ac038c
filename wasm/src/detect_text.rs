//! Detection in the characters of a whole text.

use std::rc::Rc;

use greenmark_text::Tokenizer;
use greenmark_text::{Answer, Evidence};
use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::{
    Detector,
    arguments::text_id,
    characters::{Utf16, text, utf16_ranges},
    convert::{Fallible, plain},
    detect::{Detection, EvidenceObject, detection},
    options::DetectOptions,
};

#[wasm_bindgen]
impl Detector {
    /// Looks at a text.
    ///
    /// # Errors
    /// If there is no tokenizer, or the string is too long or no Unicode text.
    pub fn detect(
        &mut self,
        string: &JsString,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<Detection> {
        let (raw, id, tokenizer) = (text(string)?, text_id(&id)?, self.tokenizer()?);
        let answer = self.answer(&raw, &tokenizer)?;
        let (ids, ranges) = tokenizer.encode_with_offsets(&raw)?;
        let (starts, ends) = utf16_ranges(&raw, ranges);
        let mut edge = Utf16::new(&raw);
        let places = answer.passages.iter().flat_map(|passage| &passage.place);
        let places: Vec<u32> =
            places.flat_map(|place| [edge.of_byte(place.bytes.start), edge.of_byte(place.bytes.end)]).collect();
        let evidence = Evidence::new(&id, Some(&tokenizer), &answer);
        detection(plain(&evidence)?, &answer, &ids, [&starts, &ends, &places])
    }

    /// `detect` without the tokens.
    ///
    /// # Errors
    /// As for `detect`.
    pub fn evidence(
        &mut self,
        string: &JsString,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<EvidenceObject> {
        let (raw, id, tokenizer) = (text(string)?, text_id(&id)?, self.tokenizer()?);
        let answer = self.answer(&raw, &tokenizer)?;
        plain(&Evidence::new(&id, Some(&tokenizer), &answer))
    }
}

impl Detector {
    fn tokenizer(&self) -> Fallible<Rc<Tokenizer>> {
        let missing = || JsError::new("options.tokenizer: a text needs one (ids do not: detectIds)");
        self.tokenizer.clone().ok_or_else(missing)
    }

    fn answer(&mut self, raw: &str, tokenizer: &Tokenizer) -> Fallible<Answer> {
        Ok(Answer::of_text(&mut self.examiner, raw, self.normalises, tokenizer, self.alpha)?)
    }
}

/// One text, one answer: `new Detector(options).detect(text)`.
///
/// # Errors
/// As for the two.
#[wasm_bindgen]
pub fn detect(text: &JsString, options: &DetectOptions) -> Fallible<Detection> {
    Detector::new(options)?.detect(text, JsValue::UNDEFINED)
}
