//! The model against a naive one, on small files written here.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{self, Content, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use tempfile::TempDir;

use crate::{LanguageModel, LlamaModel, LmError, SequenceId, TokenId};

/// Content of a test file.
#[derive(Clone, Copy)]
struct Shape {
    width: usize,
    hidden: usize,
    query: usize,
    key_value: usize,
    dimension: usize,
    rotated: usize,
    tied: bool,
    factors: bool,
    dtype: GgmlDType,
}

const SMALL: Shape = Shape {
    width: 64,
    hidden: 96,
    query: 4,
    key_value: 2,
    dimension: 16,
    rotated: 16,
    tied: true,
    factors: false,
    dtype: GgmlDType::F32,
};
const LAYERS: usize = 2;
const VOCAB: usize = 101;
const CONTEXT: usize = 96;
const EPSILON: f32 = 1e-5;
const BASE: f32 = 100.0;

/// Uniform in [−1, 1), from a generator that needs no crate.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn take(&mut self, count: usize, scale: f32, offset: f32) -> Vec<f32> {
        (0..count).map(|_| self.next() * scale + offset).collect()
    }

    fn tokens(&mut self, count: usize) -> Vec<TokenId> {
        (0..count).map(|_| ((self.next() + 1.0) * 0.5 * VOCAB as f32) as TokenId % VOCAB as TokenId).collect()
    }
}

/// Metadata and tensors of a test file, to be bent before it is written.
struct Parts {
    metadata: Vec<(String, Value)>,
    tensors: Vec<(String, QTensor)>,
}

impl Parts {
    fn new(shape: Shape) -> Self {
        let Shape { width, hidden, query, key_value, dimension, rotated, .. } = shape;
        let count = |n: usize| Value::U32(n as u32);
        let metadata = [
            ("general.architecture", Value::String("llama".to_owned())),
            ("general.alignment", Value::U32(32)),
            ("llama.block_count", count(LAYERS)),
            ("llama.context_length", count(CONTEXT)),
            ("llama.embedding_length", count(width)),
            ("llama.feed_forward_length", count(hidden)),
            ("llama.attention.head_count", count(query)),
            ("llama.attention.head_count_kv", count(key_value)),
            ("llama.attention.key_length", count(dimension)),
            ("llama.rope.dimension_count", count(rotated)),
            ("llama.rope.freq_base", Value::F32(BASE)),
            ("llama.attention.layer_norm_rms_epsilon", Value::F32(EPSILON)),
            ("tokenizer.ggml.tokens", Value::Array(vec![Value::String("a".to_owned()); 3])),
        ];
        let mut parts =
            Self { metadata: metadata.map(|(key, value)| (key.to_owned(), value)).to_vec(), tensors: Vec::new() };
        let mut noise = Noise(5);
        parts.matrix(&mut noise, "token_embd", VOCAB, width, shape.dtype);
        if !shape.tied {
            parts.matrix(&mut noise, "output", VOCAB, width, shape.dtype);
        }
        parts.vector("output_norm", noise.take(width, 0.2, 1.0));
        if shape.factors {
            parts.vector("rope_freqs", noise.take(rotated / 2, 0.5, 2.0));
        }
        for layer in 0..LAYERS {
            let name = |part: &str| format!("blk.{layer}.{part}");
            parts.vector(&name("attn_norm"), noise.take(width, 0.2, 1.0));
            parts.matrix(&mut noise, &name("attn_q"), query * dimension, width, shape.dtype);
            parts.matrix(&mut noise, &name("attn_k"), key_value * dimension, width, shape.dtype);
            parts.matrix(&mut noise, &name("attn_v"), key_value * dimension, width, shape.dtype);
            parts.matrix(&mut noise, &name("attn_output"), width, query * dimension, shape.dtype);
            parts.vector(&name("ffn_norm"), noise.take(width, 0.2, 1.0));
            parts.matrix(&mut noise, &name("ffn_gate"), hidden, width, shape.dtype);
            parts.matrix(&mut noise, &name("ffn_up"), hidden, width, shape.dtype);
            parts.matrix(&mut noise, &name("ffn_down"), width, hidden, shape.dtype);
        }
        parts
    }

    fn matrix(&mut self, noise: &mut Noise, name: &str, rows: usize, columns: usize, dtype: GgmlDType) {
        // Large enough for attention to have preferences.
        let values = noise.take(rows * columns, 2.5 / (columns as f32).sqrt(), 0.0);
        let tensor = Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap();
        self.tensors.push((format!("{name}.weight"), QTensor::quantize(&tensor, dtype).unwrap()));
    }

    fn vector(&mut self, name: &str, values: Vec<f32>) {
        let tensor = Tensor::new(values, &Device::Cpu).unwrap();
        self.tensors.push((format!("{name}.weight"), QTensor::quantize(&tensor, GgmlDType::F32).unwrap()));
    }

    fn set(mut self, key: &str, value: Value) -> Self {
        self.metadata.retain(|(k, _)| k != key);
        self.metadata.push((key.to_owned(), value));
        self
    }

    fn write(&self, folder: &TempDir) -> PathBuf {
        let path = folder.path().join("tiny.gguf");
        let metadata: Vec<_> = self.metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
        let tensors: Vec<_> = self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
        gguf_file::write(&mut File::create(&path).unwrap(), &metadata, &tensors).unwrap();
        path
    }
}

fn load(shape: Shape) -> LlamaModel {
    let folder = TempDir::new().unwrap();
    LlamaModel::load(Parts::new(shape).write(&folder)).unwrap()
}

/// Returns the forward pass as the papers write it: f64, no cache, every position anew, weights as
/// candle expands them.
///
/// - returns: logits after the last token, `[VOCAB]`.
fn naive(path: &Path, shape: Shape, tokens: &[TokenId]) -> Vec<f64> {
    let mut reader = BufReader::new(File::open(path).unwrap());
    let content = Content::read(&mut reader).unwrap();
    let mut tensor = |name: &str| -> Vec<f64> {
        let tensor = content.tensor(&mut reader, &format!("{name}.weight"), &Device::Cpu).unwrap();
        let tensor = tensor.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap();
        tensor.to_vec1::<f32>().unwrap().into_iter().map(f64::from).collect()
    };
    let product = |matrix: &[f64], x: &[f64]| -> Vec<f64> {
        matrix.chunks(x.len()).map(|row| row.iter().zip(x).map(|(w, x)| w * x).sum()).collect()
    };
    let norm = |x: &[f64], weight: &[f64]| -> Vec<f64> {
        let mean = x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64;
        x.iter().zip(weight).map(|(v, w)| v / (mean + f64::from(EPSILON)).sqrt() * w).collect()
    };
    let factors = if shape.factors { tensor("rope_freqs") } else { vec![1.0; shape.rotated / 2] };
    let rope = |heads: &mut [f64], position: usize| {
        for head in heads.chunks_mut(shape.dimension) {
            for pair in 0..shape.rotated / 2 {
                let frequency = f64::from(BASE).powf(-2.0 * pair as f64 / shape.rotated as f64) / factors[pair];
                let (sin, cos) = (position as f64 * frequency).sin_cos();
                let (a, b) = (head[2 * pair], head[2 * pair + 1]);
                head[2 * pair] = a * cos - b * sin;
                head[2 * pair + 1] = a * sin + b * cos;
            }
        }
    };

    let embedding = tensor("token_embd");
    let row = |t: TokenId| embedding[t as usize * shape.width..][..shape.width].to_vec();
    let mut stream: Vec<Vec<f64>> = tokens.iter().map(|&t| row(t)).collect();
    for layer in 0..LAYERS {
        let mut part = |name: &str| tensor(&format!("blk.{layer}.{name}"));
        let (attention_norm, q, k, v, o) =
            (part("attn_norm"), part("attn_q"), part("attn_k"), part("attn_v"), part("attn_output"));
        let (feed_norm, gate, up, down) = (part("ffn_norm"), part("ffn_gate"), part("ffn_up"), part("ffn_down"));
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for (position, x) in stream.iter_mut().enumerate() {
            let h = norm(x, &attention_norm);
            let (mut queries, mut key) = (product(&q, &h), product(&k, &h));
            rope(&mut queries, position);
            rope(&mut key, position);
            keys.push(key);
            values.push(product(&v, &h));
            let mut seen = Vec::new();
            for (head, query) in queries.chunks(shape.dimension).enumerate() {
                let at = head / (shape.query / shape.key_value) * shape.dimension;
                let scores: Vec<f64> = keys
                    .iter()
                    .map(|key: &Vec<f64>| {
                        let dot: f64 = query.iter().zip(&key[at..]).map(|(a, b)| a * b).sum();
                        (dot / (shape.dimension as f64).sqrt()).exp()
                    })
                    .collect();
                let total: f64 = scores.iter().sum();
                seen.extend((0..shape.dimension).map(|d| {
                    scores.iter().zip(&values).map(|(s, value): (_, &Vec<f64>)| s / total * value[at + d]).sum::<f64>()
                }));
            }
            x.iter_mut().zip(product(&o, &seen)).for_each(|(x, y)| *x += y);
            let h = norm(x, &feed_norm);
            let gated: Vec<f64> =
                product(&gate, &h).iter().zip(product(&up, &h)).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
            x.iter_mut().zip(product(&down, &gated)).for_each(|(x, y)| *x += y);
        }
    }
    let last = norm(stream.last().unwrap(), &tensor("output_norm"));
    product(&if shape.tied { embedding } else { tensor("output") }, &last)
}

/// Logits after feeding pieces of a text one by one.
fn feed(model: &mut LlamaModel, pieces: &[&[TokenId]]) -> Vec<f32> {
    let sequence = model.open();
    let mut logits = vec![0.0; VOCAB];
    for piece in pieces {
        model.forward(&[(sequence, piece)], &mut logits).unwrap();
    }
    model.close(sequence);
    logits
}

/// Root mean square of the difference over that of the expected.
fn relative_error(got: &[f32], expected: &[f64]) -> f64 {
    let difference: f64 = got.iter().zip(expected).map(|(g, e)| (f64::from(*g) - e).powi(2)).sum();
    (difference / expected.iter().map(|e| e * e).sum::<f64>()).sqrt()
}

/// Compares whole, piecewise and token by token; the three must be the same bits.
fn check_against_naive(shape: Shape, tolerance: f64) {
    let folder = TempDir::new().unwrap();
    let path = Parts::new(shape).write(&folder);
    let mut model = LlamaModel::load(&path).unwrap();
    let tokens = Noise(9).tokens(29);
    let expected = naive(&path, shape, &tokens);
    let whole = feed(&mut model, &[&tokens]);
    let error = relative_error(&whole, &expected);
    assert!(error < tolerance, "relative error {error}, expected below {tolerance}");
    assert_eq!(feed(&mut model, &[&tokens[..7], &tokens[7..8], &tokens[8..]]), whole);
    assert_eq!(feed(&mut model, &tokens.chunks(1).collect::<Vec<_>>()), whole);
}

#[test]
fn float_weights_agree_with_naive() {
    // 16 bits in the cache and f32 sums: 1e-4 leaves room for both, and no room for a misplaced
    // head or angle.
    let tolerance = 1e-4;
    check_against_naive(SMALL, tolerance);
    check_against_naive(Shape { tied: false, ..SMALL }, tolerance);
    check_against_naive(Shape { factors: true, ..SMALL }, tolerance);
    check_against_naive(Shape { rotated: 8, ..SMALL }, tolerance);
    check_against_naive(Shape { key_value: 4, ..SMALL }, tolerance);
    check_against_naive(Shape { key_value: 1, ..SMALL }, tolerance);
    // Heads that do not add up to the width, five to a key; heads and rows that are no multiple of
    // eight.
    check_against_naive(Shape { query: 10, tied: false, ..SMALL }, tolerance);
    check_against_naive(Shape { query: 3, key_value: 3, dimension: 12, rotated: 12, hidden: 50, ..SMALL }, tolerance);
    check_against_naive(Shape { dtype: GgmlDType::F16, ..SMALL }, tolerance);
    check_against_naive(Shape { dtype: GgmlDType::BF16, ..SMALL }, tolerance);
}

#[test]
fn quantised_weights_agree_with_naive() {
    // Activations lose up to 1/254 of the largest in their block at every product, types that are
    // rounded to eight bits as much again of their weights: measured 0.017 to 0.024 and 0.024 to
    // 0.035. The layout itself is tested beside it, to the last bit.
    let tolerance = 0.05;
    for dtype in [GgmlDType::Q4_0, GgmlDType::Q4_1, GgmlDType::Q5_0, GgmlDType::Q5_1, GgmlDType::Q8_0] {
        check_against_naive(Shape { dtype, ..SMALL }, tolerance);
    }
    let large = Shape { width: 256, hidden: 512, query: 8, key_value: 2, dimension: 32, rotated: 32, ..SMALL };
    for dtype in [GgmlDType::Q2K, GgmlDType::Q3K, GgmlDType::Q4K, GgmlDType::Q5K, GgmlDType::Q6K] {
        check_against_naive(Shape { dtype, tied: false, ..large }, tolerance);
    }
}

#[test]
fn logits_of_each_token_are_those_of_one_after_another() {
    for dtype in [GgmlDType::F32, GgmlDType::Q4_1, GgmlDType::Q8_0] {
        let mut model = load(Shape { dtype, ..SMALL });
        let tokens = Noise(9).tokens(29);
        let (one, other) = (model.open(), model.open());
        let (mut expected, mut got) = (vec![0.0; 29 * VOCAB], vec![0.0; 29 * VOCAB]);
        for (token, row) in tokens.chunks(1).zip(expected.chunks_mut(VOCAB)) {
            model.forward(&[(one, token)], row).unwrap();
        }
        // In pieces of any length: each goes on from the last.
        for (tokens, rows) in tokens.chunks(12).zip(got.chunks_mut(12 * VOCAB)) {
            model.forward_each(other, tokens, rows).unwrap();
        }
        assert_eq!(got, expected);
        let error = model.forward_each(other, &tokens, &mut got[VOCAB..]).unwrap_err().to_string();
        assert_eq!(error, "room for 2828 logits where the batch gives 2929");
        assert!(model.forward_each(other, &[], &mut []).is_err(), "no token is given");
    }
}

fn greedy(logits: &[f32]) -> TokenId {
    logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0 as TokenId
}

#[test]
fn companions_change_nothing() {
    for dtype in [GgmlDType::F32, GgmlDType::Q4_1, GgmlDType::Q8_0] {
        let mut model = load(Shape { dtype, ..SMALL });
        let mut noise = Noise(3);
        // Together more rows than pass a layer at once; six tails for tiles of one to four rows.
        let prompts: Vec<Vec<TokenId>> = [1, 40, 7, 33, 50, 16].iter().map(|&n| noise.tokens(n)).collect();
        let alone: Vec<Vec<Vec<f32>>> = prompts
            .iter()
            .map(|prompt| {
                let sequence = model.open();
                let (mut logits, mut all, mut next) = (vec![0.0; VOCAB], Vec::new(), prompt.clone());
                for _ in 0..40 {
                    model.forward(&[(sequence, &next)], &mut logits).unwrap();
                    all.push(logits.clone());
                    next = vec![greedy(&logits)];
                }
                all
            })
            .collect();
        let expected = |prompt: usize, step: usize| &alone[prompt][step];

        let sequences: Vec<SequenceId> = prompts.iter().map(|_| model.open()).collect();
        let mut next = prompts.clone();
        for step in 0..40 {
            // One drops out every so often, and the order turns.
            let members: Vec<usize> = (0..prompts.len() - step / 8).rev().collect();
            let inputs: Vec<_> = members.iter().map(|&i| (sequences[i], next[i].as_slice())).collect();
            let mut logits = vec![0.0; members.len() * VOCAB];
            model.forward(&inputs, &mut logits).unwrap();
            for (&i, logits) in members.iter().zip(logits.chunks(VOCAB)) {
                assert_eq!(logits, expected(i, step), "prompt {i}, step {step}");
                next[i] = vec![greedy(logits)];
            }
        }
    }
}

#[test]
fn a_new_sequence_knows_nothing_of_a_closed_one() {
    let mut model = load(SMALL);
    let tokens = Noise(1).tokens(20);
    let first = feed(&mut model, &[&tokens]);
    feed(&mut model, &[&Noise(2).tokens(50)]);
    let stale = model.open();
    model.close(stale);
    model.close(stale);
    let fresh = model.open();
    model.close(stale);
    let mut logits = vec![0.0; VOCAB];
    model.forward(&[(fresh, &tokens)], &mut logits).unwrap();
    assert_eq!(logits, first);
    assert!(matches!(
        model.forward(&[(stale, &tokens)], &mut logits),
        Err(LmError::Sequence { index: 0, reason: "is closed or named twice" })
    ));
}

#[test]
fn a_fork_goes_its_own_way() {
    let mut model = load(SMALL);
    let (trunk, left, right) = (Noise(1).tokens(20), Noise(2).tokens(9), Noise(3).tokens(30));
    let expected = [&left, &right].map(|branch| feed(&mut model, &[&trunk, branch]));
    let first = model.open();
    let mut logits = vec![0.0; VOCAB];
    model.forward(&[(first, &trunk)], &mut logits).unwrap();
    let second = model.fork(first).unwrap();
    let mut both = vec![0.0; 2 * VOCAB];
    model.forward(&[(first, &left), (second, &right)], &mut both).unwrap();
    assert_eq!(both, expected.concat());
    model.close(first);
    assert!(matches!(model.fork(first), Err(LmError::Sequence { .. })));
}

#[test]
fn refused_input_leaves_the_sequence_as_it_was() {
    let mut model = load(SMALL);
    let tokens = Noise(1).tokens(20);
    let expected = feed(&mut model, &[&tokens]);
    let sequence = model.open();
    let mut logits = vec![0.0; VOCAB];
    model.forward(&[(sequence, &tokens[..10])], &mut logits).unwrap();

    let vocab = VOCAB as TokenId;
    let error = model.forward(&[(sequence, &[3, vocab])], &mut logits).unwrap_err();
    assert_eq!(error.to_string(), "token 101 is not below the vocabulary size 101");
    let error = model.forward(&[(sequence, &[3; CONTEXT - 9])], &mut logits).unwrap_err();
    assert_eq!(error.to_string(), "a sequence of 97 tokens does not fit the context of 96");
    assert!(matches!(model.forward(&[(sequence, &[])], &mut logits), Err(LmError::Sequence { .. })));
    let error = model.forward(&[(sequence, &[1])], &mut logits[1..]).unwrap_err();
    assert!(matches!(error, LmError::LogitsLength { length: 100, expected: 101 }));
    let mut two = vec![0.0; 2 * VOCAB];
    let error = model.forward(&[(sequence, &[1]), (sequence, &[2])], &mut two).unwrap_err();
    assert!(matches!(error, LmError::Sequence { index: 1, .. }));

    model.forward(&[(sequence, &tokens[10..])], &mut logits).unwrap();
    assert_eq!(logits, expected);
    // The last position of the context is usable, the next is not.
    model.forward(&[(sequence, &[3; CONTEXT - 20])], &mut logits).unwrap();
    assert!(matches!(model.forward(&[(sequence, &[3])], &mut logits), Err(LmError::ContextFull { .. })));
}

#[test]
fn a_truncated_file_is_an_error_wherever_it_ends() {
    let folder = TempDir::new().unwrap();
    let path = Parts::new(Shape { dtype: GgmlDType::Q8_0, ..SMALL }).write(&folder);
    let whole = std::fs::read(&path).unwrap();
    let header = Content::read(&mut std::io::Cursor::new(&whole)).unwrap().tensor_data_offset as usize;
    // The writer pads the last tensor: its last byte is 32 before the end at most.
    let ends = (0..header + 64).chain((header..whole.len() - 32).step_by(509));
    for end in ends {
        std::fs::write(&path, &whole[..end]).unwrap();
        let error = LlamaModel::load(&path).expect_err("a truncated file must not load");
        assert!(error.to_string().contains("tiny.gguf"), "{end}: {error}");
    }
}

#[test]
fn a_damaged_header_never_panics() {
    let folder = TempDir::new().unwrap();
    let path = Parts::new(Shape { dtype: GgmlDType::Q8_0, ..SMALL }).write(&folder);
    let whole = std::fs::read(&path).unwrap();
    let header = Content::read(&mut std::io::Cursor::new(&whole)).unwrap().tensor_data_offset as usize;
    for offset in 0..header {
        for byte in [0, 0xff, whole[offset] ^ 1] {
            let mut damaged = whole.clone();
            damaged[offset] = byte;
            std::fs::write(&path, &damaged).unwrap();
            // Some damage goes unseen (a name of no consequence, an angle).
            let _ = LlamaModel::load(&path);
        }
    }
}

fn refusal(parts: &Parts) -> String {
    let folder = TempDir::new().unwrap();
    let path = parts.write(&folder);
    let message = LlamaModel::load(&path).expect_err("must be refused").to_string();
    message.replace(path.to_str().unwrap(), "FILE")
}

#[test]
fn refusals_name_the_reason() {
    let gemma = Parts::new(SMALL).set("general.architecture", Value::String("gemma3".to_owned()));
    assert_eq!(refusal(&gemma), "FILE: models of architecture `gemma3` are not supported, only `llama`");

    let experts = Parts::new(SMALL).set("llama.expert_count", Value::U32(8));
    assert_eq!(refusal(&experts), "FILE: a mixture of 8 experts is not supported");

    let yarn = Parts::new(SMALL).set("llama.rope.scaling.type", Value::String("yarn".to_owned()));
    assert_eq!(refusal(&yarn), "FILE: rope scaling `yarn` is not supported");

    let heads = Parts::new(SMALL).set("llama.attention.head_count_kv", Value::U32(3));
    assert_eq!(refusal(&heads), "FILE: 4 heads cannot share 3 key-value heads");

    let alignment = Parts::new(SMALL).set("general.alignment", Value::U32(0));
    assert_eq!(refusal(&alignment), "FILE: metadata `general.alignment` is 0");

    let layers = Parts::new(SMALL).set("llama.block_count", Value::U32(u32::MAX));
    assert_eq!(refusal(&layers), "FILE: metadata `llama.block_count` is not a count");

    let layers = Parts::new(SMALL).set("llama.block_count", Value::U32(3));
    assert_eq!(refusal(&layers), "FILE: tensor `blk.2.attn_norm.weight` is missing");

    let hidden = Parts::new(SMALL).set("llama.feed_forward_length", Value::U32(1 << 30));
    assert_eq!(refusal(&hidden), "FILE: tensor `blk.0.ffn_gate.weight` has shape [96, 64], expected [1073741824, 64]");

    let mut bias = Parts::new(SMALL);
    let tensor = Tensor::new(vec![0.0f32; 64], &Device::Cpu).unwrap();
    bias.tensors.push(("blk.0.attn_q.bias".to_owned(), QTensor::quantize(&tensor, GgmlDType::F32).unwrap()));
    assert_eq!(refusal(&bias), "FILE: tensor `blk.0.attn_q.bias` has no place in a llama model");

    let error = LlamaModel::load("no/such/file.gguf").unwrap_err();
    assert!(matches!(&error, LmError::Io { .. }) && error.to_string().contains("no/such/file.gguf"));
}
