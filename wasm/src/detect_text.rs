//! Detection in the characters of a whole text.

use greenmark_text::{Answer, Evidence, fmt::hex};
use js_sys::JsString;
use sha2::{Digest, Sha256};
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
    /// Examines a text.
    ///
    /// # Errors
    /// If there is no tokenizer, or the string is too long or not Unicode text.
    pub fn detect(
        &mut self,
        string: &JsString,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<Detection> {
        let (raw, id) = (text(string)?, text_id(&id)?);
        let answer = self.answer(&raw)?;
        placed(&id, &raw, &answer)
    }

    /// Returns the evidence of `detect` alone, without the tokens.
    ///
    /// # Errors
    /// As for `detect`.
    pub fn evidence(
        &mut self,
        string: &JsString,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<EvidenceObject> {
        let (raw, id) = (text(string)?, text_id(&id)?);
        plain(&Evidence::new(&id, &self.answer(&raw)?))
    }
}

impl Detector {
    fn answer(&mut self, raw: &str) -> Fallible<Answer> {
        match &self.unread {
            Some(option) => Err(JsError::new(&format!("{option}: a text needs one (ids do not: detectIds)"))),
            None => Ok(self.examiner.examine(raw)?),
        }
    }
}

/// Returns a detection with the places of its tokens and passages in `raw`.
fn placed(id: &str, raw: &str, answer: &Answer) -> Fallible<Detection> {
    let encoded = answer.encoded(raw).expect("a text was given");
    let (starts, ends) = utf16_ranges(raw, &encoded.places);
    let mut edge = Utf16::new(raw);
    let places = answer.passages.iter().flat_map(|passage| &passage.place);
    let places: Vec<u32> =
        places.flat_map(|place| [edge.of_byte(place.bytes.start), edge.of_byte(place.bytes.end)]).collect();
    detection(id, answer, &encoded.ids, [&starts, &ends, &places])
}

/// Examines one text: `new Detector(options).detect(text)`.
///
/// # Errors
/// As for the constructor and `detect`.
#[wasm_bindgen]
pub fn detect(text: &JsString, options: &DetectOptions) -> Fallible<Detection> {
    Detector::new(options)?.detect(text, JsValue::UNDEFINED)
}

/// Returns the SHA-256 of a text's UTF-8 bytes, in hexadecimal, as `greenmark detect` names documents.
///
/// # Errors
/// If the string is too long or not Unicode text.
#[wasm_bindgen]
pub fn sha256(string: &JsString) -> Fallible<String> {
    Ok(hex(&Sha256::digest(text(string)?)))
}
