//! The Llama family (Llama, Mistral, SmolLM2, …) from a GGUF file, on the processor.
//!
//! Why not candle-transformers or llama.cpp? The suites write hundreds of thousands of tokens, must
//! write the same ones again, and continue after an interruption, which takes:
//!
//! - *Continuous batching.* A text that ends makes room for the next, and each row of a batch is at
//!   its own length. candle-transformers' `quantized_llama` has one cache and one position for the
//!   whole batch. On two cores 32 texts at once give 481 tokens a second, one gives 142
//!   (docs/performance.md).
//! - *Forks.* A sequence is copied with its cache, so that `resample` tries several drafts from one
//!   position without reading the text again.
//! - *Bits that do not depend on the batch.* A text is the same alone or in a batch, on one thread
//!   or many. Without this, an interrupted run, which continues with other batches, would write
//!   other texts.
//!
//! It is not slower: one text at a time, it writes 121 to 145 tokens a second, and llama.cpp 87 to
//! 107 with the same file and threads. The price is this module; a backend with all three would
//! replace it behind [`LanguageModel`].

mod attention;
mod file;
mod lanes;
mod matrix;
mod product;
#[cfg(test)]
mod tests;
mod types;

use std::fmt;
use std::path::Path;

use greenmark_text::gguf::Gguf;
use rayon::prelude::*;

use self::attention::{Attend, Cache, exp};
use self::file::{Config, ModelFile};
use self::lanes::vectorise;
use self::matrix::{BLOCK, LANES, Matrix};
use self::product::{Activations, Product, quantise_row};
use crate::sequences::Sequences;
use crate::{LanguageModel, LmError, SequenceId, TokenId};

/// Number of rows that pass a layer together. Their activations fit the second-level cache.
const CHUNK_ROWS: usize = 128;

/// A model of the Llama family, read from a GGUF file of architecture `llama`.
///
/// Four-bit types keep their weights (Q4_0, Q4_1 and Q4_K in six bits a weight), as do Q8_0 and
/// floats (up to 4 GB of f32); the types in between are rounded to eight bits, as are activations
/// in products with quantised weights.
///
/// The logits of a sequence do not depend on its batch. They are the same bits alone or with
/// others, with the prompt whole or in pieces, on one thread or many.
///
/// ```no_run
/// use greenmark_lm::{LanguageModel, LlamaModel};
///
/// let mut model = LlamaModel::load("SmolLM2-135M-Instruct.Q4_1.gguf")?;
/// let sequence = model.open();
/// let mut logits = vec![0.0; model.vocab_size()];
/// model.forward(&[(sequence, &[504, 3575, 282])], &mut logits)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LlamaModel {
    config: Config,
    vocab_size: usize,
    embedding: Matrix,
    layers: Vec<Layer>,
    output_norm: Vec<f32>,
    /// Output matrix; if `None`, the embedding serves as output too.
    output: Option<Matrix>,
    /// Angle by which a position turns each rotated pair, `[rotated / 2]`, in radians.
    frequencies: Vec<f64>,
    sequences: Sequences<Sequence>,
    scratch: Scratch,
}

struct Layer {
    attention_norm: Vec<f32>,
    query: Matrix,
    key: Matrix,
    value: Matrix,
    attention_output: Matrix,
    feed_norm: Vec<f32>,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
}

#[derive(Default, Clone)]
struct Sequence {
    length: usize,
    /// One cache a layer.
    caches: Vec<Cache>,
}

/// Buffers kept between calls.
#[derive(Default)]
struct Scratch {
    /// The residual stream, `[row][width]`.
    stream: Vec<f32>,
    /// Cosine and sine of each rotated pair, `[row][rotated / 2]`.
    turns: Vec<(f32, f32)>,
    /// Rotated queries, `[row][query heads · dimension]`.
    queries: Vec<f32>,
    input: Activations,
    product: Product,
}

/// A run of new tokens of one sequence within a chunk of rows.
struct Segment {
    sequence: usize,
    first_row: usize,
    rows: usize,
    first_position: usize,
}

/// The tokens of a sequence whose logits are wanted.
#[derive(Clone, Copy)]
enum Wanted {
    /// Its last.
    Last,
    /// Each.
    Each,
}

impl LlamaModel {
    /// Loads a GGUF file.
    ///
    /// # Errors
    /// [`LmError::Io`] if the file cannot be read, [`LmError::Model`] if it holds another kind of
    /// model, is damaged, lacks something, or asks for what is not supported; both name the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LmError> {
        let path = path.as_ref();
        Self::with_header(path, &Gguf::read(path)?)
    }

    /// Loads a GGUF file whose header has been read.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn with_header(path: &Path, header: &Gguf) -> Result<Self, LmError> {
        let mut file = ModelFile::open(path, header)?;
        let config = file.config()?;
        let Config { width, hidden, heads, rotated, .. } = config;
        let (queries, keys) = (heads.query * heads.dimension, heads.key_value * heads.dimension);

        let (vocab_size, _) = file.shape("token_embd.weight")?;
        let embedding = file.matrix("token_embd.weight", vocab_size, width)?;
        let output = file.has("output.weight").then(|| file.matrix("output.weight", vocab_size, width)).transpose()?;
        let output_norm = file.vector("output_norm.weight", width)?;
        let mut frequencies: Vec<f64> = (0..rotated / 2)
            .map(|pair| config.rope_base.powf(-2.0 * pair as f64 / rotated as f64) / config.rope_stretch)
            .collect();
        // Llama 3 stretches long wavelengths by factors of their own.
        if file.has("rope_freqs.weight") {
            for (frequency, factor) in frequencies.iter_mut().zip(file.vector("rope_freqs.weight", rotated / 2)?) {
                *frequency /= f64::from(factor);
            }
        }

        let mut layers = Vec::new();
        for layer in 0..config.layers {
            let name = |part: &str| format!("blk.{layer}.{part}.weight");
            layers.push(Layer {
                attention_norm: file.vector(&name("attn_norm"), width)?,
                query: file.matrix(&name("attn_q"), queries, width)?,
                key: file.matrix(&name("attn_k"), keys, width)?,
                value: file.matrix(&name("attn_v"), keys, width)?,
                attention_output: file.matrix(&name("attn_output"), width, queries)?,
                feed_norm: file.vector(&name("ffn_norm"), width)?,
                gate: file.matrix(&name("ffn_gate"), hidden, width)?,
                up: file.matrix(&name("ffn_up"), hidden, width)?,
                down: file.matrix(&name("ffn_down"), width, hidden)?,
            });
        }
        file.finish()?;
        Ok(Self {
            config,
            vocab_size,
            embedding,
            layers,
            output_norm,
            output,
            frequencies,
            sequences: Sequences::default(),
            scratch: Scratch::default(),
        })
    }

    /// Appends the tokens and copies the residual stream of those wanted to `kept`,
    /// `[rows][width]`.
    fn append(
        &self,
        scratch: &mut Scratch,
        sequences: &mut [(Sequence, &[TokenId])],
        wanted: Wanted,
        kept: &mut [f32],
    ) {
        let width = self.config.width;
        let mut done = 0;
        // Sequences in turn, cut wherever a chunk is full.
        let mut chunk: Vec<(Segment, &[TokenId])> = Vec::new();
        let mut rows = 0;
        for index in 0..sequences.len() {
            let mut tokens = sequences[index].1;
            while !tokens.is_empty() {
                let count = tokens.len().min(CHUNK_ROWS - rows);
                let (head, tail) = tokens.split_at(count);
                let first_position = sequences[index].0.length;
                sequences[index].0.length += count;
                chunk.push((Segment { sequence: index, first_row: rows, rows: count, first_position }, head));
                rows += count;
                tokens = tail;
                if rows == CHUNK_ROWS || (tokens.is_empty() && index + 1 == sequences.len()) {
                    self.run_layers(scratch, sequences, &chunk, rows);
                    match wanted {
                        Wanted::Each => kept[done * width..][..rows * width].copy_from_slice(&scratch.stream),
                        Wanted::Last => {
                            for (segment, _) in &chunk {
                                // A cut sequence writes once a chunk; its last row comes last.
                                let row = segment.first_row + segment.rows - 1;
                                kept[segment.sequence * width..][..width]
                                    .copy_from_slice(&scratch.stream[row * width..][..width]);
                            }
                        }
                    }
                    done += rows;
                    chunk.clear();
                    rows = 0;
                }
            }
        }
    }

    fn run_layers(
        &self,
        scratch: &mut Scratch,
        sequences: &mut [(Sequence, &[TokenId])],
        chunk: &[(Segment, &[TokenId])],
        rows: usize,
    ) {
        let Config { width, hidden, heads, rotated, epsilon, .. } = self.config;
        let Scratch { stream, turns, queries, input, product } = scratch;
        let query_width = heads.query * heads.dimension;
        let key_width = heads.key_value * heads.dimension;

        stream.resize(rows * width, 0.0);
        turns.clear();
        queries.resize(rows * query_width, 0.0);
        let mut lengths = Vec::with_capacity(rows);
        let mut row_sequences = Vec::with_capacity(rows);
        for (segment, tokens) in chunk {
            for (offset, &token) in tokens.iter().enumerate() {
                let row = segment.first_row + offset;
                self.embedding.expand_row(token as usize, &mut stream[row * width..][..width]);
                let position = segment.first_position + offset;
                turns.extend(self.frequencies.iter().map(|frequency| {
                    let (sin, cos) = (position as f64 * frequency).sin_cos();
                    (cos as f32, sin as f32)
                }));
                lengths.push(position + 1);
                row_sequences.push(segment.sequence);
            }
        }

        for (index, layer) in self.layers.iter().enumerate() {
            let Layer { query, key, value, attention_output, gate, up, down, .. } = layer;

            // Attention.
            normalise(input, stream, &layer.attention_norm, epsilon, query.is_quantised());
            product.compute(&[query, key, value], input);
            let key_group = query.groups();
            let value_group = key_group + key.groups();
            let (p, turns) = (&*product, &*turns);
            queries.par_chunks_mut(query_width).enumerate().for_each(|(row, queries)| {
                p.copy_row(0, row, queries);
                rotate(queries, heads.dimension, &turns[row * rotated / 2..][..rotated / 2]);
            });
            let mut appends: Vec<Vec<&Segment>> = sequences.iter().map(|_| Vec::new()).collect();
            for (segment, _) in chunk {
                appends[segment.sequence].push(segment);
            }
            sequences.par_iter_mut().zip(appends).for_each_init(
                || (vec![0.0; key_width], vec![0.0; key_width]),
                |(keys, values), ((sequence, _), segments)| {
                    for segment in segments {
                        for offset in 0..segment.rows {
                            let row = segment.first_row + offset;
                            p.copy_row(key_group, row, keys);
                            rotate(keys, heads.dimension, &turns[row * rotated / 2..][..rotated / 2]);
                            p.copy_row(value_group, row, values);
                            let cache = &mut sequence.caches[index];
                            cache.append(heads, segment.first_position + offset, keys, values);
                        }
                    }
                },
            );
            input.resize(rows, query_width);
            let span = heads.group() * heads.dimension;
            let sequences = &*sequences;
            input.floats.par_chunks_mut(span).zip(queries.par_chunks(span)).enumerate().for_each_init(
                Vec::new,
                |scores, (item, (out, queries))| {
                    let (row, head) = (item / heads.key_value, item % heads.key_value);
                    let cache = &sequences[row_sequences[row]].0.caches[index];
                    lanes::run(Attend { cache, heads, head, length: lengths[row], queries, scores, out });
                },
            );
            quantise(input, attention_output.is_quantised());
            product.compute(&[attention_output], input);
            add(stream, product, width);

            // Feed-forward.
            normalise(input, stream, &layer.feed_norm, epsilon, gate.is_quantised());
            product.compute(&[gate, up], input);
            input.resize(rows, hidden);
            let (gate_groups, quantised, p) = (gate.groups(), down.is_quantised(), &*product);
            let together = p.rows_together();
            input.rows_mut(together).enumerate().for_each(|(tile, (floats, blocks))| {
                vectorise(
                    #[inline(always)]
                    || {
                        let first = tile * together;
                        let members = first..first + floats.len() / hidden;
                        for group in 0..gate_groups {
                            let gates = p.group(group, members.clone());
                            let ups = p.group(gate_groups + group, members.clone());
                            for ((floats, gate), up) in floats.chunks_mut(hidden).zip(gates).zip(ups) {
                                let mut y = [0.0; LANES];
                                for lane in 0..LANES {
                                    y[lane] = gate[lane] / (1.0 + exp(-gate[lane])) * up[lane];
                                }
                                let end = hidden.min((group + 1) * LANES);
                                let out = &mut floats[group * LANES..end];
                                out.copy_from_slice(&y[..out.len()]);
                            }
                        }
                        if quantised {
                            let row_blocks = hidden.div_ceil(BLOCK);
                            for (floats, blocks) in floats.chunks(hidden).zip(blocks.chunks_mut(row_blocks)) {
                                quantise_row(floats, blocks);
                            }
                        }
                    },
                );
            });
            product.compute(&[down], input);
            add(stream, product, width);
        }
    }

    /// Appends the tokens and writes the logits that follow those wanted.
    fn advance(
        &mut self,
        inputs: &[(SequenceId, &[TokenId])],
        wanted: Wanted,
        logits: &mut [f32],
    ) -> Result<(), LmError> {
        let rows = match wanted {
            Wanted::Last => inputs.len(),
            Wanted::Each => inputs.iter().map(|(_, tokens)| tokens.len()).sum(),
        };
        self.sequences.check(inputs, self.vocab_size, rows, logits)?;
        let context_length = self.config.context_length;
        for (id, tokens) in inputs {
            let length = self.sequences.get(*id).map_or(0, |sequence| sequence.length) + tokens.len();
            if length > context_length {
                return Err(LmError::ContextFull { length, context_length });
            }
        }
        let take = |&(id, tokens): &(SequenceId, _)| (self.sequences.take(id).unwrap_or_default(), tokens);
        let mut sequences: Vec<(Sequence, &[TokenId])> = inputs.iter().map(take).collect();
        let mut scratch = std::mem::take(&mut self.scratch);
        let model = &*self;
        // Inside the pool from here on: a caller's thread would hand over each of some 200 parallel
        // steps.
        rayon::scope(|_| {
            let width = model.config.width;
            let mut kept = vec![0.0; rows * width];
            model.append(&mut scratch, &mut sequences, wanted, &mut kept);
            let output = model.output.as_ref().unwrap_or(&model.embedding);
            let vocab_size = model.vocab_size;
            let chunks = kept.chunks(CHUNK_ROWS * width).zip(logits.chunks_mut(CHUNK_ROWS * vocab_size));
            for (kept, logits) in chunks {
                let Scratch { input, product, .. } = &mut scratch;
                normalise(input, kept, &model.output_norm, model.config.epsilon, output.is_quantised());
                product.compute(&[output], input);
                let p = &*product;
                let together = p.rows_together();
                logits.par_chunks_mut(together * vocab_size).enumerate().for_each(|(tile, out)| {
                    let members = tile * together..tile * together + out.len() / vocab_size;
                    for group in 0..output.groups() {
                        let range = group * LANES..vocab_size.min((group + 1) * LANES);
                        for (out, values) in out.chunks_mut(vocab_size).zip(p.group(group, members.clone())) {
                            out[range.clone()].copy_from_slice(&values[..range.len()]);
                        }
                    }
                });
            }
        });
        self.scratch = scratch;
        for ((id, _), (sequence, _)) in inputs.iter().zip(sequences) {
            self.sequences.put_back(*id, sequence);
        }
        Ok(())
    }
}

impl LanguageModel for LlamaModel {
    fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    fn context_length(&self) -> usize {
        self.config.context_length
    }

    fn preferred_batch(&self) -> usize {
        // Tokens a second and core of SmolLM2-135M Q4_1 on Zen 3: 79 for a batch of 1, 263 for 8,
        // then level (302, 299, 294 for 16, 32, 64). 32 stays on the level part while sequences
        // finish.
        32
    }

    fn open(&mut self) -> SequenceId {
        let caches = self.layers.iter().map(|_| Cache::default()).collect();
        self.sequences.open(Sequence { length: 0, caches })
    }

    fn fork(&mut self, sequence: SequenceId) -> Result<SequenceId, LmError> {
        self.sequences.fork(sequence)
    }

    fn close(&mut self, sequence: SequenceId) {
        self.sequences.take(sequence);
    }

    fn forward(&mut self, inputs: &[(SequenceId, &[TokenId])], logits: &mut [f32]) -> Result<(), LmError> {
        self.advance(inputs, Wanted::Last, logits)
    }

    fn forward_each(&mut self, sequence: SequenceId, tokens: &[TokenId], logits: &mut [f32]) -> Result<(), LmError> {
        self.advance(&[(sequence, tokens)], Wanted::Each, logits)
    }
}

impl fmt::Debug for LlamaModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LlamaModel").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Sets the input of a product to the root-mean-square-normalised stream.
fn normalise(input: &mut Activations, stream: &[f32], weight: &[f32], epsilon: f32, quantised: bool) {
    let width = weight.len();
    input.resize(stream.len() / width, width);
    input.rows_mut(1).zip(stream.par_chunks(width)).for_each(|((floats, blocks), stream)| {
        vectorise(
            #[inline(always)]
            || {
                let mut squares = [0.0f32; LANES];
                for eight in stream.chunks(LANES) {
                    for (square, v) in squares.iter_mut().zip(eight) {
                        *square += v * v;
                    }
                }
                let mean = squares.iter().sum::<f32>() / width as f32;
                let inverse = 1.0 / (mean + epsilon).sqrt();
                for ((out, v), w) in floats.iter_mut().zip(stream).zip(weight) {
                    *out = v * inverse * w;
                }
                if quantised {
                    quantise_row(floats, blocks);
                }
            },
        );
    });
}

/// Rounds all rows, where the next matrix reads them so.
fn quantise(input: &mut Activations, quantised: bool) {
    if quantised {
        input.rows_mut(1).for_each(|(floats, blocks)| {
            vectorise(
                #[inline(always)]
                || quantise_row(floats, blocks),
            );
        });
    }
}

/// Adds a product to the residual stream.
fn add(stream: &mut [f32], product: &Product, width: usize) {
    let together = product.rows_together();
    stream.par_chunks_mut(together * width).enumerate().for_each(|(tile, stream)| {
        let members = tile * together..tile * together + stream.len() / width;
        for group in 0..width.div_ceil(LANES) {
            let range = group * LANES..width.min((group + 1) * LANES);
            for (stream, values) in stream.chunks_mut(width).zip(product.group(group, members.clone())) {
                for (out, value) in stream[range.clone()].iter_mut().zip(values) {
                    *out += value;
                }
            }
        }
    });
}

/// Rotates the leading pairs of each head. Neighbours form a pair: GGUF files of this family are
/// permuted to that.
///
/// - `turns`: cosine and sine, `[rotated / 2]`.
fn rotate(heads: &mut [f32], dimension: usize, turns: &[(f32, f32)]) {
    for head in heads.chunks_exact_mut(dimension) {
        for ([a, b], (cos, sin)) in head.as_chunks_mut::<2>().0.iter_mut().zip(turns) {
            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
        }
    }
}
