//! What JavaScript passes, looked at before it is taken: a wrong type would otherwise end in the middle of this module, or count as something else.

use greenmark::TokenId;
use js_sys::{Array, Float32Array, Reflect, Symbol, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::convert::Fallible;

/// A string that is not quoted in errors.
pub(crate) fn string(given: &JsValue, name: &str) -> Fallible<String> {
    given.as_string().ok_or_else(|| needed(name, "a string"))
}

/// What a text is called in its evidence.
pub(crate) fn text_id(given: &JsValue) -> Fallible<String> {
    if given.is_undefined() || given.is_null() { Ok("-".into()) } else { string(given, "id") }
}

/// Bytes of a file, or of a key. Nothing else will do: as bytes, every letter of a string is 0.
pub(crate) fn bytes(given: &JsValue, name: &str) -> Fallible<Vec<u8>> {
    if is_typed(given, "Uint8Array") {
        return Ok(given.unchecked_ref::<Uint8Array>().to_vec());
    }
    Err(needed(name, "a Uint8Array"))
}

/// Ids of tokens.
pub(crate) fn token_ids(given: &JsValue) -> Fallible<Vec<TokenId>> {
    if is_typed(given, "Uint32Array") {
        return Ok(given.unchecked_ref::<Uint32Array>().to_vec());
    }
    let id = |at: usize, id: JsValue| match id.as_f64() {
        Some(id) if id.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&id) => Ok(id as TokenId),
        Some(id) => Err(JsError::new(&format!("ids[{at}] is {id}, not a whole number from 0 to {}", u32::MAX))),
        None => Err(JsError::new(&format!("ids[{at}] is no number (of a BigInt, take Number(id))"))),
    };
    list(given).ok_or_else(|| needed("ids", "a Uint32Array or an array of numbers"))?.enumerate(id)
}

/// A probability for each token.
pub(crate) fn probabilities(given: &JsValue) -> Fallible<Vec<f32>> {
    if is_typed(given, "Float32Array") {
        return Ok(given.unchecked_ref::<Float32Array>().to_vec());
    }
    let number = |at: usize, number: JsValue| match number.as_f64() {
        Some(number) => Ok(number as f32),
        None => Err(JsError::new(&format!("probabilities[{at}] is no number"))),
    };
    list(given).ok_or_else(|| needed("probabilities", "a Float32Array or an array of numbers"))?.enumerate(number)
}

/// Logits, to be changed in place.
pub(crate) fn logits(given: &JsValue) -> Fallible<&Float32Array> {
    if is_typed(given, "Float32Array") {
        return Ok(given.unchecked_ref());
    }
    Err(needed("logits", "a Float32Array"))
}

fn needed(name: &str, what: &str) -> JsError {
    JsError::new(&format!("{name}: {what} is needed"))
}

/// Asks for the tag rather than the class, which every frame of a page has its own of.
fn is_typed(given: &JsValue, tag: &str) -> bool {
    given.is_object() && Reflect::get(given, &Symbol::to_string_tag()).is_ok_and(|found| found == tag)
}

struct List(Array);

fn list(given: &JsValue) -> Option<List> {
    Array::is_array(given).then(|| List(Array::from(given)))
}

impl List {
    fn enumerate<T>(&self, convert: impl Fn(usize, JsValue) -> Fallible<T>) -> Fallible<Vec<T>> {
        self.0.iter().enumerate().map(|(at, value)| convert(at, value)).collect()
    }
}
