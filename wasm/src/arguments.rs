//! Checks of JavaScript's arguments. Unchecked, a wrong type would trap inside this module, or be
//! taken for something else.
//!
//! Calls that may throw are declared with `catch`, so that they return an error: an exception that
//! passes through this module leaves the object whose method was called locked for good.

use greenmark::TokenId;
use js_sys::{Array, Float32Array, Reflect, Symbol, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::convert::Fallible;

/// Length of the longest list that is accepted: a 32-bit memory holds what detection needs for it.
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

/// Returns the text of a string, which errors do not quote.
pub(crate) fn string(given: &JsValue, name: &str) -> Fallible<String> {
    given.as_string().ok_or_else(|| needed(name, "a string"))
}

/// Returns the name of a text in its evidence.
pub(crate) fn text_id(given: &JsValue) -> Fallible<String> {
    if given.is_undefined() || given.is_null() { Ok("-".into()) } else { string(given, "id") }
}

/// Returns the bytes of a file, or of a key. A string is refused: read as bytes, each of its
/// letters would be 0.
pub(crate) fn bytes(given: &JsValue, name: &str) -> Fallible<Vec<u8>> {
    let bytes = typed::<Uint8Array>(given, "Uint8Array", name, u32::MAX)?;
    Ok(bytes.ok_or_else(|| needed(name, "a Uint8Array"))?.to_vec())
}

/// Returns the ids of tokens.
pub(crate) fn token_ids(given: &JsValue) -> Fallible<Vec<TokenId>> {
    if let Some(ids) = typed::<Uint32Array>(given, "Uint32Array", "ids", LONGEST)? {
        return Ok(ids.to_vec());
    }
    numbers(given, "ids", "a Uint32Array", |at, id| {
        if id.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&id) {
            return Err(JsError::new(&format!("ids[{at}] is {id}, not a whole number from 0 to {}", u32::MAX)));
        }
        Ok(id as TokenId)
    })
}

/// Returns a probability for each token.
pub(crate) fn probabilities(given: &JsValue) -> Fallible<Vec<f32>> {
    if let Some(numbers) = typed::<Float32Array>(given, "Float32Array", "probabilities", LONGEST)? {
        return Ok(numbers.to_vec());
    }
    numbers(given, "probabilities", "a Float32Array", |_, number| Ok(number as f32))
}

/// Returns the array of logits, to be changed in place, and its values.
pub(crate) fn logits(given: &JsValue) -> Fallible<(&Float32Array, Vec<f32>)> {
    let values = typed::<Float32Array>(given, "Float32Array", "logits", LONGEST)?;
    let values = values.ok_or_else(|| needed("logits", "a Float32Array"))?.to_vec();
    Ok((given.unchecked_ref(), values))
}

/// Converts the elements of an array of numbers.
fn numbers<T>(given: &JsValue, name: &str, or: &str, convert: impl Fn(usize, f64) -> Fallible<T>) -> Fallible<Vec<T>> {
    let elements = list(given, name, &format!("{or} or an array of numbers"))?;
    let element = |(at, element): (usize, JsValue)| match element.as_f64() {
        Some(number) => convert(at, number),
        None => Err(JsError::new(&format!("{name}[{at}] is no number (convert a BigInt with Number)"))),
    };
    elements.iter().enumerate().map(element).collect()
}

/// Copies an array, so that nobody else can change it.
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

/// Copies a typed array, so that nobody else can change it or take its memory; `None` if it is of
/// another type.
///
/// It is told by its tag rather than its class, because every frame of a page has its own classes.
fn typed<T: JsCast>(given: &JsValue, tag: &str, name: &str, most: u32) -> Fallible<Option<T>> {
    if !given.is_object() || !Reflect::get(given, &Symbol::to_string_tag()).is_ok_and(|found| found == tag) {
        return Ok(None);
    }
    let view = given.unchecked_ref::<View>();
    if view.length() > most {
        return Err(too_long(name, view.length().into()));
    }
    Ok(Some(view.slice().map_err(|_| unreadable(name))?.unchecked_into()))
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
