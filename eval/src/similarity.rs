//! Similarity in meaning of two texts, by a sentence encoder.

mod encoder;

use std::path::Path;

use anyhow::{Context, Result};
use greenmark_lm::TokenId;
use greenmark_text::{Tokenizer, cache_folder};
use rayon::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

use self::encoder::Encoder;

/// Tokens that the encoder reads at once, the two that frame them included: what it was trained
/// for.
const LONGEST: usize = 256;

/// The folder that `scripts/fetch-minilm.sh` makes in the cache, and what makes it.
const FOLDER: &str = "all-MiniLM-L6-v2";
const REMEDY: &str = "scripts/fetch-minilm.sh";

/// Makes a vector of a text such that texts alike in meaning have vectors alike: all-MiniLM-L6-v2,
/// or another encoder of its kind (BERT, the mean over tokens).
///
/// A text of up to 254 word pieces has the vector that sentence-transformers gives it. A longer
/// one, which that cuts off, is read in parts: sentences (UAX #29) packed up to the limit, a longer
/// sentence cut where it is reached; its vector is the mean over the tokens of all parts. What a
/// sentence means then depends on its own part alone, and one word more can move the sentences
/// after it into the next part.
///
/// It is no judge of truth or of reading: a sentence and its negation are much alike (0.77), a
/// sentence whose letters are swapped falls into pieces and is like another one altogether (0.08;
/// both in the tests). It knows English, in lower case.
///
/// Reimers & Gurevych 2019 (arXiv:1908.10084); Wang et al. 2020 (arXiv:2002.10957).
///
/// ```no_run
/// use greenmark_eval::similarity::SentenceEncoder;
///
/// let encoder = SentenceEncoder::from_cache()?;
/// let fox = "A fox met a bear by the river.";
/// let pairs =
///     [(fox, "A bear was met by a fox at the riverside."), (fox, "The central bank raised interest rates again.")];
/// let similarity = encoder.similarity(&pairs)?;
/// assert!(similarity[0] > 0.8 && similarity[1] < 0.1);
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Debug)]
pub struct SentenceEncoder {
    tokenizer: Tokenizer,
    encoder: Encoder,
    /// Tokens before a text and after it.
    frame: [TokenId; 2],
}

impl SentenceEncoder {
    /// Reads a model from a folder with `config.json`, `tokenizer.json` and `model.safetensors`.
    ///
    /// # Errors
    /// A fault in a file, with its name.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let file = folder.join("tokenizer.json");
        let tokenizer = Tokenizer::from_file(&file)?;
        let id = |token| tokenizer.token_id(token).with_context(|| format!("{}: no token {token}", file.display()));
        let frame = [id("[CLS]")?, id("[SEP]")?];
        Ok(Self { encoder: Encoder::load(folder, LONGEST)?, tokenizer, frame })
    }

    /// Reads all-MiniLM-L6-v2 from the cache of models.
    ///
    /// # Errors
    /// As [`load`](Self::load); where there is none, the command that fetches it.
    pub fn from_cache() -> Result<Self> {
        let folder = cache_folder().join(FOLDER);
        anyhow::ensure!(folder.is_dir(), "MiniLM is not at {}: run `{REMEDY}`", folder.display());
        Self::load(folder)
    }

    /// Returns the vectors of some texts, each of length 1; an empty text has one too. Texts are
    /// spread over the threads of rayon.
    ///
    /// # Errors
    /// A text longer than 4 GiB.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        let embed = |(index, text): (usize, &&str)| self.vector(text).with_context(|| format!("text {index}"));
        texts.par_iter().enumerate().map(embed).collect()
    }

    /// For each pair of texts the [`cosine`] of their vectors: 1 for the same text, about 0 for
    /// texts that have nothing to do with each other, and seldom below.
    ///
    /// # Errors
    /// As [`embed`](Self::embed).
    pub fn similarity(&self, pairs: &[(&str, &str)]) -> Result<Vec<f64>> {
        let texts: Vec<&str> = pairs.iter().flat_map(|&(before, after)| [before, after]).collect();
        let vectors = self.embed(&texts)?;
        Ok(vectors.as_chunks::<2>().0.iter().map(|[before, after]| cosine(before, after)).collect())
    }

    fn vector(&self, text: &str) -> Result<Vec<f32>> {
        let mut sum = vec![0.0; self.encoder.width()];
        for part in self.parts(text)? {
            let [first, last] = self.frame;
            let ids = [&[first], &part[..], &[last]].concat();
            for (sum, value) in sum.iter_mut().zip(self.encoder.sum(&ids)?) {
                *sum += value;
            }
        }
        // The mean over tokens has the same direction.
        let length = sum.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        Ok(sum.into_iter().map(|v| (f64::from(v) / length) as f32).collect())
    }

    /// Returns the word pieces of a text, at most as many together as the encoder reads at once.
    fn parts(&self, text: &str) -> Result<Vec<Vec<TokenId>>> {
        let room = LONGEST - self.frame.len();
        let whole = self.tokenizer.encode(text)?;
        if whole.len() <= room {
            return Ok(vec![whole]);
        }
        let mut parts: Vec<Vec<TokenId>> = vec![Vec::new()];
        for sentence in text.split_sentence_bounds() {
            for ids in self.tokenizer.encode(sentence)?.chunks(room) {
                match parts.last_mut() {
                    Some(part) if part.len() + ids.len() <= room => part.extend_from_slice(ids),
                    _ => parts.push(ids.to_vec()),
                }
            }
        }
        Ok(parts)
    }
}

/// Returns the cosine of the angle between two vectors of one length, neither of them 0: in [−1,
/// 1].
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests;
