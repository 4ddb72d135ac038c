use std::ops::ControlFlow;

use serde_json::Value;

use greenmark_text::demo_tokenizer;

use super::*;
use crate::{Event, GenerateOptions, NoHook, Request, Sampling, SamplingParams, generate};

/// Written by the training script: what it computed itself.
fn check() -> Value {
    serde_json::from_str(include_str!("check.json")).unwrap()
}

fn ids(value: &Value) -> Vec<TokenId> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as TokenId).collect()
}

/// ln p of every token after some others.
fn row(model: &mut DemoModel, tokens: &[TokenId]) -> Vec<f32> {
    let mut logits = vec![f32::NAN; model.vocab_size()];
    let sequence = model.open();
    model.forward(&[(sequence, tokens)], &mut logits).unwrap();
    model.close(sequence);
    logits
}

/// Returns a few thousand contexts: every way an unlikely or likely token may follow another.
fn contexts(model: &DemoModel) -> impl Iterator<Item = [TokenId; 4]> + use<> {
    let v = model.vocab_size() as u64;
    (0..2000u64).map(move |i| [1, 2, 3, 4].map(|j| (((i * j * 2_654_435_761) >> 7) % v) as TokenId))
}

#[test]
fn the_embedded_model_is_small_and_fits_its_tokenizer() {
    const { assert!(MODEL.len() <= 8_000_000) };
    let (model, tokenizer) = (DemoModel::new().unwrap(), demo_tokenizer().unwrap());
    assert_eq!(model.vocab_size(), tokenizer.vocab_size());
    assert_eq!(tokenizer.eos_ids(), [END]);
    assert_eq!(tokenizer.name(), "demo");
    assert_eq!(check()["vocab_size"], model.vocab_size());
}

#[test]
fn probabilities_are_the_training_scripts() {
    let mut model = DemoModel::new().unwrap();
    let check = check();
    let rows = check["rows"].as_array().unwrap();
    assert!(rows.len() > 10);
    for expected in rows {
        let mut context = ids(&expected["context"]);
        if context.is_empty() {
            // The beginning of a text, which a sequence cannot be asked about without a token.
            context.push(END);
        }
        let ln_p = row(&mut model, &context);
        for pair in expected["ln_p"].as_array().unwrap() {
            let (token, value) = (pair[0].as_u64().unwrap() as usize, pair[1].as_f64().unwrap());
            assert!((f64::from(ln_p[token]) - value).abs() < 1e-4, "{context:?} {token}: {} {value}", ln_p[token]);
        }
    }
}

#[test]
fn a_fork_goes_its_own_way() {
    let mut model = DemoModel::new().unwrap();
    let [trunk, left, right] =
        ["Once upon a", " time there was", " child and a"].map(|text| demo_tokenizer().unwrap().encode(text).unwrap());
    let expected = [&left, &right].map(|branch| row(&mut model, &[&trunk[..], branch].concat()));
    let first = model.open();
    let mut logits = vec![0.0; model.vocab_size()];
    model.forward(&[(first, &trunk)], &mut logits).unwrap();
    let second = model.fork(first).unwrap();
    let mut both = vec![0.0; 2 * model.vocab_size()];
    model.forward(&[(first, &left), (second, &right)], &mut both).unwrap();
    assert_eq!(both, expected.concat());
    model.close(first);
    assert!(matches!(model.fork(first), Err(LmError::Sequence { .. })));
}

#[test]
fn rows_sum_to_one_and_are_finite() {
    let mut model = DemoModel::new().unwrap();
    let tokenizer = demo_tokenizer().unwrap();
    let check = check();
    let text = tokenizer.encode(check["sample"][0].as_str().unwrap()).unwrap();
    let known = text.windows(4).map(|w| [w[0], w[1], w[2], w[3]]);
    for context in contexts(&model).chain(known) {
        let logits = row(&mut model, &context);
        assert!(logits.iter().all(|l| l.is_finite()));
        let total: f64 = logits.iter().map(|&l| f64::from(l).exp()).sum();
        assert!((total - 1.0).abs() < 1e-4, "{context:?}: {total}");
    }
}

#[test]
fn held_out_text_is_predicted_as_well_as_in_training() {
    let mut model = DemoModel::new().unwrap();
    let tokenizer = demo_tokenizer().unwrap();
    let check = check();
    let (mut ln_p, mut count) = (0.0, 0);
    for text in check["sample"].as_array().unwrap() {
        let mut tokens = tokenizer.encode(text.as_str().unwrap()).unwrap();
        tokens.push(END);
        let sequence = model.open();
        let mut logits = row(&mut model, &[END]);
        for token in tokens {
            ln_p += f64::from(logits[token as usize]);
            count += 1;
            model.forward(&[(sequence, &[token])], &mut logits).unwrap();
        }
    }
    let (perplexity, expected) = ((-ln_p / f64::from(count)).exp(), check["sample_perplexity"].as_f64().unwrap());
    assert!((perplexity / expected - 1.0).abs() < 1e-3, "{perplexity} {expected}");
    // A uniform guess has the vocabulary's size, some thousands.
    assert!(perplexity < 250.0, "{perplexity}");
}

#[test]
fn neither_batch_nor_pieces_change_a_row() {
    let mut model = DemoModel::new().unwrap();
    let vocab_size = model.vocab_size();
    let all: Vec<_> = contexts(&model).take(20).collect();
    let sequences: Vec<_> = all.iter().map(|_| model.open()).collect();
    let mut batch = vec![0.0; all.len() * vocab_size];
    for piece in [0..1, 1..3, 3..4] {
        let inputs: Vec<_> = sequences.iter().zip(&all).map(|(&s, tokens)| (s, &tokens[piece.clone()])).collect();
        model.forward(&inputs, &mut batch).unwrap();
    }
    for (tokens, in_batch) in all.iter().zip(batch.chunks(vocab_size)) {
        assert_eq!(row(&mut model, tokens), in_batch);
        assert_eq!(row(&mut DemoModel::new().unwrap(), tokens), in_batch);
    }
    assert_eq!(row(&mut model, &[5; 3000]), row(&mut model, &[5; 10]));
    assert_eq!(model.sequences.held.len(), 20);
}

#[test]
fn misuse_is_an_error() {
    let mut model = DemoModel::new().unwrap();
    let vocab_size = model.vocab_size();
    let mut logits = vec![0.0; vocab_size];
    let sequence = model.open();
    let too_large = vocab_size as TokenId;
    let e = model.forward(&[(sequence, &[too_large])], &mut logits).unwrap_err();
    assert!(matches!(e, LmError::TokenOutOfRange { token, .. } if token == too_large));
    assert!(matches!(model.forward(&[(sequence, &[])], &mut logits), Err(LmError::Sequence { index: 0, .. })));
    assert!(matches!(model.forward(&[(sequence, &[1])], &mut logits[1..]), Err(LmError::LogitsLength { .. })));
    model.close(sequence);
    model.close(sequence);
    assert!(matches!(model.forward(&[(sequence, &[1])], &mut logits), Err(LmError::Sequence { index: 0, .. })));
}

#[test]
fn a_damaged_file_is_refused_or_harmless() {
    for length in (0..MODEL.len()).step_by(MODEL.len() / 50) {
        assert!(NGrams::parse(&MODEL[..length]).is_err());
    }
    let mut longer = MODEL.to_vec();
    longer.push(0);
    assert!(NGrams::parse(&longer).is_err());
    // The header byte by byte, the rest here and there.
    let places = (0..20).chain((20..MODEL.len()).step_by(MODEL.len() / 60));
    for place in places {
        let mut bytes = MODEL.to_vec();
        bytes[place] ^= 0x81;
        let Ok(ngrams) = NGrams::parse(&bytes) else { continue };
        let mut out = vec![0.0; ngrams.vocab_size()];
        let mut scratch = RowScratch::default();
        for context in contexts(&DemoModel::new().unwrap()).take(50) {
            ngrams.row(&context, &mut scratch, &mut out);
            assert!(out.iter().all(|l| l.is_finite()), "byte {place}");
        }
    }
}

/// The same text from the same seed, made of words that begin and end, and ended by the model
/// itself.
#[test]
fn generation_reads_as_prose() {
    let tokenizer = demo_tokenizer().unwrap();
    let prompt = tokenizer.encode("The old man").unwrap();
    let options = GenerateOptions {
        max_tokens: 400,
        min_tokens: 0,
        sampling: Sampling::new(SamplingParams::default()).unwrap(),
        seed: 1,
        stop: tokenizer.eos_ids().to_vec(),
        ignore_stop: false,
        batch: None,
    };
    let write = || {
        let mut texts = Vec::new();
        let requests = (0..40).map(|index| Request { index, prompt: prompt.clone() });
        let model = &mut DemoModel::new().unwrap();
        generate(
            model,
            requests,
            &options,
            |_| NoHook,
            |event| {
                if let Event::Finished { ids, .. } = event {
                    texts.push(ids);
                }
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        texts
    };
    let texts = write();
    assert_eq!(texts, write());
    let all: String = texts.iter().map(|ids| tokenizer.decode(ids)).collect();
    println!("{}", tokenizer.decode(&texts[0]));

    // What every other English text has, too: short common words make up a good part of it,
    // sentences have a length.
    let words: Vec<&str> = all.split_whitespace().collect();
    let common =
        words.iter().filter(|w| ["the", "a", "and", "of", "to", "in", "was", "her", "his"].contains(w)).count();
    let sentences = words.iter().filter(|w| w.ends_with(['.', '!', '?'])).count();
    let (common, sentence) = (common as f64 / words.len() as f64, words.len() as f64 / sentences as f64);
    assert!((0.2..0.4).contains(&common), "{common}");
    assert!((8.0..30.0).contains(&sentence), "{sentence}");
    assert!(words.iter().all(|w| w.len() <= 24), "{words:?}");
    // What is written is split again as it was written: a detector sees the same tokens.
    let kept = texts.iter().filter(|ids| tokenizer.encode(&tokenizer.decode(ids)).unwrap() == **ids).count();
    assert!(kept >= 30, "{kept} of 40");
}
