//! What is asked, as JavaScript says it.

#[cfg(feature = "text")]
use std::rc::Rc;

use greenmark::Scheme;
use js_sys::{Array, Object};
use wasm_bindgen::{convert::TryFromJsValue, prelude::*};

use crate::{Key, convert::Fallible, scheme};

#[wasm_bindgen]
extern "C" {
    /// Keys, schemes, α and the tokenizer.
    #[wasm_bindgen(typescript_type = "DetectOptions")]
    pub type DetectOptions;
    #[wasm_bindgen(method, getter, structural)]
    fn keys(this: &DetectOptions) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn scheme(this: &DetectOptions) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn alpha(this: &DetectOptions) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn segments(this: &DetectOptions) -> JsValue;
    #[wasm_bindgen(method, getter, structural)]
    fn normalise(this: &DetectOptions) -> JsValue;
    #[cfg(feature = "text")]
    #[wasm_bindgen(method, getter, structural)]
    fn tokenizer(this: &DetectOptions) -> JsValue;

    /// An object of a class of this package: its `clone` can be taken out of JavaScript's hands without taking the caller's.
    type Handle;
    #[wasm_bindgen(method, catch)]
    fn clone(this: &Handle) -> Result<JsValue, JsValue>;
}

/// What is asked, checked.
pub(crate) struct Question {
    pub(crate) keys: Vec<greenmark::Key>,
    pub(crate) schemes: Vec<Scheme>,
    pub(crate) alpha: f64,
    pub(crate) searches: bool,
    #[cfg_attr(not(feature = "text"), expect(dead_code, reason = "ids are not normalised"))]
    pub(crate) normalises: bool,
    #[cfg(feature = "text")]
    pub(crate) tokenizer: Option<Rc<greenmark_lm::Tokenizer>>,
}

impl Question {
    pub(crate) fn read(options: &DetectOptions) -> Fallible<Self> {
        only(options, "options", &["keys", "scheme", "alpha", "segments", "normalise", "tokenizer"])?;
        let keys = options.keys();
        if !Array::is_array(&keys) {
            return Err(JsError::new("options.keys: an array of Key is needed"));
        }
        let mut taken = Vec::new();
        for (at, key) in Array::from(&keys).iter().enumerate() {
            let key: Key =
                class(key).ok_or_else(|| JsError::new(&format!("options.keys[{at}] is no Key, or was freed")))?;
            taken.push(key.0);
        }
        if taken.is_empty() {
            return Err(JsError::new("options.keys: no key is given"));
        }
        Ok(Self {
            keys: taken,
            schemes: schemes(options.scheme())?,
            alpha: alpha(&options.alpha())?,
            searches: boolean(&options.segments(), "options.segments", true)?,
            normalises: boolean(&options.normalise(), "options.normalise", true)?,
            #[cfg(feature = "text")]
            tokenizer: tokenizer(options)?,
        })
    }
}

#[cfg(feature = "text")]
fn tokenizer(options: &DetectOptions) -> Fallible<Option<Rc<greenmark_lm::Tokenizer>>> {
    let given = options.tokenizer();
    if given.is_undefined() || given.is_null() {
        return Ok(None);
    }
    let tokenizer: Option<crate::Tokenizer> = class(given);
    let tokenizer = tokenizer.ok_or_else(|| JsError::new("options.tokenizer is no Tokenizer, or was freed"))?;
    Ok(Some(tokenizer.0.clone()))
}

fn schemes(given: JsValue) -> Fallible<Vec<Scheme>> {
    if given.is_undefined() {
        return Ok(vec![scheme::DEFAULT.parse().expect("the default is canonical")]);
    }
    let list = if Array::is_array(&given) { Array::from(&given) } else { Array::of1(&given) };
    if list.length() == 0 {
        return Err(JsError::new("options.scheme: no scheme is given"));
    }
    let parse = |scheme: JsValue| Ok(string(&scheme, "options.scheme", scheme::DEFAULT)?.parse::<Scheme>()?);
    list.iter().map(parse).collect()
}

fn alpha(given: &JsValue) -> Fallible<f64> {
    if given.is_undefined() {
        return Ok(1e-6);
    }
    match given.as_f64() {
        Some(alpha) if alpha > 0.0 && alpha < 1.0 => Ok(alpha),
        Some(alpha) => Err(JsError::new(&format!("options.alpha is {alpha}, not between 0 and 1"))),
        None => Err(JsError::new("options.alpha is no number")),
    }
}

/// A boolean option, or what holds where it is not given.
pub(crate) fn boolean(given: &JsValue, name: &str, otherwise: bool) -> Fallible<bool> {
    if given.is_undefined() {
        return Ok(otherwise);
    }
    given.as_bool().ok_or_else(|| JsError::new(&format!("{name} is neither true nor false")))
}

/// A string option, or what holds where it is not given.
pub(crate) fn string(given: &JsValue, name: &str, otherwise: &str) -> Fallible<String> {
    if given.is_undefined() {
        return Ok(otherwise.into());
    }
    given.as_string().ok_or_else(|| JsError::new(&format!("{name} is no string")))
}

/// A number option, or what holds where it is not given.
pub(crate) fn number(given: &JsValue, name: &str, otherwise: f64) -> Fallible<f64> {
    if given.is_undefined() {
        return Ok(otherwise);
    }
    given.as_f64().ok_or_else(|| JsError::new(&format!("{name} is no number")))
}

/// Refuses an option that does not exist: a misspelt one would silently not count.
pub(crate) fn only(options: &JsValue, name: &str, known: &[&str]) -> Fallible<()> {
    if !options.is_object() {
        return Err(JsError::new(&format!("{name}: an object is needed")));
    }
    for member in Object::keys(options.unchecked_ref::<Object>()).iter() {
        let member = member.as_string().unwrap_or_default();
        if !known.contains(&&*member) {
            return Err(JsError::new(&format!("{name}.{member} is no option (there are: {})", known.join(", "))));
        }
    }
    Ok(())
}

/// A key that is an argument.
pub(crate) fn key(given: JsValue) -> Fallible<Key> {
    class(given).ok_or_else(|| JsError::new("key: a Key is needed that was not freed"))
}

/// A class of this package, cloned out of an object of it.
pub(crate) fn class<T: TryFromJsValue>(object: JsValue) -> Option<T> {
    if !object.is_object() {
        return None;
    }
    let clone = object.unchecked_ref::<Handle>().clone().ok()?;
    T::try_from_js_value(clone).ok()
}
