//! Asks whether a text, given as token ids on standard input, is marked with one of several keys.
//!
//! ```text
//! cargo run -q -p greenmark --example embed_loop | cargo run -q -p greenmark --example detect_ids
//! ```

use std::io::read_to_string;

use greenmark::{DEFAULT_ALPHA, Examiner, Key, KeySet, Look, Scheme, TokenId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ids = read_to_string(std::io::stdin())?;
    let ids = ids.split_whitespace().map(str::parse).collect::<Result<Vec<TokenId>, _>>()?;

    let mut keys = KeySet::new();
    for byte in 0..20 {
        keys.insert(Key::from_bytes([byte; 32]))?;
    }
    // Every key under every scheme is a look, and the p-value pays for all of them.
    let schemes = [Scheme::DEFAULT, "gm1:gumbel,h=2".parse()?];
    let mut examiner = Examiner::new(Look::all(keys.keys(), &schemes, 1));
    let found = examiner.examine(&[&ids], DEFAULT_ALPHA);

    println!("{}: p = {:e}, {} looks", found.verdict.as_str(), found.p_value(), found.looks);
    for hit in &found.hits {
        println!("key {}, {}", hit.key_id, hit.scheme);
        for span in &hit.spans {
            println!("  tokens {} to {}: {} scored, score {}", span.start, span.end, span.scored, span.score);
        }
    }
    Ok(())
}
