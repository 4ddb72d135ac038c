//! Schemes, and numbers for display.

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

/// Parses a scheme string. SPEC §3.
///
/// # Errors
/// Names the fault and its position.
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

/// Returns the default scheme.
#[wasm_bindgen(js_name = defaultScheme)]
pub fn default_scheme() -> String {
    Scheme::DEFAULT.to_string()
}

/// Formats a p-value from its natural log, even if `Math.exp` would give 0: `2.8e-400`.
///
/// - `digits`: number of significant digits, 1 to 17.
#[wasm_bindgen(js_name = formatP)]
pub fn format_p(ln_p: f64, digits: u32) -> String {
    format_p_value(ln_p, digits.clamp(1, 17) as usize)
}

/// Returns the version of this package.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").into()
}
