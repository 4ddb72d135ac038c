//! WordNet's files: which words share a sense, and how often texts use a word in it.
//!
//! The formats are those of wndb(5WN) and cntlist(5WN), WordNet 3.0. The crates that read them were
//! looked at: `wordnet-db` 0.1.3 takes 1.1 s and 200 MB, keeps glosses and pointers that nothing
//! here asks for, and finds no counts in Debian's `cntlist.rev`.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::Path,
};

/// A part of speech.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Pos {
    Noun,
    Verb,
    Adjective,
    Adverb,
}

impl Pos {
    pub(super) const ALL: [Self; 4] = [Self::Noun, Self::Verb, Self::Adjective, Self::Adverb];

    /// Returns the ending of its files' names.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Noun => "noun",
            Self::Verb => "verb",
            Self::Adjective => "adj",
            Self::Adverb => "adv",
        }
    }
}

/// A word in one of its senses.
#[derive(Debug, Clone, Copy)]
struct Sense {
    /// Offset of the words that share it, in its file.
    synset: u32,
    /// Occurrences of the word in this sense in tagged texts.
    count: u32,
}

#[derive(Default)]
pub(super) struct WordNet {
    version: String,
    /// Senses of words in small letters, the most frequent first.
    senses: HashMap<(Pos, Box<str>), Vec<Sense>>,
    /// Words that share a sense, as they are written; alone ones are left out.
    synsets: HashMap<(Pos, u32), Box<[Box<str>]>>,
    /// Words that are also written with a capital.
    capitals: HashSet<Box<str>>,
    /// Words that begin or end a lemma of several words, and the lemmas of two.
    pairs: HashSet<Box<str>>,
    /// Irregular forms and what they are forms of, in the order of the files.
    exceptions: HashMap<(Pos, Box<str>), Vec<Box<str>>>,
    irregular: HashMap<(Pos, Box<str>), Vec<Box<str>>>,
}

impl WordNet {
    /// # Errors
    /// Which file cannot be read, or in which line it is not WordNet's.
    pub(super) fn load(folder: &Path) -> Result<Self, String> {
        let mut wordnet = Self { version: version(folder)?, ..Self::default() };
        for pos in Pos::ALL {
            let suffix = pos.suffix();
            each_line(folder, &format!("index.{suffix}"), |line| wordnet.index(pos, line))?;
            each_line(folder, &format!("data.{suffix}"), |line| wordnet.data(pos, line))?;
            each_line(folder, &format!("{suffix}.exc"), |line| wordnet.exception(pos, line))?;
        }
        each_line(folder, "cntlist.rev", |line| wordnet.count(line))?;
        Ok(wordnet)
    }

    /// lemma pos synset_cnt p_cnt [ptr_symbol…] sense_cnt tagsense_cnt synset_offset…
    fn index(&mut self, pos: Pos, line: &str) -> Option<()> {
        let mut fields = line.split(' ').filter(|field| !field.is_empty());
        let (lemma, _) = (fields.next()?, fields.next()?);
        let senses: usize = fields.next()?.parse().ok()?;
        let pointers: usize = fields.next()?.parse().ok()?;
        let offsets =
            fields.skip(pointers + 2).map(|offset| offset.parse().ok().map(|synset| Sense { synset, count: 0 }));
        let offsets = offsets.collect::<Option<Vec<_>>>()?;
        if lemma.bytes().filter(|&byte| byte == b'_').count() == 1 {
            self.pairs.insert(lemma.into());
        }
        (offsets.len() == senses).then(|| drop(self.senses.insert((pos, lemma.into()), offsets)))
    }

    /// synset_offset lex_filenum ss_type w_cnt word lex_id [word lex_id…] …
    fn data(&mut self, pos: Pos, line: &str) -> Option<()> {
        let mut fields = line.split(' ');
        let (synset, count) = (fields.next()?.parse().ok()?, fields.nth(2)?);
        let count = usize::from_str_radix(count, 16).ok()?;
        let words: Vec<Box<str>> = fields.step_by(2).take(count).map(Box::from).collect();
        for word in words.iter().filter(|word| word.contains(char::is_uppercase)) {
            self.capitals.insert(word.to_lowercase().into());
        }
        let is_whole = words.len() == count && count > 0;
        if count > 1 {
            self.synsets.insert((pos, synset), words.into());
        }
        is_whole.then_some(())
    }

    /// form lemma [lemma…]
    fn exception(&mut self, pos: Pos, line: &str) -> Option<()> {
        let (form, lemmas) = line.split_once(' ')?;
        for lemma in lemmas.split_whitespace() {
            self.exceptions.entry((pos, form.into())).or_default().push(lemma.into());
            self.irregular.entry((pos, lemma.into())).or_default().push(form.into());
        }
        Some(())
    }

    /// lemma%ss_type:lex_filenum:lex_id:head_word:head_id sense_number tag_cnt
    fn count(&mut self, line: &str) -> Option<()> {
        let (key, numbers) = line.split_once(' ')?;
        let (number, count) = numbers.split_once(' ')?;
        let (lemma, key) = key.rsplit_once('%')?;
        let pos = match key.as_bytes().first()? {
            b'1' => Pos::Noun,
            b'2' => Pos::Verb,
            b'3' | b'5' => Pos::Adjective,
            b'4' => Pos::Adverb,
            _ => return None,
        };
        let (number, count): (usize, u32) = (number.parse().ok()?, count.trim().parse().ok()?);
        // A few keys count senses that the index does not have.
        if let Some(senses) = self.senses.get_mut(&(pos, lemma.into()))
            && let Some(sense) = number.checked_sub(1).and_then(|at| senses.get_mut(at))
        {
            sense.count = count;
        }
        Some(())
    }

    fn senses(&self, pos: Pos, lemma: &str) -> &[Sense] {
        self.senses.get(&(pos, lemma.into())).map_or(&[], Vec::as_slice)
    }

    /// Returns true if it is a word of its own.
    pub(super) fn knows(&self, pos: Pos, lemma: &str) -> bool {
        self.senses.contains_key(&(pos, lemma.into()))
    }

    /// Returns its occurrences in tagged texts, in any sense.
    pub(super) fn frequency(&self, pos: Pos, lemma: &str) -> u32 {
        self.senses(pos, lemma).iter().map(|sense| sense.count).sum()
    }

    /// Returns true if it may be a name.
    pub(super) fn has_capital(&self, lemma: &str) -> bool {
        self.capitals.contains(lemma)
    }

    /// Returns true if two words together are a lemma, as “ice cream” and “give up” are.
    pub(super) fn is_pair(&self, first: &str, second: &str) -> bool {
        self.pairs.contains(&*format!("{first}_{second}"))
    }

    /// Returns the lemmas of an irregular form.
    pub(super) fn lemmas_of(&self, pos: Pos, form: &str) -> &[Box<str>] {
        self.exceptions.get(&(pos, form.into())).map_or(&[], Vec::as_slice)
    }

    /// Irregular forms of a lemma.
    pub(super) fn irregular(&self, pos: Pos, lemma: &str) -> &[Box<str>] {
        self.irregular.get(&(pos, lemma.into())).map_or(&[], Vec::as_slice)
    }

    /// Words that share the most frequent sense of a lemma, with how often tagged texts have each
    /// in it, at least once: single words in small letters, not bound to a place in the
    /// sentence, and no plurals by nature as “bounds” is.
    pub(super) fn synonyms(&self, pos: Pos, lemma: &str) -> Vec<(&str, u32)> {
        let Some(first) = self.senses(pos, lemma).first() else { return Vec::new() };
        let Some(words) = self.synsets.get(&(pos, first.synset)) else { return Vec::new() };
        let is_plain = |word: &str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_plural = |word: &str| {
            pos == Pos::Noun && word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end))
        };
        let others = words.iter().filter(|word| &***word != lemma && is_plain(word) && !is_plural(word));
        let counted = others.filter_map(|word| {
            let sense = self.senses(pos, word).iter().find(|sense| sense.synset == first.synset)?;
            (sense.count > 0).then_some((&**word, sense.count))
        });
        counted.collect()
    }

    /// As the files name it, as "3.0".
    pub(super) fn version(&self) -> &str {
        &self.version
    }
}

/// Hands every line of a file over, but those of its licence, which begin with a blank.
fn each_line(folder: &Path, name: &str, mut take: impl FnMut(&str) -> Option<()>) -> Result<(), String> {
    let file = folder.join(name);
    let text = read(&file)?;
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with(' ') && !line.is_empty()) {
        take(line).ok_or_else(|| format!("{}, line {}: not as WordNet 3.0 has it", file.display(), at + 1))?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => format!("{}: not valid UTF-8", file.display()),
        _ => format!("{}: {error}", file.display()),
    })
}

/// The licence, which begins every file of the database, names it.
fn version(folder: &Path) -> Result<String, String> {
    let file = folder.join("data.adv");
    let text = read(&file)?;
    let mut named = text.split("WordNet ").skip(1).filter_map(|rest| rest.split_once(" Copyright"));
    let version = named.next().map(|(version, _)| version.to_owned()).filter(|version| version.len() < 10);
    version.ok_or_else(|| format!("{}: not a file of WordNet", file.display()))
}
