//! Schemes, and the numbers that go with any evidence.

use greenmark::{Family, Gamma, Scheme, stats::format_p_value};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::{
    arguments::string,
    convert::{Fallible, plain},
};

#[wasm_bindgen]
extern "C" {
    /// A scheme string, parsed.
    #[wasm_bindgen(typescript_type = "SchemeInfo")]
    pub type SchemeInfo;
}

#[derive(Serialize)]
struct Info {
    scheme: String,
    family: &'static str,
    context_width: usize,
    gamma: Option<f64>,
    dual: bool,
    chance_score: f64,
}

/// Reads a scheme string. SPEC §3.
///
/// # Errors
/// Says what is wrong with it, and where.
#[wasm_bindgen(js_name = parseScheme)]
pub fn parse_scheme(#[wasm_bindgen(unchecked_param_type = "string")] scheme: &JsValue) -> Fallible<SchemeInfo> {
    let scheme: Scheme = string(scheme, "scheme")?.parse()?;
    let family = scheme.family();
    plain(&Info {
        scheme: scheme.to_string(),
        family: if matches!(family, Family::Green { .. }) { "green" } else { "gumbel" },
        context_width: scheme.context_width().get(),
        gamma: scheme.gamma().map(Gamma::fraction),
        dual: matches!(family, Family::Gumbel { dual: true }),
        chance_score: family.null().mean(),
    })
}

/// The scheme that is used where none is named.
#[wasm_bindgen(js_name = defaultScheme)]
pub fn default_scheme() -> String {
    Scheme::DEFAULT.to_string()
}

/// A p-value from its natural log, in decimal digits, also where `Math.exp` gives 0: `2.8e-400`.
#[wasm_bindgen(js_name = formatP)]
pub fn format_p(ln_p: f64, digits: u32) -> String {
    format_p_value(ln_p, digits.clamp(1, 17) as usize)
}

/// The version of this package.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}
