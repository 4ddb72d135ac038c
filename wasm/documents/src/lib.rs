//! The texts of documents, for JavaScript.

use greenmark_documents::{Found, read};
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.ts");

#[wasm_bindgen]
extern "C" {
    /// A document of a file.
    #[wasm_bindgen(typescript_type = "FoundDocument")]
    pub type FoundDocument;
}

/// Returns the documents of a file: one, or those of an archive or an e-mail with attachments, in
/// their order there.
///
/// - `name`: the file's name, whose ending is asked where the first bytes do not tell the kind.
/// - `file`: its bytes.
#[wasm_bindgen(js_name = readDocuments)]
pub fn read_documents(name: &str, file: &[u8]) -> Vec<FoundDocument> {
    read(name, file).into_iter().map(object).collect()
}

fn object(found: Found) -> FoundDocument {
    let members = match found.content {
        Ok(document) => vec![
            ("text", document.text.into()),
            ("format", document.format.as_str().into()),
            ("encoding", document.encoding.map_or(JsValue::NULL, JsValue::from)),
        ],
        Err(error) => vec![("error", error.to_string().into())],
    };
    let object = Object::new();
    for (member, value) in [("name", found.name.into())].into_iter().chain(members) {
        Reflect::set(&object, &member.into(), &value).expect("a plain object takes any member");
    }
    JsValue::from(object).unchecked_into()
}
