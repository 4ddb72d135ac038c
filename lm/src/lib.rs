//! Language models behind one trait: token ids in, next-token logits out.
//!
//! This crate knows nothing of watermarks. It loads a model ([`LlamaModel`], [`DemoModel`]) and its tokenizer
//! ([`Tokenizer`]), turns logits into a choice ([`Sampling`]) and runs many prompts as one batch ([`generate`]).
//! A watermark enters as a [`LogitsHook`], called between the model and the sampler.
