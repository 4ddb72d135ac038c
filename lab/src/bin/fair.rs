//! Tests that tokens are drawn from the model's distribution: their surprise under the model, less
//! its expectation.
//!
//! `cargo run --release -p greenmark-lab --bin fair -- [TEXTS [SEED]]`
//!
//! At every step the surprise −ln p of the drawn token has the entropy of p for its mean, whatever
//! came before, if the token was drawn from p. So the sum of the differences over its standard
//! deviation is near a standard normal variable: a sharp test, since it compares each step with
//! itself and not with other texts. Demo model, temperature 1, 200 tokens a text, a key for each
//! text.

use std::{cell::Cell, error::Error, ops::ControlFlow};

use greenmark::{Embedder, Scheme};
use greenmark_eval::corpus::{Recipe, key};
use greenmark_lab::options;
use greenmark_lm::{Candidates, DemoModel, LogitsHook, MarkHook, Request, TokenId, generate};
use greenmark_text::demo_tokenizer;
use rand_chacha::ChaCha8Rng;

struct Observer<'a> {
    mark: Option<MarkHook>,
    ln_p: Vec<f64>,
    mean: f64,
    variance: f64,
    sums: &'a Cell<(f64, f64, u64)>,
}

impl LogitsHook for Observer<'_> {
    fn adjust(&mut self, logits: &mut [f32]) {
        let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let ln_sum = logits.iter().map(|&l| f64::from(l - greatest).exp()).sum::<f64>().ln();
        self.ln_p = logits.iter().map(|&l| f64::from(l - greatest) - ln_sum).collect();
        let moment =
            |power: i32| self.ln_p.iter().filter(|x| x.is_finite()).map(|&x| x.exp() * (-x).powi(power)).sum::<f64>();
        self.mean = moment(1);
        self.variance = moment(2) - self.mean.powi(2);
        self.mark.adjust(logits);
    }
    fn choose(&mut self, candidates: Candidates<'_>, rng: &mut ChaCha8Rng) -> Option<TokenId> {
        self.mark.choose(candidates, rng)
    }
    fn push(&mut self, token: TokenId) {
        let (sum, variance, n) = self.sums.get();
        self.sums.set((sum - self.ln_p[token as usize] - self.mean, variance + self.variance, n + 1));
        self.mark.push(token);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = [500u64, 1];
    for (number, argument) in numbers.iter_mut().zip(std::env::args().skip(1)) {
        *number = argument.parse()?;
    }
    let [texts, seed] = numbers;
    let mut model = DemoModel::new()?;
    let tokenizer = demo_tokenizer()?;
    let prompt = tokenizer.encode("One morning")?;
    let options = options(&Recipe { mark: None, temperature: 1.0, tokens: 200, seed }, &[])?;
    for scheme in ["none", "gm1:gumbel,h=1", "gm1:gumbel,h=2", "gm1:gumbel,h=4", "gm1:gumbel,h=2,dual"] {
        let sums = Cell::new((0.0, 0.0, 0));
        let parsed = scheme.parse::<Scheme>().ok();
        let embedders: Vec<_> = (0..texts).filter_map(|i| Some(Embedder::new(&key(seed, i), parsed?))).collect();
        let requests = (0..texts).map(|index| Request { index, prompt: prompt.clone() });
        let hook = |index: u64| Observer {
            mark: embedders.get(index as usize).map(MarkHook::new),
            ln_p: Vec::new(),
            mean: 0.0,
            variance: 0.0,
            sums: &sums,
        };
        generate(&mut model, requests, &options, hook, |_| ControlFlow::Continue(()))?;
        let (sum, variance, n) = sums.get();
        println!(
            "{scheme:20} {n} tokens: {:+.5} ± {:.5} nats a token, z = {:+.2}",
            sum / n as f64,
            variance.sqrt() / n as f64,
            sum / variance.sqrt()
        );
    }
    Ok(())
}
