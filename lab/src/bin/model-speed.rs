//! Measures the speed of a model:
//! `cargo run --release -p greenmark-lab --bin model-speed -- MODEL.gguf [LARGEST_BATCH]`.
//!
//! Prints tokens a second of reading a prompt and of generation for several batch sizes: three runs
//! of 48 steps, each sequence starting with 64 tokens of its own. The median step is what to
//! expect; where the fastest is far from it, something else was running.

use std::time::Instant;

use greenmark_lm::{LanguageModel, LlamaModel, LmError, SequenceId, TokenId};

const PROMPT: usize = 64;
const STEPS: usize = 48;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: speed MODEL.gguf [LARGEST_BATCH]")?;
    let largest: usize = std::env::args().nth(2).map_or(Ok(64), |number| number.parse())?;
    let start = Instant::now();
    let mut model = LlamaModel::load(&path)?;
    println!("loaded in {:.2} s", start.elapsed().as_secs_f64());

    for length in [128, 512] {
        let prompt = tokens(&model, length, 7);
        let mut logits = vec![0.0; model.vocab_size()];
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            let sequence = model.open();
            let start = Instant::now();
            model.forward(&[(sequence, &prompt)], &mut logits)?;
            best = best.min(start.elapsed().as_secs_f64());
            model.close(sequence);
        }
        println!("prompt of {length:3}: {:7.1} tokens/s", length as f64 / best);
    }
    for batch in [1, 2, 4, 8, 16, 32, 64].into_iter().take_while(|&batch| batch <= largest) {
        let mut steps = Vec::new();
        for _ in 0..3 {
            generate(&mut model, batch, &mut steps)?;
        }
        steps.sort_by(f64::total_cmp);
        let (median, fastest) = (steps[steps.len() / 2], steps[0]);
        let batch_size = batch as f64;
        println!("batch {batch:2}: {:7.1} tokens/s, fastest step {:7.1}", batch_size / median, batch_size / fastest);
    }
    Ok(())
}

/// Adds the seconds of each step of a batch, greedy, prompts not counted.
fn generate(model: &mut LlamaModel, batch: usize, steps: &mut Vec<f64>) -> Result<(), LmError> {
    let vocab_size = model.vocab_size();
    let mut logits = vec![0.0; batch * vocab_size];
    let sequences: Vec<SequenceId> = (0..batch).map(|_| model.open()).collect();
    let prompts: Vec<Vec<TokenId>> = (0..batch).map(|i| tokens(model, PROMPT, i)).collect();
    let inputs: Vec<_> = sequences.iter().zip(&prompts).map(|(&s, p)| (s, p.as_slice())).collect();
    model.forward(&inputs, &mut logits)?;
    let mut next: Vec<TokenId> = (0..batch).map(|i| i as TokenId + 100).collect();
    for _ in 0..STEPS {
        let inputs: Vec<_> = sequences.iter().zip(&next).map(|(&s, t)| (s, std::slice::from_ref(t))).collect();
        let start = Instant::now();
        model.forward(&inputs, &mut logits)?;
        steps.push(start.elapsed().as_secs_f64());
        next = logits.chunks(vocab_size).map(argmax).collect();
    }
    for sequence in sequences {
        model.close(sequence);
    }
    Ok(())
}

/// Some token ids; which ones makes no difference to the time.
fn tokens(model: &LlamaModel, count: usize, salt: usize) -> Vec<TokenId> {
    (0..count).map(|i| ((i * 7919 + salt * 104_729 + 13) % model.vocab_size()) as TokenId).collect()
}

fn argmax(logits: &[f32]) -> TokenId {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(token, _)| token as TokenId)
}
