//! Speed of whole detections on one text, on one thread: what `wasm/bench/cases.mjs` measures in a browser, here without one.
//!
//!     cargo run --release -p greenmark-lab --bin text-speed -- TEXT TOKENIZER.json ROUNDS
//!
//! One line of JSON a case: its name, and the seconds of each round after one that is not counted.

use std::{env, error::Error, fs, hint::black_box, time::Instant};

use greenmark::{Examiner, Key, Look, Scheme};
use greenmark_lm::LmError;
use greenmark_text::Tokenizer;
use greenmark_text::{Answer, Evidence};

const SCHEMES: [&str; 2] = ["gm1:green,h=1,gamma=64/256", "gm1:gumbel,h=2"];
const ALPHA: f64 = 1e-6;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [text, tokenizer, rounds] = &arguments[..] else { return Err("give TEXT TOKENIZER.json ROUNDS".into()) };
    let (text, rounds) = (fs::read_to_string(text)?, rounds.parse()?);
    let file = fs::read(tokenizer)?;
    let load = || Tokenizer::from_json(&file, "tokenizer.json");
    let tokenizer = load()?;
    let ids = tokenizer.encode(&text)?;
    let keys = [Key::from_bytes([7; 32])];
    println!("{}", serde_json::json!({"case": "text", "bytes": text.len(), "tokens": ids.len()}));

    measure("load", rounds, || (), |()| load())?;
    // Nothing is known of the words of the text, nor of its contexts.
    let cold = || {
        (
            load().expect("it was read before"),
            Examiner::new(Look::all(&keys, &[SCHEMES[0].parse().expect("canonical")], 2)),
        )
    };
    measure("green/text, cold", rounds, cold, |(tokenizer, mut examiner)| {
        let answer = Answer::of_text(&mut examiner, &text, true, &tokenizer, ALPHA)?;
        Ok::<_, LmError>(answer.examination.ln_p)
    })?;
    measure("encode", rounds, || (), |()| tokenizer.encode(&text).map(|ids| ids.len()))?;
    for name in SCHEMES {
        let scheme: Scheme = name.parse()?;
        let family = name.split([':', ',']).nth(1).unwrap_or(name);
        let examiner = || Examiner::new(Look::all(&keys, &[scheme], 2));
        let json = |answer: &Answer| serde_json::to_string(&Evidence::new("-", Some(&tokenizer), answer));
        let mut whole = examiner().searches(false);
        measure(&format!("{family}/ids"), rounds, || (), |()| json(&Answer::of_ids(&mut whole, &ids, ALPHA)))?;
        let mut search = examiner();
        measure(&format!("{family}/ids, search"), rounds, || (), |()| json(&Answer::of_ids(&mut search, &ids, ALPHA)))?;
        let mut texts = examiner();
        measure(
            &format!("{family}/text"),
            rounds,
            || (),
            |()| {
                let answer = Answer::of_text(&mut texts, &text, true, &tokenizer, ALPHA);
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
