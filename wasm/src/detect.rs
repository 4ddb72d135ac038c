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
    /// Evidence, and the part of each token in it.
    #[wasm_bindgen(typescript_type = "Detection")]
    pub type Detection;
}

/// Detects marks of some keys and schemes in texts.
///
/// Reuse it for many texts: it caches the keys' values for common contexts, which makes it faster.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Detector {
    pub(crate) examiner: Examiner,
    /// Path of the option with a missing tokenizer, without which no text can be read.
    #[cfg(feature = "text")]
    pub(crate) unread: Option<String>,
    /// Size of the largest vocabulary that is asked about.
    #[cfg(feature = "text")]
    vocab_size: Option<usize>,
}

#[cfg(feature = "text")]
#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn warn(message: &str);
}

#[wasm_bindgen]
impl Detector {
    /// # Errors
    /// Names the option that is wrong, and the fault.
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
            vocab_size: question.vocab_size(),
            #[cfg(feature = "text")]
            unread: question.unread,
        })
    }

    /// Examines a text that is given as the ids of its tokens, as the model's tokenizer encodes the
    /// text alone. Warns on the console of ids that no given tokenizer has: they are another model's.
    ///
    /// # Errors
    /// If an id is not a valid token id.
    #[wasm_bindgen(js_name = detectIds)]
    pub fn detect_ids(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint32Array | number[]")] ids: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<Detection> {
        let (ids, id) = (self.ids(ids)?, text_id(&id)?);
        let answer = self.examiner.examine_ids(&ids);
        detection(&id, &answer, &ids, [&[], &[], &[]])
    }

    /// Returns the evidence of `detectIds` alone, without the tokens.
    ///
    /// # Errors
    /// If an id is not a valid token id.
    #[wasm_bindgen(js_name = evidenceIds)]
    pub fn evidence_ids(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Uint32Array | number[]")] ids: &JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "string | null")] id: JsValue,
    ) -> Fallible<EvidenceObject> {
        let (ids, id) = (self.ids(ids)?, text_id(&id)?);
        plain(&Evidence::new(&id, &self.examiner.examine_ids(&ids)))
    }
}

impl Detector {
    fn ids(&self, given: &JsValue) -> Fallible<Vec<TokenId>> {
        let ids = token_ids(given)?;
        #[cfg(feature = "text")]
        if let Some(size) = self.vocab_size
            && let Some(at) = ids.iter().position(|&id| id as usize >= size)
        {
            warn(&format!(
                "ids[{at}] is {}, and no given tokenizer has more than {size} ids: another model's?",
                ids[at]
            ));
        }
        Ok(ids)
    }
}

/// Returns a detection as a JavaScript object.
///
/// - `[starts, ends, places]`: starts of the tokens, their ends, and the start and end of each
///   passage in turn, in UTF-16 code units; empty if only ids were given.
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
    let scores: Vec<f64> = answer.best().raw_scores.positions().iter().map(score).collect();
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
