//! Speed of whole detections on one text, on one thread: what `wasm/bench/cases.mjs` measures in a
//! browser, here without one.
//!
//!     cargo run --release -p greenmark-lab --bin text-speed -- TEXT TOKENIZER.json ROUNDS
//!
//! One line of JSON a case: its name, and the seconds of each round after one that is not counted.

use std::{env, error::Error, fs, hint::black_box, sync::Arc, time::Instant};

use greenmark::{Key, Scheme};
use greenmark_text::{Answer, Ask, Evidence, Examiner, Tokenizer};

const SCHEMES: [&str; 2] = ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2"];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [text, tokenizer, rounds] = &arguments[..] else { return Err("give TEXT TOKENIZER.json ROUNDS".into()) };
    let (text, rounds) = (fs::read_to_string(text)?, rounds.parse()?);
    let file = fs::read(tokenizer)?;
    let load = || Tokenizer::from_json(&file, "tokenizer.json");
    let tokenizer = Arc::new(load()?);
    let ids = tokenizer.encode(&text)?;
    let keys = [Key::from_bytes([7; 32])];
    println!("{}", serde_json::json!({"case": "text", "bytes": text.len(), "tokens": ids.len()}));

    measure("load", rounds, || (), |()| load())?;
    // Nothing is known of the words of the text, nor of its contexts.
    let cold = || {
        let tokenizer = Arc::new(load().expect("it was read before"));
        Examiner::new(Ask::all(&keys, &[SCHEMES[0].parse().expect("canonical")], Some(&tokenizer)))
    };
    measure("green/text, cold", rounds, cold, |mut examiner| {
        examiner.examine(&text).map(|answer| answer.examination.ln_p)
    })?;
    measure("encode", rounds, || (), |()| tokenizer.encode(&text).map(|ids| ids.len()))?;
    for name in SCHEMES {
        let scheme: Scheme = name.parse()?;
        let family = name.split([':', ',']).nth(1).unwrap_or(name);
        let examiner = || Examiner::new(Ask::all(&keys, &[scheme], Some(&tokenizer)));
        let json = |answer: &Answer| serde_json::to_string(&Evidence::new("-", answer));
        let mut whole = examiner().searches(false);
        measure(&format!("{family}/ids"), rounds, || (), |()| json(&whole.examine_ids(&ids)))?;
        let mut search = examiner();
        measure(&format!("{family}/ids, search"), rounds, || (), |()| json(&search.examine_ids(&ids)))?;
        let mut texts = examiner();
        measure(
            &format!("{family}/text"),
            rounds,
            || (),
            |()| {
                let answer = texts.examine(&text);
                json(&answer.expect("the text was encoded before"))
            },
        )?;
    }
    Ok(())
}

/// Times a case, once for nothing and then `rounds` times; `prepare` is not timed.
fn measure<S, T, E: Error + 'static>(
    case: &str,
    rounds: usize,
    mut prepare: impl FnMut() -> S,
    mut run: impl FnMut(S) -> Result<T, E>,
) -> Result<(), Box<dyn Error>> {
    let mut seconds = Vec::new();
    for _ in 0..=rounds {
        let prepared = prepare();
        let started = Instant::now();
        black_box(run(prepared)?);
        seconds.push(started.elapsed().as_secs_f64());
    }
    println!("{}", serde_json::json!({"case": case, "seconds": seconds[1..]}));
    Ok(())
}
