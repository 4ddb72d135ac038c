//! Reads token ids from standard input as they come, and stops as soon as the evidence is enough.
//!
//! ```text
//! cargo run -q -p greenmark --example embed_loop | cargo run -q -p greenmark --example stream
//! ```

use std::io::{BufRead, stdin};

use greenmark::{DEFAULT_ALPHA, Key, Scheme, Stream, TokenId};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut stream = Stream::new(&Key::from_bytes([7; 32]), Scheme::DEFAULT);
    for line in stdin().lock().lines() {
        for id in line?.split_whitespace() {
            // May be asked after every token: the error stays below alpha all the same.
            let evidence = stream.push(id.parse::<TokenId>()?);
            if evidence.is_significant(DEFAULT_ALPHA) {
                println!("marked after {} tokens: p = {:e}", evidence.tally.tokens, evidence.p_value());
                return Ok(());
            }
        }
    }
    let evidence = stream.finish();
    println!("no mark found in {} tokens: p = {:e}", evidence.tally.tokens, evidence.p_value());
    Ok(())
}
