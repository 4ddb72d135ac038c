//! Measures the entropy of a model's next tokens:
//! `cargo run --release -p greenmark-lab --bin entropy -- [TEXTS [TOKENS [SEED]]]`.
//!
//! Samples 100 texts of 200 tokens at temperature 1 and prints the mean entropy of the
//! distributions drawn from, for the demo model and, if it is in the cache, for SmolLM2; both
//! continue the same prompts, without a chat template. Then the same with 2 nats added to the
//! logits of a random quarter of the tokens, another quarter after each token: the share of tokens
//! from that quarter is what a watermark of γ = 1/4, δ = 2 has to show a detector.

use std::{cell::Cell, error::Error, ops::ControlFlow};

use greenmark_eval::corpus::Recipe;
use greenmark_lab::{mix, options};
use greenmark_lm::{DemoModel, Event, LanguageModel, LlamaModel, LogitsHook, Request, TokenId, generate};
use greenmark_text::{Tokenizer, demo_tokenizer, model_path};

const PROMPTS: [&str; 4] = ["Once upon a time", "The old woman", "In the morning", "It was a cold day"];
const DELTA: f32 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = [100, 200, 1];
    for (number, argument) in numbers.iter_mut().zip(std::env::args().skip(1)) {
        *number = argument.parse()?;
    }
    report("demo", &mut DemoModel::new()?, &demo_tokenizer()?, numbers)?;
    match model_path("smollm2") {
        Ok(path) => report("smollm2", &mut LlamaModel::load(&path)?, &Tokenizer::from_file(&path)?, numbers)?,
        Err(e) => println!("{e}"),
    }
    Ok(())
}

fn report(
    name: &str,
    model: &mut dyn LanguageModel,
    tokenizer: &Tokenizer,
    [texts, tokens, seed]: [u64; 3],
) -> Result<(), Box<dyn Error>> {
    for delta in [0.0, DELTA] {
        let tally = Tally::default();
        let requests = (0..texts).map(|index| {
            let prompt = tokenizer.encode(PROMPTS[index as usize % PROMPTS.len()]).unwrap_or_default();
            Request { index, prompt }
        });
        let recipe = Recipe { mark: None, temperature: 1.0, tokens: tokens as usize, seed };
        let options = options(&recipe, tokenizer.eos_ids())?;
        let mut first = String::new();
        let start = std::time::Instant::now();
        generate(
            model,
            requests,
            &options,
            |index| Probe { tally: &tally, delta, key: index, before: 0 },
            |event| {
                match event {
                    Event::Finished { index: 0, ids, .. } => first = PROMPTS[0].to_owned() + &tokenizer.decode(&ids),
                    Event::Refused { error, .. } => println!("{error}"),
                    _ => {}
                }
                ControlFlow::Continue(())
            },
        )?;
        let n = tally.tokens.get() as f64;
        println!(
            "{name}: {:.2} nats a token, {:.3} of tokens in the quarter, under a bias of {delta} \
             (n = {n}, seed {seed}, {:.0} tokens/s)\n{first}\n",
            tally.nats.get() / n,
            tally.in_quarter.get() as f64 / n,
            n / start.elapsed().as_secs_f64(),
        );
    }
    Ok(())
}

#[derive(Default)]
struct Tally {
    nats: Cell<f64>,
    tokens: Cell<u64>,
    in_quarter: Cell<u64>,
}

/// Measures before it biases.
struct Probe<'a> {
    tally: &'a Tally,
    delta: f32,
    key: u64,
    before: TokenId,
}

impl LogitsHook for Probe<'_> {
    fn adjust(&mut self, logits: &mut [f32]) {
        let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut total, mut weighted) = (0.0, 0.0);
        for logit in &*logits {
            let x = f64::from(logit - max);
            total += x.exp();
            weighted += x * x.exp();
        }
        self.tally.nats.set(self.tally.nats.get() + total.ln() - weighted / total);
        for (token, logit) in (0..).zip(logits) {
            if in_quarter(self.key, self.before, token) {
                *logit += self.delta;
            }
        }
    }

    fn push(&mut self, token: TokenId) {
        let hit = in_quarter(self.key, self.before, token);
        self.tally.in_quarter.set(self.tally.in_quarter.get() + u64::from(hit));
        self.tally.tokens.set(self.tally.tokens.get() + 1);
        self.before = token;
    }
}

/// A stand-in for a watermark's keyed colours: splitmix64 of a key and two tokens, its top two bits
/// both 0. One key a text, as pairs of tokens that every text repeats would weigh too much under a
/// single one.
fn in_quarter(key: u64, before: TokenId, token: TokenId) -> bool {
    [u64::from(before), u64::from(token)].into_iter().fold(mix(key), |state, id| mix(state ^ id)) >> 62 == 0
}
