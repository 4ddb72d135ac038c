//! The scored paraphrase table of METEOR.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    ops::Range,
    path::{Path, PathBuf},
};

use flate2::read::MultiGzDecoder;
use greenmark_text::cache_folder;

use super::{NAME, is_usable};
use crate::AttackError;

const FILE: &str = "paraphrase-en.gz";
const SCRIPT: &str = "scripts/fetch-paraphrase-table.sh";

/// Returns the table's file in the folder that `scripts/fetch-paraphrase-table.sh` puts it into.
///
/// # Errors
/// [`AttackError::Unavailable`], with what to run.
pub(super) fn table_path() -> Result<PathBuf, AttackError> {
    let path = cache_folder().join(FILE);
    if path.is_file() {
        return Ok(path);
    }
    Err(unavailable(format!("the paraphrase table is not at {}: run `{SCRIPT}`", path.display())))
}

fn unavailable(reason: String) -> AttackError {
    AttackError::Unavailable { attack: NAME, reason }
}

/// Phrases and what may stand for them, in memory.
///
/// The file has three lines an entry: a probability, a phrase, another. It is read once, and those
/// entries are kept that are plain English by their letters, say the same in other content words,
/// and are probable enough: of METEOR's 5.27 million, 1.76 million at [`Table::LEAST`], with 12
/// bytes an entry beside its letters.
pub(crate) struct Table {
    least: f64,
    /// All phrases, one after the other.
    text: String,
    /// Phrases that have others, ascending, each with where its others begin.
    phrases: Vec<(Range<u32>, u32)>,
    others: Vec<(Range<u32>, f32)>,
    longest: usize,
}

impl Table {
    /// A usual least probability: below it most pairs are chance.
    pub(crate) const LEAST: f64 = 0.02;

    /// Reads the table that was fetched, or another in its format, gzipped or not.
    ///
    /// - `least`: the least probability of an entry that is kept.
    ///
    /// # Errors
    /// [`AttackError::Unavailable`] if there is none, with what fetches one, or in which line it is
    /// not one.
    pub(crate) fn load(path: Option<&Path>, least: f64) -> Result<Self, AttackError> {
        let path = path.map_or_else(table_path, |path| Ok(path.to_owned()))?;
        let failed =
            |error: &dyn std::fmt::Display| unavailable(format!("the paraphrase table {}: {error}", path.display()));
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => unavailable(format!(
                "there is no paraphrase table at {}: `{SCRIPT}` fetches one to {}, where it is looked for by default",
                path.display(),
                cache_folder().join(FILE).display()
            )),
            _ => failed(&error),
        })?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let is_gzipped = file.fill_buf().map_err(|error| failed(&error))?.starts_with(&[0x1f, 0x8b]);
        let source: Box<dyn Read> = if is_gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Self::read(BufReader::with_capacity(1 << 16, source), least).map_err(|reason| failed(&reason))
    }

    pub(super) fn read(mut source: impl BufRead, least: f64) -> Result<Self, String> {
        let mut table = Self { least, text: String::new(), phrases: Vec::new(), others: Vec::new(), longest: 0 };
        let mut is_ascending = true;
        let mut last = String::new();
        let mut lines = [Vec::new(), Vec::new(), Vec::new()];
        for entry in 0_usize.. {
            let mut count = 0;
            for line in &mut lines {
                line.clear();
                count += usize::from(source.read_until(b'\n', line).map_err(|error: io::Error| error.to_string())? > 0);
                while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
                    line.pop();
                }
            }
            match count {
                0 => break,
                3 => {}
                _ => return Err(format!("it breaks off in line {}", 3 * entry + count)),
            }
            let [probability, phrase, other] = [&lines[0], &lines[1], &lines[2]].map(|line| std::str::from_utf8(line));
            let probability = probability.ok().and_then(|text| text.parse::<f64>().ok());
            let Some(probability) = probability else { return Err(format!("line {}: no probability", 3 * entry + 1)) };
            let (Ok(phrase), Ok(other)) = (phrase, other) else { continue };
            if probability < least || !is_usable(phrase, other) {
                continue;
            }
            if phrase != last || table.phrases.is_empty() {
                is_ascending &= table.phrases.is_empty() || *last < *phrase;
                phrase.clone_into(&mut last);
                let first = u32::try_from(table.others.len()).map_err(|_| "it has too many entries")?;
                let place = table.keep(phrase)?;
                table.phrases.push((place, first));
                table.longest = table.longest.max(phrase.split(' ').count());
            }
            let place = table.keep(other)?;
            table.others.push((place, probability as f32));
        }
        if !is_ascending {
            return Err("its phrases are not in ascending order".into());
        }
        table.text.shrink_to_fit();
        table.others.shrink_to_fit();
        Ok(table)
    }

    fn keep(&mut self, phrase: &str) -> Result<Range<u32>, String> {
        let end = |text: &str| u32::try_from(text.len()).map_err(|_| "it is larger than 4 GiB");
        let begin = end(&self.text)?;
        self.text += phrase;
        Ok(begin..end(&self.text)?)
    }

    fn phrase(&self, place: &Range<u32>) -> &str {
        &self.text[place.start as usize..place.end as usize]
    }

    /// Returns the least probability of its entries.
    pub(super) fn least(&self) -> f64 {
        self.least
    }

    /// Words of its longest phrase.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Returns the number of entries.
    pub(crate) fn len(&self) -> usize {
        self.others.len()
    }

    fn find(&self, phrase: &str) -> Option<usize> {
        self.phrases.binary_search_by(|(place, _)| self.phrase(place).cmp(phrase)).ok()
    }

    /// Returns true if the table has paraphrases of a phrase, which is in small letters and has
    /// single blanks.
    pub(super) fn has(&self, phrase: &str) -> bool {
        self.find(phrase).is_some()
    }

    /// Returns the paraphrases of a phrase with their probabilities, the most probable first.
    pub(super) fn others(&self, phrase: &str) -> Vec<(&str, f32)> {
        let Some(at) = self.find(phrase) else { return Vec::new() };
        let end = self.phrases.get(at + 1).map_or(self.others.len(), |(_, next)| *next as usize);
        let others = &self.others[self.phrases[at].1 as usize..end];
        let mut others: Vec<_> = others.iter().map(|(place, p)| (self.phrase(place), *p)).collect();
        others.sort_by(|a, b| b.1.total_cmp(&a.1));
        others
    }
}
