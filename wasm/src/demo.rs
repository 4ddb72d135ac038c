//! Writing with the demo model.

use std::ops::ControlFlow;

use greenmark::Delta;
use greenmark_lm::{DemoModel, Event, GenerateOptions, MarkHook, Request, Sampling, SamplingParams, generate};
use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::{
    Key, Tokenizer,
    arguments::bytes,
    characters::text,
    convert::{Fallible, object},
    options::{Options, instance},
};

#[wasm_bindgen]
extern "C" {
    /// A text that the demo model wrote.
    #[wasm_bindgen(typescript_type = "Written")]
    pub type Written;
    /// Options of a text that the demo model writes.
    #[wasm_bindgen(typescript_type = "WriteOptions")]
    pub type WriteOptions;
}

/// Writes a text with the demo model, marked if there is a key. `greenmark embed --model demo`
/// writes the same text with the same key, prompt, seed and settings.
///
/// - `model`: bytes of the package's `demo-model.bin`. It is a separate file because detection does
///   not need it.
///
/// # Errors
/// Names the option that is wrong, and the fault.
#[wasm_bindgen(js_name = writeDemo)]
pub fn write_demo(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] model: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "Key | null | undefined")] key: JsValue,
    options: &WriteOptions,
) -> Fallible<Written> {
    let key = Some(key).filter(|key| !key.is_undefined() && !key.is_null());
    let key: Option<Key> = key.map(|key| instance(key, "key", "Key")).transpose()?;
    let known = ["prompt", "tokens", "temperature", "seed", "scheme", "delta", "ignoreEnd"];
    let options = Options::new(options, "options", &known, &[])?;
    let prompt = options.get("prompt")?.and_then(|prompt| prompt.dyn_into::<JsString>().ok());
    let prompt = text(&prompt.ok_or_else(|| JsError::new("options.prompt: a string is needed"))?)?;
    let tokenizer = Tokenizer::demo()?;
    let generation = GenerateOptions {
        max_tokens: options.whole("tokens", 200, 10_000)? as usize,
        min_tokens: 0,
        sampling: Sampling::new(SamplingParams {
            temperature: options.number("temperature")?.unwrap_or(1.0),
            ..Default::default()
        })?,
        seed: options.whole("seed", 0, (1 << 53) - 1)?,
        stop: tokenizer.0.eos_ids().to_vec(),
        ignore_stop: options.boolean("ignoreEnd", false)?,
        batch: None,
    };
    let (scheme, delta) = (options.scheme()?, options.number("delta")?);
    let delta = delta.map_or(Ok(Delta::DEFAULT), |delta| Delta::new(delta as f32))?;
    let embedder = key.map(|key| greenmark::Embedder::new(&key.0, scheme).delta(delta));

    let mut ids = tokenizer.0.prefix_ids().to_vec();
    ids.extend(tokenizer.0.encode(&prompt)?);
    let mut written = Err(JsError::new("the model wrote nothing"));
    generate(
        &mut DemoModel::read(&bytes(model, "model")?)?,
        [Request { index: 0, prompt: ids }],
        &generation,
        |_| embedder.as_ref().map(MarkHook::new),
        |event| {
            match event {
                Event::Finished { ids, .. } => written = Ok(ids),
                Event::Refused { error, .. } => written = Err(error.into()),
                _ => {}
            }
            ControlFlow::Continue(())
        },
    )?;
    // A detector sees the characters, not the ids that were drawn, so these are encoded anew.
    let text = tokenizer.0.decode_text(&written?);
    let tokens = tokenizer.encoding(&text)?;
    let members = tokens.into_iter().chain([("text", text.into())]);
    Ok(JsValue::from(object(members)).unchecked_into())
}
