//! Keys.

use js_sys::JsString;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::{
    arguments::{bytes, string},
    convert::Fallible,
};

/// A secret watermark key. It stays in the module's memory, and `free` erases it there; what passed
/// through the stack is only written over in time, and what JavaScript holds (the text of a key,
/// the bytes of a file) is JavaScript's. Printing the object shows nothing of it.
///
/// Whoever can run this code with a key can read the key: one that is shipped with a page is
/// public. SPEC §2, §13.1.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Key(pub(crate) greenmark::Key);

#[wasm_bindgen]
impl Key {
    /// Reads the text form, `gmk1…`.
    ///
    /// # Errors
    /// Says what is wrong and where, and quotes nothing.
    pub fn parse(#[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue) -> Fallible<Key> {
        Ok(Self(Zeroizing::new(string(text, "text")?).parse()?))
    }

    /// Reads the bytes of a key file.
    ///
    /// # Errors
    /// As for `parse`.
    #[wasm_bindgen(js_name = parseFile)]
    pub fn parse_file(#[wasm_bindgen(unchecked_param_type = "Uint8Array")] file: &JsValue) -> Fallible<Key> {
        Ok(Self(greenmark::Key::parse_file(&Zeroizing::new(bytes(file, "file")?))?))
    }

    /// Takes 32 bytes that were drawn at random, as by `crypto.getRandomValues`.
    ///
    /// # Errors
    /// If they are not 32.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(#[wasm_bindgen(unchecked_param_type = "Uint8Array")] secret: &JsValue) -> Fallible<Key> {
        let secret = Zeroizing::new(bytes(secret, "secret")?);
        let secret: &[u8; 32] =
            secret[..].try_into().map_err(|_| JsError::new(&format!("a key has 32 bytes, not {}", secret.len())))?;
        Ok(Self(greenmark::Key::from_bytes(*secret)))
    }

    /// Derives the sub-key of a label: a key like any other, for a customer, a month or a model.
    /// SPEC §2.5.
    ///
    /// # Errors
    /// If the label is empty, or longer than 255 bytes of UTF-8.
    pub fn subkey(&self, #[wasm_bindgen(unchecked_param_type = "string")] label: &JsValue) -> Fallible<Key> {
        Ok(Self(self.0.subkey(&string(label, "label")?)?))
    }

    /// The public name of the key: 16 hexadecimal digits.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_string()
    }

    /// The secret's text form, to be saved as a key file.
    #[wasm_bindgen(js_name = toText)]
    pub fn to_text(&self) -> JsString {
        self.0.to_text().as_str().into()
    }

    /// The same key again, to be freed on its own.
    #[allow(clippy::should_implement_trait, reason = "JavaScript sees methods, not traits")]
    pub fn clone(&self) -> Key {
        Self(self.0.clone())
    }
}
