//! Profiles: a key, scheme and tokenizer that belong together.

use greenmark_text::ProfileError;
use js_sys::Object;
use wasm_bindgen::prelude::*;

use crate::{
    Key, Tokenizer,
    arguments::bytes,
    convert::{Fallible, object},
    options::instance,
};

#[wasm_bindgen]
extern "C" {
    /// Name and fingerprint of a tokenizer.
    #[wasm_bindgen(typescript_type = "TokenizerName")]
    pub type TokenizerNameObject;
}

/// The public half of a deployment: its name, its scheme and tokenizer, and the id of its key. It
/// holds no key. SPEC §12.
///
/// The message of an error about a profile begins with the failure's name in SPEC §12, as in
/// `version: …`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Profile(pub(crate) greenmark_text::Profile);

#[wasm_bindgen]
impl Profile {
    /// Parses a `NAME.profile.json`: its text or, to have its encoding checked too, its bytes.
    ///
    /// # Errors
    /// Names the fault.
    pub fn parse(#[wasm_bindgen(unchecked_param_type = "string | Uint8Array")] json: &JsValue) -> Fallible<Profile> {
        let json = match json.as_string() {
            Some(text) => text.into_bytes(),
            None if json.is_object() => bytes(json, "json")?,
            None => return Err(JsError::new("json: a string or a Uint8Array is needed")),
        };
        let refuse = |error: ProfileError| JsError::new(&format!("{}: {error}", error.name()));
        Ok(Self(greenmark_text::Profile::parse(&json).map_err(refuse)?))
    }

    /// Name of the deployment.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.0.name.clone()
    }

    /// Scheme string.
    #[wasm_bindgen(getter)]
    pub fn scheme(&self) -> String {
        self.0.scheme.to_string()
    }

    /// Name and fingerprint of the tokenizer.
    #[wasm_bindgen(getter)]
    pub fn tokenizer(&self) -> TokenizerNameObject {
        let members = [("name", &self.0.tokenizer.name), ("fingerprint", &self.0.tokenizer.fingerprint)];
        let object: Object = object(members.map(|(name, value)| (name, value.into())));
        JsValue::from(object).unchecked_into()
    }

    /// Id of the key that is used: the sub-key's, if there is a label.
    #[wasm_bindgen(getter, js_name = keyId)]
    pub fn key_id(&self) -> String {
        self.0.key_id.to_string()
    }

    /// Label of the sub-key that is used, if any.
    #[wasm_bindgen(getter)]
    pub fn subkey(&self) -> Option<String> {
        self.0.subkey.clone()
    }

    /// Path of the key file, relative to the profile.
    #[wasm_bindgen(getter, js_name = keyFile)]
    pub fn key_file(&self) -> Option<String> {
        self.0.key_file.clone()
    }

    /// Path of the tokenizer's file, relative to the profile.
    #[wasm_bindgen(getter, js_name = tokenizerFile)]
    pub fn tokenizer_file(&self) -> Option<String> {
        self.0.tokenizer.file.clone()
    }

    /// Returns the key that is used: the stored key itself or, if the profile has a label, its
    /// sub-key. SPEC §12.2.
    ///
    /// # Errors
    /// `key-mismatch`, if the key's id is not the profile's.
    #[wasm_bindgen(js_name = keyFrom)]
    pub fn key_from(&self, #[wasm_bindgen(unchecked_param_type = "Key")] stored: JsValue) -> Fallible<Key> {
        Ok(Key(self.used_key(&instance::<Key>(stored, "key", "Key")?.0)?))
    }

    /// Returns the text of the profile's file, without members that this version does not know.
    #[wasm_bindgen(js_name = toJson)]
    pub fn to_json(&self) -> String {
        self.0.to_json()
    }

    /// Returns a copy of the profile, to be freed separately.
    #[allow(clippy::should_implement_trait, reason = "JavaScript sees methods, not traits")]
    pub fn clone(&self) -> Profile {
        Self(self.0.clone())
    }
}

impl Profile {
    pub(crate) fn used_key(&self, stored: &greenmark::Key) -> Fallible<greenmark::Key> {
        self.0.key_from(stored).ok_or_else(|| {
            let (name, wanted, found) = (&self.0.name, self.0.key_id, stored.id());
            let which = match &self.0.subkey {
                Some(label) => {
                    format!("a sub-key `{label}` with the id {wanted}, and that of the key {found} has another")
                }
                None => format!("the key {wanted}, and this one is {found}"),
            };
            JsError::new(&format!("key-mismatch: the profile {name} needs {which}"))
        })
    }

    /// Refuses a tokenizer that is not the profile's.
    ///
    /// # Errors
    /// `tokenizer-mismatch`, if the tokenizer's fingerprint is not the profile's.
    pub(crate) fn check(&self, tokenizer: &Tokenizer) -> Fallible<()> {
        let (wanted, found) = (&*self.0.tokenizer.fingerprint, tokenizer.0.fingerprint());
        if wanted == found {
            return Ok(());
        }
        let (name, called) = (&self.0.name, &self.0.tokenizer.name);
        Err(JsError::new(&format!(
            "tokenizer-mismatch: the profile {name} needs {called} with the fingerprint {wanted}, and this one has {found}"
        )))
    }
}
