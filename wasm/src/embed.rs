//! Marking the texts that a model in the page writes.

use greenmark::{Delta, MarkedText, MixingShare, TokenId};
use js_sys::Object;
use wasm_bindgen::prelude::*;

use crate::{
    Key, arguments,
    convert::Fallible,
    options::{Options, instance},
};

#[wasm_bindgen]
extern "C" {
    /// Options for marking: scheme and strength.
    #[wasm_bindgen(typescript_type = "EmbedOptions")]
    pub type EmbedOptions;
}

/// Marks the texts that a model writes: schemes of the green family in `bias`, of the gumbel family
/// in `choose`. SPEC §8.
///
/// `ids` is always the text so far **without the prompt**, which a detector never sees.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Embedder {
    embedder: greenmark::Embedder,
    /// Ids of the text whose state `text` is.
    ids: Vec<TokenId>,
    text: MarkedText,
}

#[wasm_bindgen]
impl Embedder {
    /// # Errors
    /// Names the option that is wrong, and the fault.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Key")] key: JsValue,
        options: Option<EmbedOptions>,
    ) -> Fallible<Embedder> {
        let key: Key = instance(key, "key", "Key")?;
        let options = options.unwrap_or_else(|| JsValue::from(Object::new()).unchecked_into());
        let options = Options::new(&options, "options", &["scheme", "delta", "mixingShare", "skipRepeats"], &[])?;
        let mut embedder = greenmark::Embedder::new(&key.0, options.scheme()?);
        if let Some(delta) = options.number("delta")? {
            embedder = embedder.delta(Delta::new(delta as f32)?);
        }
        if let Some(share) = options.number("mixingShare")? {
            embedder = embedder.mixing_share(MixingShare::new(share)?);
        }
        embedder = embedder.skip_repeats(options.boolean("skipRepeats", false)?);
        let text = embedder.start();
        Ok(Self { embedder, ids: Vec::new(), text })
    }

    /// True if the mark is made by `choose`, so that a sampler of your own would leave none
    /// (gumbel).
    #[wasm_bindgen(getter)]
    pub fn chooses(&self) -> bool {
        self.embedder.chooses()
    }

    /// Adds δ to the green tokens' logits for the token after `ids`. Gumbel changes nothing.
    ///
    /// - `logits`: raw, before temperature; changed in place.
    ///
    /// # Errors
    /// If an argument is of another type, or an id is not a valid token id.
    pub fn bias(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Float32Array")] logits: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "Uint32Array | number[]")] ids: &JsValue,
    ) -> Fallible<()> {
        let (logits, mut biased) = arguments::logits(logits)?;
        let ids = arguments::token_ids(ids)?;
        self.follow(&ids);
        self.text.bias(&mut biased);
        // Reading the ids may have run the caller's code.
        if logits.length() as usize != biased.len() {
            return Err(arguments::unreadable("logits"));
        }
        logits.copy_from(&biased);
        Ok(())
    }

    /// Returns the token after `ids`: chosen by the key in gumbel, else drawn with `uniform`.
    ///
    /// - `probabilities`: final distribution over tokens 0, 1, …, after temperature and filters.
    /// - `uniform`: a fresh random number, as `Math.random()` gives.
    ///
    /// # Errors
    /// If `probabilities` is not a distribution, `uniform` is outside [0, 1), or an id is not a
    /// valid token id.
    pub fn choose(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Float32Array | number[]")] probabilities: &JsValue,
        #[wasm_bindgen(unchecked_param_type = "Uint32Array | number[]")] ids: &JsValue,
        uniform: f64,
    ) -> Fallible<u32> {
        let probabilities = arguments::probabilities(probabilities)?;
        self.follow(&arguments::token_ids(ids)?);
        Ok(self.text.choose(&probabilities, uniform)?)
    }
}

impl Embedder {
    /// Brings the state to `ids`: by the added ids, if they continue the text; else from the start.
    fn follow(&mut self, ids: &[TokenId]) {
        match ids.strip_prefix(&self.ids[..]) {
            Some(added) => added.iter().for_each(|&id| self.text.push(id)),
            None => self.text = self.embedder.resume(ids),
        }
        self.ids.clear();
        self.ids.extend_from_slice(ids);
    }
}
