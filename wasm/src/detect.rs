//! Detection from the ids of a whole text.

use greenmark::{Position, TokenId};
use greenmark_text::{Answer, Evidence, Examiner, Shade};
use js_sys::{Float64Array, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::{
    arguments::{text_id, token_ids},
    convert::{Fallible, object, plain},
    options::{DetectOptions, Question},
};

#[wasm_bindgen]
extern "C" {
    /// The JSON object of SPEC §10.
    #[wasm_bindgen(typescript_type = "Evidence")]
    pub type EvidenceObject;
    /// Evidence, and what each token has to do with it.
    #[wasm_bindgen(typescript_type = "Detection")]
    pub type Detection;
}

/// Asks texts about keys and schemes.
///
/// Kept from text to text, it remembers what the keys say of common contexts, and is faster for it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Detector {
    pub(crate) examiner: Examiner,
    /// The option that lacks the tokenizer without which a text cannot be read.
    #[cfg(feature = "text")]
    pub(crate) unread: Option<String>,
}

#[wasm_bindgen]
impl Detector {
    /// # Errors
    /// Says which option is wrong, and how.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &DetectOptions) -> Fallible<Detector> {
        let question = Question::read(options)?;
        let examiner = Examiner::new(question.asks())
            .alpha(question.alpha)
            .searches(question.searches)
            .normalises(question.normalises);
        Ok(Self {
            examiner,
            #[cfg(feature = "text")]
            unread: question.unread,
        })
    }

    /// Looks at a text that is given as the ids of its tokens, as the model's tokenizer gives them
    /// for the text alone.
    ///
    /// # Errors
    /// If an id is not a valid token id.
    #[wasm_bindgen(js_name = detectIds)]
    pub fn detect_ids(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint32Array | number[]")] ids: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<Detection> {
        let (ids, id) = (token_ids(ids)?, text_id(&id)?);
        let answer = self.examiner.examine_ids(&ids);
        detection(&id, &answer, &ids, [&[], &[], &[]])
    }

    /// `detectIds` without the tokens.
    ///
    /// # Errors
    /// If an id is not a valid token id.
    #[wasm_bindgen(js_name = evidenceIds)]
    pub fn evidence_ids(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint32Array | number[]")] ids: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<EvidenceObject> {
        let (ids, id) = (token_ids(ids)?, text_id(&id)?);
        plain(&Evidence::new(&id, &self.examiner.examine_ids(&ids)))
    }
}

/// - `places`: starts and ends of the tokens, and both of the passages, in UTF-16.
pub(crate) fn detection(
    id: &str,
    answer: &Answer,
    ids: &[TokenId],
    [starts, ends, places]: [&[u32]; 3],
) -> Fallible<Detection> {
    let code = |shade: Shade| match shade {
        Shade::Unscored => 0,
        Shade::Repeated => 1,
        Shade::Plain => 2,
        Shade::Favoured => 3,
    };
    let shades: Vec<u8> = answer.shades().into_iter().map(code).collect();
    let score = |position: &Position| if let Position::Scored(score) = position { *score } else { 0.0 };
    let scores: Vec<f64> = answer.best().raw_positions.iter().map(score).collect();
    let members: [(_, JsValue); 7] = [
        ("evidence", plain::<JsValue>(&Evidence::new(id, answer))?),
        ("ids", Uint32Array::from(ids).into()),
        ("starts", Uint32Array::from(starts).into()),
        ("ends", Uint32Array::from(ends).into()),
        ("shades", Uint8Array::from(&shades[..]).into()),
        ("scores", Float64Array::from(&scores[..]).into()),
        ("places", Uint32Array::from(places).into()),
    ];
    Ok(JsValue::from(object(members)).unchecked_into())
}
