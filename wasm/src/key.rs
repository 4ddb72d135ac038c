//! Keys.

use js_sys::JsString;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::{
    arguments::{bytes, string},
    convert::Fallible,
};

/// A secret watermark key. It stays in the module's memory, where `free` erases it. Copies on the
/// stack are only overwritten in time, and JavaScript's own copies (the text of a key, the bytes of
/// a file) are not erased. Printing the object does not show the secret.
///
/// Anybody who can run this code with a key can read the key, so a key shipped with a page is
/// public. SPEC §2, §13.1.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Key(pub(crate) greenmark::Key);

#[wasm_bindgen]
impl Key {
    /// Parses the text form, `gmk1…`, and nothing around it: a key file, which may end in a line
    /// ending, is for `parseFile`.
    ///
    /// # Errors
    /// Names the fault and its position, and quotes nothing.
    pub fn parse(#[wasm_bindgen(unchecked_param_type = "string")] text: &JsValue) -> Fallible<Key> {
        let text = Zeroizing::new(string(text, "text")?);
        let parsed: Result<_, greenmark::KeyError> = text.parse();
        if let Err(error) = &parsed
            && greenmark::Key::parse_file(text.as_bytes()).is_ok()
        {
            return Err(JsError::new(&format!("{error}; `Key.parseFile` reads the bytes of a key file")));
        }
        Ok(Self(parsed?))
    }

    /// Parses the bytes of a key file.
    ///
    /// # Errors
    /// As for `parse`.
    #[wasm_bindgen(js_name = parseFile)]
    pub fn parse_file(#[wasm_bindgen(unchecked_param_type = "Uint8Array")] file: &JsValue) -> Fallible<Key> {
        Ok(Self(greenmark::Key::parse_file(&Zeroizing::new(bytes(file, "file")?))?))
    }

    /// Makes a key of 32 random bytes, as `crypto.getRandomValues` draws them.
    ///
    /// # Errors
    /// If there are not 32 bytes.
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

    /// Public name of the key: 16 hexadecimal digits.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> String {
        self.0.id().to_string()
    }

    /// Returns the text form of the secret, to be saved as a key file.
    #[wasm_bindgen(js_name = toText)]
    pub fn to_text(&self) -> JsString {
        self.0.to_text().as_str().into()
    }

    /// Returns a copy of the key, to be freed separately.
    #[allow(clippy::should_implement_trait, reason = "JavaScript sees methods, not traits")]
    pub fn clone(&self) -> Key {
        Self(self.0.clone())
    }
}
