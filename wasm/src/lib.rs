//! Detection for JavaScript: convert, call one core function, convert back.
//!
//! So far from token ids alone. A key inside a page is public: use one made for demonstration. SPEC §13.1.

use greenmark::{Detector, Gamma, Key, Scheme};
use wasm_bindgen::prelude::*;

/// The evidence about one text. SPEC §10.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Names the key.
    pub key_id: String,
    /// Positions in the text.
    pub tokens: f64,
    /// Positions counted.
    pub scored: f64,
    /// Positions of a kind that had been counted.
    pub repeated: f64,
    /// What the counted positions score together: greens, or nats.
    pub score: f64,
    /// Score of a counted position; `undefined` when nothing was scored.
    pub mean_score: Option<f64>,
    /// Greens among the scored; this and the next two are `undefined` in a scheme without colours.
    pub green: Option<f64>,
    /// The green fraction by chance.
    pub gamma: Option<f64>,
    /// `undefined` also when nothing was scored.
    pub green_fraction: Option<f64>,
    /// `undefined` when nothing was scored.
    pub z_score: Option<f64>,
    /// Natural log of the p-value, ≤ 0.
    pub ln_p: f64,
}

/// Asks whether `ids` depend on the key: counts are exact as numbers up to 2^53.
///
/// - `ids`: a `Uint32Array`, as the model's tokenizer gives them for the text alone.
/// - `key`: the text form, `gmk1…`.
/// - `scheme`: such as `gm1:green,h=1,gamma=64/256` or `gm1:gumbel,h=4`.
///
/// # Errors
/// A message that says what is wrong with key or scheme, without quoting the key.
#[wasm_bindgen]
pub fn detect(ids: &[u32], key: &str, scheme: &str) -> Result<Evidence, String> {
    let key = Key::parse(key).map_err(|error| error.to_string())?;
    let scheme: Scheme = scheme.parse().map_err(|error: greenmark::SchemeError| error.to_string())?;
    let detection = Detector::new(&key, scheme).detect(ids);
    let tally = detection.tally;
    Ok(Evidence {
        key_id: detection.key_id.to_string(),
        tokens: tally.tokens as f64,
        scored: tally.scored as f64,
        repeated: tally.repeated as f64,
        score: tally.score,
        mean_score: detection.mean_score(),
        green: detection.green().map(|green| green as f64),
        gamma: scheme.gamma().map(Gamma::fraction),
        green_fraction: detection.green_fraction(),
        z_score: detection.z_score,
        ln_p: detection.ln_p,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_the_library_s() {
        let key = Key::from_bytes([7; 32]);
        let ids: Vec<u32> = (0..300).map(|i| i * 31 % 97).collect();
        let found = detect(&ids, &key.to_text(), "gm1:green,h=1,gamma=64/256").expect("valid");
        let expected = Detector::new(&key, "gm1:green,h=1,gamma=64/256".parse().expect("canonical")).detect(&ids);
        assert_eq!((found.ln_p, found.z_score), (expected.ln_p, expected.z_score));
        let found = detect(&ids, &key.to_text(), "gm1:gumbel,h=4").expect("valid");
        let expected = Detector::new(&key, "gm1:gumbel,h=4".parse().expect("canonical")).detect(&ids);
        assert_eq!((found.ln_p, found.score, found.green), (expected.ln_p, expected.tally.score, None));
        assert!(detect(&ids, "gmk1", "gm1:green,h=1,gamma=64/256").is_err_and(|message| message.contains("76")));
    }
}
