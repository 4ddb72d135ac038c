//! Marks what a language model writes, with your own model and sampler in the loop, and prints its
//! ids.
//!
//! ```text
//! cargo run -q -p greenmark --example embed_loop [SCHEME]
//! cargo run -q -p greenmark --example embed_loop | cargo run -q -p greenmark --example detect_ids
//! ```

use greenmark::{Embedder, Key, Scheme, TokenId, uniform_from};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scheme: Scheme = std::env::args().nth(1).map_or(Ok(Scheme::DEFAULT), |scheme| scheme.parse())?;
    // Everyone knows this key: take 32 bytes from your system's generator.
    let embedder = Embedder::new(&Key::from_bytes([7; 32]), scheme);
    let mut random = Random(1);

    let mut text = embedder.start(); // one per text, without its prompt
    let mut ids: Vec<TokenId> = Vec::new();
    while ids.len() < 200 {
        let mut logits = model(&ids);
        text.bias(&mut logits); // green acts here
        let probabilities = softmax(&logits); // and your temperature and filters
        let token = text.choose(&probabilities, uniform_from(random.next()))?; // gumbel acts here
        text.push(token);
        ids.push(token);
    }
    println!("{}", ids.iter().map(TokenId::to_string).collect::<Vec<_>>().join(" "));
    Ok(())
}

/// A model of 1,000 tokens, of which about 100 are likely after each.
fn model(ids: &[TokenId]) -> Vec<f32> {
    let last = ids.last().copied().unwrap_or(0);
    (0..1000u32).map(|v| if (v * 31 + last * 17) % 1000 < 100 { 5.0 } else { 0.0 }).collect()
}

fn softmax(logits: &[f32]) -> Vec<f32> {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f32> = logits.iter().map(|logit| (logit - greatest).exp()).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// SplitMix64: enough for an example.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
