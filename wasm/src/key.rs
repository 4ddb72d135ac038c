//! Keys.

use wasm_bindgen::prelude::*;

use crate::convert::Fallible;

/// A secret watermark key. It stays in the module's memory and is erased by `free`; printing the object shows nothing of it.
///
/// Whoever can run this code with a key can read the key: one that is shipped with a page is public. SPEC §2, §13.1.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Key(pub(crate) greenmark::Key);

#[wasm_bindgen]
impl Key {
    /// Reads the text form, `gmk1…`.
    ///
    /// # Errors
    /// Says what is wrong and where, and quotes nothing.
    pub fn parse(text: &str) -> Fallible<Key> {
        Ok(Self(greenmark::Key::parse(text)?))
    }

    /// Reads the bytes of a key file.
    ///
    /// # Errors
    /// As for `parse`.
    #[wasm_bindgen(js_name = parseFile)]
    pub fn parse_file(bytes: &[u8]) -> Fallible<Key> {
        Ok(Self(greenmark::Key::parse_file(bytes)?))
    }

    /// Takes 32 bytes that were drawn at random, as by `crypto.getRandomValues`.
    ///
    /// # Errors
    /// If they are not 32.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(bytes: &[u8]) -> Fallible<Key> {
        let found = bytes.len();
        let bytes = bytes.try_into().map_err(|_| JsError::new(&format!("a key has 32 bytes, not {found}")))?;
        Ok(Self(greenmark::Key::from_bytes(bytes)))
    }

    /// The public name of the key: 16 hexadecimal digits.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_string()
    }

    /// The secret's text form, to be saved as a key file.
    #[wasm_bindgen(js_name = toText)]
    pub fn to_text(&self) -> String {
        self.0.to_text().as_str().to_owned()
    }

    /// The same key again, to be freed on its own.
    #[allow(clippy::should_implement_trait, reason = "JavaScript sees methods, not traits")]
    pub fn clone(&self) -> Key {
        Self(self.0.clone())
    }
}
