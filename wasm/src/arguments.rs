//! Checks of JavaScript's arguments. Unchecked, a wrong type would end in the middle of this
//! module, or count as something else.
//!
//! Whatever may throw is called so that it comes back as an error: an exception that passes through
//! this module leaves the object whose method was called locked for good.

use greenmark::TokenId;
use js_sys::{Array, Float32Array, Reflect, Symbol, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::convert::Fallible;

/// The longest list that is taken: a 32-bit memory holds what detection needs for as many.
const LONGEST: u32 = 32 << 20;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn is_array(given: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(js_namespace = Array, js_name = from, catch)]
    fn array_from(given: &JsValue) -> Result<Array, JsValue>;

    /// A typed array, whose memory may be gone.
    type View;
    #[wasm_bindgen(method, catch)]
    fn slice(this: &View) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn length(this: &View) -> u32;
}

/// A string that is not quoted in errors.
pub(crate) fn string(given: &JsValue, name: &str) -> Fallible<String> {
    given.as_string().ok_or_else(|| needed(name, "a string"))
}

/// Returns the name of a text in its evidence.
pub(crate) fn text_id(given: &JsValue) -> Fallible<String> {
    if given.is_undefined() || given.is_null() { Ok("-".into()) } else { string(given, "id") }
}

/// Bytes of a file, or of a key. Nothing else will do: as bytes, every letter of a string is 0.
pub(crate) fn bytes(given: &JsValue, name: &str) -> Fallible<Vec<u8>> {
    if is_typed(given, "Uint8Array") {
        return Ok(copy(given, name, u32::MAX)?.unchecked_ref::<Uint8Array>().to_vec());
    }
    Err(needed(name, "a Uint8Array"))
}

/// Ids of tokens.
pub(crate) fn token_ids(given: &JsValue) -> Fallible<Vec<TokenId>> {
    if is_typed(given, "Uint32Array") {
        return Ok(copy(given, "ids", LONGEST)?.unchecked_ref::<Uint32Array>().to_vec());
    }
    let id = |at: usize, id: JsValue| match id.as_f64() {
        Some(id) if id.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&id) => Ok(id as TokenId),
        Some(id) => Err(JsError::new(&format!("ids[{at}] is {id}, not a whole number from 0 to {}", u32::MAX))),
        None => Err(JsError::new(&format!("ids[{at}] is no number (of a BigInt, take Number(id))"))),
    };
    list(given, "ids", "a Uint32Array or an array of numbers")?
        .iter()
        .enumerate()
        .map(|(at, value)| id(at, value))
        .collect()
}

/// A probability for each token.
pub(crate) fn probabilities(given: &JsValue) -> Fallible<Vec<f32>> {
    const NAME: &str = "probabilities";
    if is_typed(given, "Float32Array") {
        return Ok(copy(given, NAME, LONGEST)?.unchecked_ref::<Float32Array>().to_vec());
    }
    let number = |at: usize, number: JsValue| match number.as_f64() {
        Some(number) => Ok(number as f32),
        None => Err(JsError::new(&format!("probabilities[{at}] is no number"))),
    };
    list(given, NAME, "a Float32Array or an array of numbers")?
        .iter()
        .enumerate()
        .map(|(at, value)| number(at, value))
        .collect()
}

/// Logits, to be changed in place: the array, and what is in it.
pub(crate) fn logits(given: &JsValue) -> Fallible<(&Float32Array, Vec<f32>)> {
    const NAME: &str = "logits";
    if !is_typed(given, "Float32Array") {
        return Err(needed(NAME, "a Float32Array"));
    }
    let values = copy(given, NAME, LONGEST)?.unchecked_ref::<Float32Array>().to_vec();
    Ok((given.unchecked_ref(), values))
}

/// An array that nobody else has.
pub(crate) fn list(given: &JsValue, name: &str, what: &str) -> Fallible<Array> {
    if !is_array(given).unwrap_or(false) {
        return Err(needed(name, what));
    }
    // Its length alone may be more than memory holds.
    let length = Reflect::get(given, &"length".into()).ok().and_then(|length| length.as_f64()).unwrap_or(0.0);
    if length > f64::from(LONGEST) {
        return Err(too_long(name, length));
    }
    array_from(given).map_err(|_| unreadable(name))
}

/// A copy of a typed array that nobody else has, nor can take the memory of.
fn copy(given: &JsValue, name: &str, most: u32) -> Fallible<JsValue> {
    let view = given.unchecked_ref::<View>();
    if view.length() > most {
        return Err(too_long(name, view.length().into()));
    }
    view.slice().map_err(|_| unreadable(name))
}

pub(crate) fn unreadable(name: &str) -> JsError {
    JsError::new(&format!("{name}: cannot be read (its memory was given away, or reading it throws)"))
}

fn too_long(name: &str, length: f64) -> JsError {
    JsError::new(&format!("{name}: {length} are too many at once, at most {LONGEST} are taken"))
}

fn needed(name: &str, what: &str) -> JsError {
    JsError::new(&format!("{name}: {what} is needed"))
}

/// Asks for the tag rather than the class, which every frame of a page has its own of.
fn is_typed(given: &JsValue, tag: &str) -> bool {
    given.is_object() && Reflect::get(given, &Symbol::to_string_tag()).is_ok_and(|found| found == tag)
}
