//! How fast llama.cpp decodes, by the measure of `lab/src/bin/model-speed.rs`: a prompt of 64
//! tokens, then 48 steps of one text, three times over. Prints tokens a second at the median step.
//!
//! `llama-cpp-speed MODEL.gguf THREADS`

use std::{env, error::Error, num::NonZeroU32, time::Instant};

use llama_cpp_2::{
    context::params::LlamaContextParams,
    llama_backend::LlamaBackend,
    llama_batch::LlamaBatch,
    model::{LlamaModel, params::LlamaModelParams},
    token::LlamaToken,
};

const PROMPT: i32 = 64;
const STEPS: i32 = 48;
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().collect();
    let [_, path, threads] = &arguments[..] else { return Err("usage: llama-cpp-speed MODEL.gguf THREADS".into()) };
    let threads: i32 = threads.parse()?;
    let mut backend = LlamaBackend::init()?;
    backend.void_logs();
    let model = LlamaModel::load_from_file(&backend, path, &LlamaModelParams::default())?;
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(2048))
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut context = model.new_context(&backend, params)?;
    let vocabulary = model.n_vocab();

    let mut steps = Vec::new();
    for _ in 0..ROUNDS {
        context.clear_kv_cache();
        let mut batch = LlamaBatch::new(PROMPT as usize, 1);
        for i in 0..PROMPT {
            batch.add(LlamaToken((i * 7919 + 13) % vocabulary), i, &[0], i == PROMPT - 1)?;
        }
        context.decode(&mut batch)?;
        for step in 0..STEPS {
            let start = Instant::now();
            batch.clear();
            batch.add(LlamaToken(100 + step * 37), PROMPT + step, &[0], true)?;
            context.decode(&mut batch)?;
            // Reading a logit waits for the arithmetic.
            assert!(context.get_logits_ith(0)[0].is_finite());
            steps.push(start.elapsed().as_secs_f64());
        }
    }
    steps.sort_by(f64::total_cmp);
    println!("{:.1}", 1.0 / steps[steps.len() / 2]);
    Ok(())
}
