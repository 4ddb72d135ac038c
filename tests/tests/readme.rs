//! README's example in Rust: it is what stands here, line for line, and it finds its own mark.

use std::{env, error::Error, fs};

use greenmark::{DEFAULT_ALPHA, Detection, Detector, Embedder, Key, Scheme, TokenId, uniform_from};

const README: &str = include_str!("../../README.md");
const BEGIN: &str = "    // As README has it:\n";
const END: &str = "    // To here.\n";

const VOCABULARY: u32 = 1000;

/// Stands for the reader's model: every token is as likely as any other.
struct Model;

impl Model {
    fn next_logits(&self, _ids: &[TokenId]) -> Vec<f32> {
        vec![0.0; VOCABULARY as usize]
    }
}

/// Stands for the reader's sampler: all tokens at temperature 1.
struct Sampler;

impl Sampler {
    fn distribution(&self, logits: &[f32]) -> (Vec<TokenId>, Vec<f32>) {
        let weights: Vec<f32> = logits.iter().map(|logit| logit.exp()).collect();
        let total: f32 = weights.iter().sum();
        ((0..VOCABULARY).collect(), weights.iter().map(|weight| weight / total).collect())
    }
}

fn write_and_detect(
    model: &Model,
    sampler: &Sampler,
    mut random: impl FnMut() -> f64,
) -> Result<Detection, Box<dyn Error>> {
    // As README has it:
    let key = Key::parse_file(&std::fs::read("story.key")?)?;
    let mut text = Embedder::new(&key, Scheme::DEFAULT).start(); // one per text, without its prompt
    let mut ids = Vec::new();
    while ids.len() < 200 {
        let mut logits: Vec<f32> = model.next_logits(&ids);
        text.bias(&mut logits); // the mark of green schemes
        let (tokens, probabilities) = sampler.distribution(&logits);
        let token = text.choose_among(&tokens, &probabilities, random())?; // the mark of gumbel schemes
        text.push(token);
        ids.push(token);
    }
    let detection = Detector::new(&key, Scheme::DEFAULT).detect(&ids);
    println!("p = {:e}, marked: {}", detection.p_value(), detection.is_significant(DEFAULT_ALPHA));
    // To here.
    Ok(detection)
}

#[test]
fn the_example_of_the_readme_finds_its_mark() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("story.key"), Key::from_bytes([7; 32]).to_text().as_str()).expect("writable");
    env::set_current_dir(&folder).expect("a folder");
    let mut state = 1u64;
    let random = || {
        // Knuth's generator for MMIX.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        uniform_from(state)
    };
    let detection = write_and_detect(&Model, &Sampler, random).expect("a key file and fair numbers");
    assert!(detection.is_significant(DEFAULT_ALPHA), "{detection:?}");
    env::set_current_dir("/").expect("a root");
}

#[test]
fn the_readme_has_the_example() {
    let source = include_str!("readme.rs");
    let here = source.rsplit_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).expect("both marks").0;
    let here: String = here.lines().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect();
    let there = README.split_once("```rust\n").and_then(|(_, rest)| rest.split_once("```")).expect("a Rust block").0;
    assert_eq!(there, here);
}
