//! The demo model.

use std::ops::ControlFlow;

use greenmark::Delta;
use greenmark_lm::{
    DemoModel, Event, GenerateOptions, LogitsHook, MarkHook, NoHook, Request, Sampling, SamplingParams, generate,
};
use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::{
    Key, Tokenizer,
    arguments::bytes,
    characters::text,
    convert::{Fallible, object},
    options::{Given, boolean, given, key, number, only, scheme},
};

#[wasm_bindgen]
extern "C" {
    /// A text that the demo model wrote.
    #[wasm_bindgen(typescript_type = "Written")]
    pub type Written;
    /// Options of a text that the demo model writes.
    #[wasm_bindgen(typescript_type = "WriteOptions")]
    pub type WriteOptions;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn prompt(this: &WriteOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn tokens(this: &WriteOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn temperature(this: &WriteOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn seed(this: &WriteOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn scheme(this: &WriteOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn delta(this: &WriteOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch, js_name = ignoreEnd)]
    fn ignore_end(this: &WriteOptions) -> Result<JsValue, JsValue>;
}

/// Has the demo model write a text: marked, if there is a key: the text that `greenmark embed
/// --model demo` writes with the same key, prompt, seed and settings.
///
/// - `model`: the bytes of the package's `demo-model.bin`, which is a file of its own because
///   detection does not need it.
///
/// # Errors
/// Says which option is wrong, and how.
#[wasm_bindgen(js_name = writeDemo)]
pub fn write_demo(
    #[wasm_bindgen(unchecked_param_type = "Uint8Array")] model: &JsValue,
    #[wasm_bindgen(unchecked_param_type = "Key | null | undefined")] key: JsValue,
    options: &WriteOptions,
) -> Fallible<Written> {
    let key: Option<Key> = match key {
        none if none.is_undefined() || none.is_null() => None,
        key => Some(self::key(key)?),
    };
    let known = ["prompt", "tokens", "temperature", "seed", "scheme", "delta", "ignoreEnd"];
    only(options, "options", &known, &[])?;
    let prompt: JsString = given(options.prompt(), "options.prompt")?
        .dyn_into()
        .map_err(|_| JsError::new("options.prompt: a string is needed"))?;
    let prompt = text(&prompt)?;
    let tokenizer = Tokenizer::demo()?;
    let sampling = Sampling::new(SamplingParams {
        temperature: number(options.temperature(), "options.temperature")?.unwrap_or(1.0),
        ..Default::default()
    })?;
    let generation = GenerateOptions {
        max_tokens: whole(options.tokens(), "options.tokens", 200, 10_000)? as usize,
        min_tokens: 0,
        sampling,
        seed: whole(options.seed(), "options.seed", 0, (1 << 53) - 1)?,
        stop: tokenizer.0.eos_ids().to_vec(),
        ignore_stop: boolean(options.ignore_end(), "options.ignoreEnd", false)?,
        batch: None,
    };
    let scheme = scheme(options.scheme())?;
    let delta = match number(options.delta(), "options.delta")? {
        Some(delta) => Delta::new(delta as f32)?,
        None => Delta::DEFAULT,
    };
    let embedder = key.map(|key| greenmark::Embedder::new(&key.0, scheme).delta(delta));

    let mut ids = tokenizer.0.prefix_ids().to_vec();
    ids.extend(tokenizer.0.encode(&prompt)?);
    let hook = |_| -> Box<dyn LogitsHook> {
        match &embedder {
            Some(embedder) => Box::new(MarkHook::new(embedder)),
            None => Box::new(NoHook),
        }
    };
    let mut written = Err(JsError::new("the model wrote nothing"));
    generate(
        &mut DemoModel::read(&bytes(model, "model")?)?,
        [Request { index: 0, prompt: ids }],
        &generation,
        hook,
        |event| {
            match event {
                Event::Finished { ids, .. } => written = Ok(ids),
                Event::Refused { error, .. } => written = Err(error.into()),
                _ => {}
            }
            ControlFlow::Continue(())
        },
    )?;
    // As a detector will see it: of the characters, not of the ids that were drawn.
    let text = tokenizer.0.decode_text(&written?);
    let tokens = tokenizer.encoding(&text)?;
    let members = tokens.into_iter().chain([("text", text.into())]);
    Ok(JsValue::from(object(members)).unchecked_into())
}

/// A whole number from 0 to `most`, or what holds where it is not given.
fn whole(given: Given, name: &str, otherwise: u64, most: u64) -> Fallible<u64> {
    let value = number(given, name)?.unwrap_or(otherwise as f64);
    if value.fract() != 0.0 || !(0.0..=most as f64).contains(&value) {
        return Err(JsError::new(&format!("{name} is {value}, not a whole number from 0 to {most}")));
    }
    Ok(value as u64)
}
