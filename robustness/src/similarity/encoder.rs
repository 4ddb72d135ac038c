//! BERT, from token ids to the vectors of its last layer.
//!
//! `candle-transformers` has it too, among a hundred other models that take two minutes of a processor to build.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};
use candle_core::{DType, Device, Module, Tensor};
use candle_nn::{LayerNorm, Linear, VarBuilder, layer_norm, linear, ops::softmax_last_dim};
use greenmark_lm::TokenId;
use serde::Deserialize;

/// What `config.json` says of a model, as far as it matters here.
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
    layer_norm_eps: f64,
}

/// The model, in f32.
#[derive(Debug)]
pub(super) struct Encoder {
    width: usize,
    /// `[V, width]`
    words: Tensor,
    /// What is added for each place and for being the first of two texts, `[places, width]`.
    places: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    heads: usize,
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    feed_norm: LayerNorm,
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
        Self::read(&file, &config).with_context(|| format!("{}", file.display()))
    }

    fn read(file: &Path, config: &Config) -> Result<Self> {
        let &Config { hidden_size: width, layer_norm_eps: epsilon, .. } = config;
        let tensors = candle_core::safetensors::load(file, &Device::Cpu)?;
        let model = VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu);
        let embeddings = model.pp("embeddings");
        let table = |name: &str, rows: usize| embeddings.get((rows, width), &format!("{name}_embeddings.weight"));
        let first = table("token_type", config.type_vocab_size)?.narrow(0, 0, 1)?;
        Ok(Self {
            width,
            words: table("word", config.vocab_size)?,
            places: table("position", config.max_position_embeddings)?.broadcast_add(&first)?,
            norm: layer_norm(width, epsilon, embeddings.pp("LayerNorm"))?,
            layers: (0..config.num_hidden_layers)
                .map(|index| Layer::read(&model.pp(format!("encoder.layer.{index}")), config))
                .collect::<Result<_>>()?,
        })
    }

    /// Values of a vector.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The vectors of the last layer, one a token, added up.
    ///
    /// One text at a time: without companions of other lengths there is no padding and nothing to mask.
    pub(super) fn sum(&self, ids: &[TokenId]) -> Result<Vec<f32>> {
        let words = self.words.index_select(&Tensor::new(ids, &Device::Cpu)?, 0)?;
        let mut stream = self.norm.forward(&(words + self.places.narrow(0, 0, ids.len())?)?)?;
        for layer in &self.layers {
            stream = layer.forward(&stream)?;
        }
        Ok(stream.sum(0)?.to_vec1()?)
    }
}

impl Layer {
    fn read(layer: &VarBuilder<'_>, config: &Config) -> Result<Self> {
        let &Config { hidden_size: width, intermediate_size: hidden, layer_norm_eps: epsilon, .. } = config;
        Ok(Self {
            heads: config.num_attention_heads,
            query: linear(width, width, layer.pp("attention.self.query"))?,
            key: linear(width, width, layer.pp("attention.self.key"))?,
            value: linear(width, width, layer.pp("attention.self.value"))?,
            attention_output: linear(width, width, layer.pp("attention.output.dense"))?,
            attention_norm: layer_norm(width, epsilon, layer.pp("attention.output.LayerNorm"))?,
            up: linear(width, hidden, layer.pp("intermediate.dense"))?,
            down: linear(hidden, width, layer.pp("output.dense"))?,
            feed_norm: layer_norm(width, epsilon, layer.pp("output.LayerNorm"))?,
        })
    }

    /// - `stream`: `[tokens, width]`, as what is returned.
    fn forward(&self, stream: &Tensor) -> Result<Tensor> {
        let (tokens, width) = stream.dims2()?;
        let dimension = width / self.heads;
        // [heads, tokens, dimension]
        let heads = |linear: &Linear| -> Result<Tensor> {
            Ok(linear.forward(stream)?.reshape((tokens, self.heads, dimension))?.transpose(0, 1)?.contiguous()?)
        };
        let query = (heads(&self.query)? / (dimension as f64).sqrt())?;
        let attention = softmax_last_dim(&query.matmul(&heads(&self.key)?.t()?)?)?;
        let attended = attention.matmul(&heads(&self.value)?)?.transpose(0, 1)?.reshape((tokens, width))?;
        let stream = self.attention_norm.forward(&(stream + self.attention_output.forward(&attended)?)?)?;
        let fed = self.down.forward(&self.up.forward(&stream)?.gelu_erf()?)?;
        Ok(self.feed_norm.forward(&(stream + fed)?)?)
    }
}
