//! Conversions from the library's values to JavaScript's.

use js_sys::{JSON, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// Result of a call that may be refused; the error is a JavaScript `Error`.
pub(crate) type Fallible<T> = Result<T, JsError>;

/// Converts a value to the plain object of its JSON. `T` is its type in TypeScript.
pub(crate) fn plain<T: JsCast>(value: &impl Serialize) -> Fallible<T> {
    let json = serde_json::to_string(value)?;
    Ok(JSON::parse(&json).expect("what was just written is JSON").unchecked_into())
}

/// Returns a plain object of these members.
pub(crate) fn object(members: impl IntoIterator<Item = (&'static str, JsValue)>) -> Object {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &name.into(), &value).expect("a plain object takes any member");
    }
    object
}
