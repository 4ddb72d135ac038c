//! BERT, from token ids to the vectors of its last layer.
//!
//! `candle-transformers` has it too, but candle's own threads wait for one another at every
//! addition: a text a thread, each on its own, is more than twice as fast.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use greenmark_lm::TokenId;
use ndarray::{Array1, Array2, ArrayView2, linalg::general_mat_mul, s};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

/// Members of `config.json` that matter here.
#[derive(Debug, Deserialize)]
struct Config {
    model_type: String,
    hidden_act: String,
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f32,
}

/// The model, in f32.
#[derive(Debug)]
pub(super) struct Encoder {
    heads: usize,
    /// `[V, width]`
    words: Array2<f32>,
    /// Terms added for each place and for being the first of two texts: `[places, width]`.
    places: Array2<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    feed_norm: Norm,
}

impl Encoder {
    /// - `longest`: tokens of a text that it must be able to read.
    pub(super) fn load(folder: &Path, longest: usize) -> Result<Self> {
        let file = folder.join("config.json");
        let text = fs::read(&file).with_context(|| format!("{}", file.display()))?;
        let config: Config = serde_json::from_slice(&text).with_context(|| format!("{}", file.display()))?;
        let Config { hidden_size: width, num_attention_heads: heads, max_position_embeddings: places, .. } = config;
        ensure!(
            config.model_type == "bert" && config.hidden_act == "gelu",
            "{}: a model of type {} with {}, expected bert with gelu",
            file.display(),
            config.model_type,
            config.hidden_act
        );
        ensure!(heads > 0 && width % heads == 0, "{}: {width} is not cut into {heads} heads", file.display());
        ensure!(places >= longest, "{}: {places} tokens at once, expected {longest}", file.display());
        let file = folder.join("model.safetensors");
        let read = || Self::read(&Weights(SafeTensors::deserialize(&fs::read(&file)?)?), &config);
        read().with_context(|| format!("{}", file.display()))
    }

    fn read(weights: &Weights<'_>, config: &Config) -> Result<Self> {
        let width = config.hidden_size;
        let table = |name: &str, rows| weights.matrix(&format!("embeddings.{name}_embeddings.weight"), [rows, width]);
        let first = table("token_type", config.type_vocab_size)?.slice_move(s![..1, ..]);
        Ok(Self {
            heads: config.num_attention_heads,
            words: table("word", config.vocab_size)?,
            places: table("position", config.max_position_embeddings)? + first,
            norm: weights.norm("embeddings.LayerNorm", config)?,
            layers: (0..config.num_hidden_layers).map(|index| weights.layer(index, config)).collect::<Result<_>>()?,
        })
    }

    /// Values of a vector.
    pub(super) fn width(&self) -> usize {
        self.words.ncols()
    }

    /// Returns the vectors of the last layer, one a token, added up.
    ///
    /// One text at a time: without companions of other lengths there is no padding and nothing to
    /// mask.
    ///
    /// # Errors
    /// A token that the model has no vector for.
    pub(super) fn sum(&self, ids: &[TokenId]) -> Result<Array1<f32>> {
        let mut stream = self.places.slice(s![..ids.len(), ..]).to_owned();
        for (mut row, &id) in stream.rows_mut().into_iter().zip(ids) {
            ensure!((id as usize) < self.words.nrows(), "token {id} is not below {}", self.words.nrows());
            row += &self.words.row(id as usize);
        }
        self.norm.apply(&mut stream);
        for layer in &self.layers {
            stream += &layer.attention_output.of(self.attend(layer, &stream).view());
            layer.attention_norm.apply(&mut stream);
            let mut hidden = layer.up.of(stream.view());
            hidden.mapv_inplace(gelu);
            stream += &layer.down.of(hidden.view());
            layer.feed_norm.apply(&mut stream);
        }
        Ok(stream.sum_axis(ndarray::Axis(0)))
    }

    /// Returns the attention of each token to all tokens: `[tokens, width]`.
    fn attend(&self, layer: &Layer, stream: &Array2<f32>) -> Array2<f32> {
        let (tokens, width) = stream.dim();
        let dimension = width / self.heads;
        let scale = 1.0 / (dimension as f32).sqrt();
        let [queries, keys, values] = [&layer.query, &layer.key, &layer.value].map(|linear| linear.of(stream.view()));
        let (mut scores, mut out) = (Array2::zeros((tokens, tokens)), Array2::zeros((tokens, width)));
        for head in 0..self.heads {
            let part = s![.., head * dimension..(head + 1) * dimension];
            general_mat_mul(scale, &queries.slice(part), &keys.slice(part).t(), 0.0, &mut scores);
            for mut row in scores.rows_mut() {
                let greatest = row.fold(f32::NEG_INFINITY, |greatest, &score| greatest.max(score));
                row.mapv_inplace(|score| (score - greatest).exp());
                row /= row.sum();
            }
            general_mat_mul(1.0, &scores, &values.slice(part), 0.0, &mut out.slice_mut(part));
        }
        out
    }
}

/// A matrix, `[outputs, inputs]`, and what is added to each output.
#[derive(Debug)]
struct Linear {
    weight: Array2<f32>,
    bias: Array1<f32>,
}

impl Linear {
    /// - `x`: `[tokens, inputs]`.
    /// - returns: `[tokens, outputs]`.
    fn of(&self, x: ArrayView2<'_, f32>) -> Array2<f32> {
        let mut y = Array2::zeros((x.nrows(), self.bias.len()));
        y += &self.bias;
        general_mat_mul(1.0, &x, &self.weight.t(), 1.0, &mut y);
        y
    }
}

/// Layer normalisation.
#[derive(Debug)]
struct Norm {
    weight: Array1<f32>,
    bias: Array1<f32>,
    epsilon: f32,
}

impl Norm {
    fn apply(&self, stream: &mut Array2<f32>) {
        let width = stream.ncols() as f32;
        for mut row in stream.rows_mut() {
            let mean = row.sum() / width;
            row -= mean;
            let variance = row.fold(0.0, |sum, v| sum + v * v) / width;
            row /= (variance + self.epsilon).sqrt();
            row *= &self.weight;
            row += &self.bias;
        }
    }
}

/// x Φ(x), Φ being the normal distribution: by the approximation 7.1.26 of Abramowitz and Stegun,
/// good to 1.5e-7, in f32.
pub(super) fn gelu(x: f32) -> f32 {
    const COEFFICIENTS: [f32; 5] = [1.061_405_4, -1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6];
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let tail = COEFFICIENTS.iter().fold(0.0, |sum, coefficient| (sum + coefficient) * t) * (-z * z).exp() / 2.0;
    x * if x < 0.0 { tail } else { 1.0 - tail }
}

/// The tensors of a file.
struct Weights<'f>(SafeTensors<'f>);

impl Weights<'_> {
    fn layer(&self, index: usize, config: &Config) -> Result<Layer> {
        let &Config { hidden_size: width, intermediate_size: hidden, .. } = config;
        let name = |part: &str| format!("encoder.layer.{index}.{part}");
        Ok(Layer {
            query: self.linear(&name("attention.self.query"), width, width)?,
            key: self.linear(&name("attention.self.key"), width, width)?,
            value: self.linear(&name("attention.self.value"), width, width)?,
            attention_output: self.linear(&name("attention.output.dense"), width, width)?,
            attention_norm: self.norm(&name("attention.output.LayerNorm"), config)?,
            up: self.linear(&name("intermediate.dense"), width, hidden)?,
            down: self.linear(&name("output.dense"), hidden, width)?,
            feed_norm: self.norm(&name("output.LayerNorm"), config)?,
        })
    }

    fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        let weight = self.matrix(&format!("{name}.weight"), [outputs, inputs])?;
        Ok(Linear { weight, bias: self.vector(&format!("{name}.bias"), outputs)? })
    }

    fn norm(&self, name: &str, config: &Config) -> Result<Norm> {
        let vector = |part| self.vector(&format!("{name}.{part}"), config.hidden_size);
        Ok(Norm { weight: vector("weight")?, bias: vector("bias")?, epsilon: config.layer_norm_eps })
    }

    fn matrix(&self, name: &str, shape: [usize; 2]) -> Result<Array2<f32>> {
        Ok(Array2::from_shape_vec(shape, self.values(name, &shape)?)?)
    }

    fn vector(&self, name: &str, length: usize) -> Result<Array1<f32>> {
        Ok(self.values(name, &[length])?.into())
    }

    fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let tensor = self.0.tensor(name)?;
        ensure!(tensor.dtype() == Dtype::F32, "{name} holds {:?}, expected F32", tensor.dtype());
        ensure!(tensor.shape() == shape, "{name} has the shape {:?}, expected {shape:?}", tensor.shape());
        Ok(tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }
}
