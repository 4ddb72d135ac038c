//! What is asked, as JavaScript says it.

#[cfg(feature = "text")]
use std::sync::Arc;

use greenmark::Scheme;
use js_sys::Array;
use wasm_bindgen::{convert::TryFromJsValue, prelude::*};

use crate::{
    Key,
    arguments::{list, unreadable},
    convert::Fallible,
    scheme,
};

#[wasm_bindgen]
extern "C" {
    /// Keys, schemes, α and the tokenizer.
    #[wasm_bindgen(typescript_type = "DetectOptions")]
    pub type DetectOptions;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn keys(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn scheme(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn alpha(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn search(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn segments(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn normalise(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[cfg(feature = "text")]
    #[wasm_bindgen(method, getter, structural, catch)]
    fn tokenizer(this: &DetectOptions) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = Object, js_name = keys, catch)]
    fn own_keys(options: &JsValue) -> Result<Array, JsValue>;

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
    pub(crate) normalises: bool,
    #[cfg(feature = "text")]
    pub(crate) tokenizer: Option<Arc<greenmark_text::Tokenizer>>,
}

impl Question {
    pub(crate) fn read(options: &DetectOptions) -> Fallible<Self> {
        only(options, "options", &["keys", "scheme", "alpha", "search", "normalise", "tokenizer"], &["segments"])?;
        let keys = list(&given(options.keys(), "options.keys")?, "options.keys", "an array of Key")?;
        let mut taken = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            let key: Key =
                class(key).ok_or_else(|| JsError::new(&format!("options.keys[{at}] is no Key, or was freed")))?;
            taken.push(key.0);
        }
        if taken.is_empty() {
            return Err(JsError::new("options.keys: no key is given"));
        }
        Ok(Self {
            keys: taken,
            schemes: schemes(given(options.scheme(), "options.scheme")?)?,
            alpha: alpha(options.alpha())?,
            searches: search(options)?,
            normalises: boolean(options.normalise(), "options.normalise", true)?,
            #[cfg(feature = "text")]
            tokenizer: tokenizer(options)?,
        })
    }
}

#[cfg(feature = "text")]
fn tokenizer(options: &DetectOptions) -> Fallible<Option<Arc<greenmark_text::Tokenizer>>> {
    let given = given(options.tokenizer(), "options.tokenizer")?;
    if given.is_undefined() || given.is_null() {
        return Ok(None);
    }
    let tokenizer: Option<crate::Tokenizer> = class(given);
    let tokenizer = tokenizer.ok_or_else(|| JsError::new("options.tokenizer is no Tokenizer, or was freed"))?;
    Ok(Some(tokenizer.0.clone()))
}

/// `options.search`, or its former name, which this release still takes.
fn search(options: &DetectOptions) -> Fallible<bool> {
    let former = given(options.segments(), "options.segments")?;
    if former.is_undefined() {
        return boolean(options.search(), "options.search", true);
    }
    if !given(options.search(), "options.search")?.is_undefined() {
        return Err(JsError::new("options.segments is the former name of options.search: give one of them"));
    }
    boolean(Ok(former), "options.segments", true)
}

fn schemes(given: JsValue) -> Fallible<Vec<Scheme>> {
    if given.is_undefined() {
        return Ok(vec![scheme::DEFAULT.parse().expect("the default is canonical")]);
    }
    let schemes = if given.is_object() {
        list(&given, "options.scheme", "a string or an array of strings")?
    } else {
        Array::of1(&given)
    };
    if schemes.length() == 0 {
        return Err(JsError::new("options.scheme: no scheme is given"));
    }
    let parse = |scheme: JsValue| Ok(string(Ok(scheme), "options.scheme", scheme::DEFAULT)?.parse::<Scheme>()?);
    schemes.iter().map(parse).collect()
}

fn alpha(option: Given) -> Fallible<f64> {
    match number(option, "options.alpha", 1e-6)? {
        alpha if alpha > 0.0 && alpha < 1.0 => Ok(alpha),
        alpha => Err(JsError::new(&format!("options.alpha is {alpha}, not between 0 and 1"))),
    }
}

/// An option as it is read: reading may run the caller's code, and throw.
pub(crate) type Given = Result<JsValue, JsValue>;

/// What an option holds.
pub(crate) fn given(option: Given, name: &str) -> Fallible<JsValue> {
    option.map_err(|_| unreadable(name))
}

/// A boolean option, or what holds where it is not given.
pub(crate) fn boolean(option: Given, name: &str, otherwise: bool) -> Fallible<bool> {
    let given = given(option, name)?;
    if given.is_undefined() {
        return Ok(otherwise);
    }
    given.as_bool().ok_or_else(|| JsError::new(&format!("{name} is neither true nor false")))
}

/// A string option, or what holds where it is not given.
pub(crate) fn string(option: Given, name: &str, otherwise: &str) -> Fallible<String> {
    let given = given(option, name)?;
    if given.is_undefined() {
        return Ok(otherwise.into());
    }
    given.as_string().ok_or_else(|| JsError::new(&format!("{name} is no string")))
}

/// A number option, or what holds where it is not given.
pub(crate) fn number(option: Given, name: &str, otherwise: f64) -> Fallible<f64> {
    let given = given(option, name)?;
    if given.is_undefined() {
        return Ok(otherwise);
    }
    given.as_f64().ok_or_else(|| JsError::new(&format!("{name} is no number")))
}

/// Refuses an option that does not exist: a misspelt one would silently not count.
///
/// - `former`: names that are still taken, and not offered.
pub(crate) fn only(options: &JsValue, name: &str, known: &[&str], former: &[&str]) -> Fallible<()> {
    if !options.is_object() {
        return Err(JsError::new(&format!("{name}: an object is needed")));
    }
    for member in own_keys(options).map_err(|_| unreadable(name))?.iter() {
        let member = member.as_string().unwrap_or_default();
        if !known.contains(&&*member) && !former.contains(&&*member) {
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
