//! Normalised texts: without the invisible characters, look-alike letters, odd spaces and
//! typographic punctuation that change ids; and the place in the raw text of each part. SPEC §9.5.

mod look_alikes;

use core::{iter, ops::Range};
use std::borrow::Cow;

use unicode_normalization::{
    IsNormalized, UnicodeNormalization,
    char::{canonical_combining_class, decompose_compatible},
    is_nfc_quick,
};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use self::look_alikes::{look_alike, plain};

/// A normalised text, and the place in the raw text that each part of it came from. Made by
/// [`normalise`].
#[derive(Debug, Clone)]
pub struct Normalised<'a> {
    text: Cow<'a, str>,
    raw_len: usize,
    /// The groups that were changed, in order. What lies between two of them was copied.
    runs: Vec<Run>,
}

/// Several groups in a row that were changed, and have the same lengths. Positions and lengths are
/// in bytes.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Start of the first group in the normalised text, in bytes, and the length of each group
    /// there.
    normal: usize,
    normal_unit: usize,
    /// The same in the raw text.
    raw: usize,
    raw_unit: usize,
    count: usize,
}

impl Run {
    fn normal_end(&self) -> usize {
        self.normal + self.count * self.normal_unit
    }

    fn raw_end(&self) -> usize {
        self.raw + self.count * self.raw_unit
    }
}

impl Normalised<'_> {
    /// Returns the normalised text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns true if it differs from the raw text. Where it doesn't, there is no second version
    /// to look at, and none to pay for.
    pub fn is_changed(&self) -> bool {
        !self.runs.is_empty()
    }

    /// Returns the bytes of the raw text that a range of bytes of the normalised text came from.
    ///
    /// The result covers whole groups where the text was changed, and whole characters elsewhere.
    /// An empty range gives the empty range at the start of its place. A range beyond the text
    /// is cut off at its end.
    pub fn raw_range(&self, range: Range<usize>) -> Range<usize> {
        let start = self.raw_start(range.start);
        start..if range.end > range.start { self.raw_end(range.end).max(start) } else { start }
    }

    /// Returns the start of the group that holds the byte at `at`.
    fn raw_start(&self, at: usize) -> usize {
        if at >= self.text.len() {
            return self.raw_len;
        }
        match self.run_before(at) {
            Some(run) if at < run.normal_end() => run.raw + (at - run.normal) / run.normal_unit * run.raw_unit,
            run => copied(run, self.text.floor_char_boundary(at)),
        }
    }

    /// Returns the end of the group that holds the byte before `at`, which is above 0.
    fn raw_end(&self, at: usize) -> usize {
        if at >= self.text.len() {
            return self.raw_len;
        }
        match self.run_before(at - 1) {
            Some(run) if at <= run.normal_end() => run.raw + (at - run.normal).div_ceil(run.normal_unit) * run.raw_unit,
            run => copied(run, self.text.ceil_char_boundary(at)),
        }
    }

    /// Returns the last run that begins at a byte or before it.
    fn run_before(&self, at: usize) -> Option<&Run> {
        self.runs[..self.runs.partition_point(|run| run.normal <= at)].last()
    }
}

/// Returns the place in the raw text of a place that was copied, after the given run.
fn copied(run: Option<&Run>, at: usize) -> usize {
    run.map_or(at, |run| at - run.normal_end() + run.raw_end())
}

/// Normalises a text: removes or replaces what changes its ids but not its look, which is invisible
/// characters, compatibility forms, look-alike letters, odd spaces, typographic quotation marks and
/// dashes.
///
/// A pure function of the text, and idempotent. ASCII is never changed, nor is a line ending or a
/// tab lost. A letter of another script becomes the ASCII letter that it looks like only in a word
/// that holds an ASCII letter; in a text that is mainly ASCII letters, also in a word in which
/// every letter looks like one. Greek and Russian texts stay as they are. If nothing is changed,
/// the text is borrowed.
///
/// Time grows with the text, whatever it holds.
///
/// ```
/// // A zero-width space, a Cyrillic o, a no-break space, an "fi" in one character, an apostrophe.
/// let normal = greenmark::normalise("h\u{200b}ell\u{43e},\u{a0}\u{fb01}refly\u{2019}s");
/// assert_eq!(normal.text(), "hello, firefly's");
/// assert!(normal.is_changed());
/// assert_eq!(normal.raw_range(0..5), 0..9); // "h\u{200b}ell\u{43e}"
/// ```
///
/// SPEC §9.5.
pub fn normalise(text: &str) -> Normalised<'_> {
    let mut writer = Writer { text, normal: String::new(), copied: 0, runs: Vec::new() };
    let mut is_latin = None;
    let mut word = Word::default();
    let mut group = Vec::new();
    let mut composed = String::new();
    let mut at = 0;
    while at < text.len() {
        // The last of some ASCII characters may have a mark behind it.
        let ascii = ascii_len(&text.as_bytes()[at..]);
        if at + ascii == text.len() {
            break;
        }
        if ascii > 1 {
            at += ascii - 1;
            word.push(char::from(text.as_bytes()[at - 1]));
        }

        let end = group_end(text, at);
        let raw = &text[at..end];
        group.clear();
        let mut chars = raw.chars();
        match (chars.next(), chars.next()) {
            // Most groups are of one character, whose decomposition is in order.
            (Some(c), None) if !is_ignorable(c) => decompose_compatible(c, |c| group.push(c)),
            _ => group.extend(decomposed(raw)),
        }
        for index in 0..group.len() {
            let c = group[index];
            if let Some(ascii) = look_alike(c) {
                let rest = || group[index + 1..].iter().copied().chain(decomposed(&text[end..]));
                if word.is_folded(rest, || *is_latin.get_or_insert_with(|| is_mainly_latin(text))) {
                    group[index] = ascii;
                }
            } else if let Some(ascii) = plain(c) {
                group[index] = ascii;
            }
            word.push(c);
        }
        composed.clear();
        match group[..] {
            [c] => composed.push(c),
            _ => composed.extend(group.iter().copied().nfc()),
        }
        if composed != raw {
            writer.replace(at..end, &composed);
        }
        at = end;
    }
    writer.finish()
}

/// The normalised text as it grows: changed groups, and what lay between them.
struct Writer<'a> {
    text: &'a str,
    normal: String,
    /// Bytes of the text that the normalised text covers so far.
    copied: usize,
    runs: Vec<Run>,
}

impl<'a> Writer<'a> {
    /// Writes another text in place of a group, after the text that was passed over since the last
    /// group.
    fn replace(&mut self, group: Range<usize>, with: &str) {
        self.normal.push_str(&self.text[self.copied..group.start]);
        let (normal, normal_unit, raw, raw_unit) = (self.normal.len(), with.len(), group.start, group.len());
        self.normal.push_str(with);
        self.copied = group.end;
        match self.runs.last_mut() {
            Some(run)
                if (run.normal_end(), run.raw_end()) == (normal, raw)
                    && (run.normal_unit, run.raw_unit) == (normal_unit, raw_unit) =>
            {
                run.count += 1;
            }
            _ => self.runs.push(Run { normal, normal_unit, raw, raw_unit, count: 1 }),
        }
    }

    fn finish(mut self) -> Normalised<'a> {
        let text = if self.runs.is_empty() {
            Cow::Borrowed(self.text)
        } else {
            self.normal.push_str(&self.text[self.copied..]);
            Cow::Owned(self.normal)
        };
        Normalised { text, raw_len: self.text.len(), runs: self.runs }
    }
}

/// Returns the number of ASCII characters at the start.
fn ascii_len(bytes: &[u8]) -> usize {
    const CHUNK: usize = 32;
    let chunks = bytes.chunks_exact(CHUNK).take_while(|chunk| chunk.is_ascii()).count() * CHUNK;
    chunks + bytes[chunks..].iter().take_while(|byte| byte.is_ascii()).count()
}

/// Returns the end of the group that begins at `at`. SPEC §9.5 step 2.
fn group_end(text: &str, at: usize) -> usize {
    let mut begun = false;
    for (offset, c) in text[at..].char_indices() {
        if !is_ignorable(c) {
            if begun && is_starting(c) {
                return at + offset;
            }
            begun = true;
        }
    }
    text.len()
}

/// Returns true if a character is independent of those before it: its decomposition
/// begins with one that neither moves nor composes.
fn is_starting(c: char) -> bool {
    if c.is_ascii() {
        return true;
    }
    let mut first = None;
    decompose_compatible(c, |part| {
        first.get_or_insert(part);
    });
    first.is_some_and(|c| canonical_combining_class(c) == 0 && is_nfc_quick(iter::once(c)) != IsNormalized::Maybe)
}

/// Returns the characters of a text without the ignorable ones, in the form NFKD.
fn decomposed(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|&c| !is_ignorable(c)).nfkd()
}

/// Role of a character in words, which are made of letters and marks.
enum Kind {
    Letter,
    Mark,
    Other,
}

fn kind(c: char) -> Kind {
    if c.is_ascii() {
        return if c.is_ascii_alphabetic() { Kind::Letter } else { Kind::Other };
    }
    match c.general_category_group() {
        GeneralCategoryGroup::Letter => Kind::Letter,
        GeneralCategoryGroup::Mark => Kind::Mark,
        _ => Kind::Other,
    }
}

/// State of the word that the characters so far end in.
#[derive(Default)]
struct Word {
    /// True if it holds an ASCII letter.
    ascii: bool,
    /// True if it holds a letter that is neither ASCII nor a look-alike.
    other: bool,
    /// True if its look-alikes are folded; `None` until that is needed.
    folded: Option<bool>,
}

impl Word {
    fn push(&mut self, c: char) {
        if c.is_ascii_alphabetic() {
            *self = Self { ascii: true, ..Self::default() };
            return;
        }
        match kind(c) {
            Kind::Letter => self.other |= look_alike(c).is_none(),
            Kind::Mark => {}
            Kind::Other => *self = Self::default(),
        }
    }

    /// Returns true if the word's look-alikes are folded, of which the next character is one.
    /// SPEC §9.5 step 4.
    ///
    /// - `rest`: all that follows the next character.
    /// - `is_latin`: returns true if the text is mainly ASCII letters.
    fn is_folded<R: Iterator<Item = char>>(
        &mut self,
        rest: impl FnOnce() -> R,
        is_latin: impl FnOnce() -> bool,
    ) -> bool {
        let (ascii, mut other) = (self.ascii, self.other);
        *self.folded.get_or_insert_with(|| {
            if ascii {
                return true;
            }
            for c in rest() {
                match kind(c) {
                    Kind::Letter if c.is_ascii() => return true,
                    Kind::Letter => other |= look_alike(c).is_none(),
                    Kind::Mark => {}
                    Kind::Other => break,
                }
            }
            !other && is_latin()
        })
    }
}

/// Returns true if more than half of the letters are ASCII, once the words that hold some are
/// folded. SPEC §9.5 step 4.
fn is_mainly_latin(text: &str) -> bool {
    let (mut letters, mut latin) = (0usize, 0usize);
    // Of the word so far.
    let (mut ascii, mut look_alikes) = (0, 0);
    for c in decomposed(text).chain(iter::once(' ')) {
        match kind(c) {
            Kind::Letter if c.is_ascii() => ascii += 1,
            Kind::Letter if look_alike(c).is_some() => look_alikes += 1,
            Kind::Letter => letters += 1,
            Kind::Mark => {}
            Kind::Other => {
                latin += if ascii > 0 { ascii + look_alikes } else { 0 };
                letters += ascii + look_alikes;
                (ascii, look_alikes) = (0, 0);
            }
        }
    }
    letters < 2 * latin
}

/// Returns true if a character has the property Default_Ignorable_Code_Point: it is invisible,
/// whatever the font.
///
/// Unicode 18, DerivedCoreProperties.txt (UAX #44). Blocks are reserved for such characters, so
/// later versions seldom add any.
fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        normalise(text).text().to_owned()
    }

    #[test]
    fn what_needs_no_change_is_borrowed() {
        for text in
            ["", "plain\r\n\ttext", "caf\u{e9} \u{2014} \u{4e2d}\u{6587} \u{d55c}\u{ad6d}", "q\u{323}\u{301}\u{301}"]
        {
            let normal = normalise(text);
            assert!(matches!(normal.text, Cow::Borrowed(_)) && !normal.is_changed(), "{text:?}");
            assert_eq!(normal.raw_range(0..text.len()), 0..text.len());
        }
    }

    #[test]
    fn a_letter_is_folded_where_its_word_is_latin() {
        for (text, expected) in [
            ("w\u{43e}rd", "word"),
            // A word of look-alikes alone, in a Latin text and outside of one.
            ("a word \u{441}\u{43e}\u{440}\u{435} of it", "a word cope of it"),
            ("\u{441}\u{43e}\u{440}\u{435}", "\u{441}\u{43e}\u{440}\u{435}"),
            // A foreign word in a Latin text: the m and the k are not look-alikes.
            (
                "the word \u{43c}\u{43e}\u{43b}\u{43e}\u{43a}\u{43e} is",
                "the word \u{43c}\u{43e}\u{43b}\u{43e}\u{43a}\u{43e} is",
            ),
            // One within a word that is otherwise Latin is left, and the rest of the word is not.
            ("\u{43a}n\u{43e}w", "\u{43a}now"),
            // Exactly half is not more than half: two of four.
            ("ab \u{441}\u{43e}", "ab \u{441}\u{43e}"),
            ("abc \u{441}\u{43e}", "abc co"),
            // Seen through marks and ignorable characters.
            ("\u{441}\u{301}\u{200b}\u{435}\u{308}n", "\u{107}\u{eb}n"),
            ("\u{451}t\u{451}", "\u{eb}t\u{eb}"),
            ("I\u{307}\u{131}\u{df}\u{f8}", "\u{130}\u{131}\u{df}\u{f8}"),
            ("iPhone\u{c744}", "iPhone\u{c744}"),
        ] {
            assert_eq!(of(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_capital_that_looks_like_l_is_an_i() {
        assert_eq!(of("\u{406}t \u{399}s \u{4c0} \u{4cf}ess"), "It Is I less");
        // What counts is the look: these capitals look like small letters.
        assert_eq!(of("\u{42c}e\u{4ba}ind"), "behind");
    }

    #[test]
    fn ranges_are_of_whole_groups() {
        // Three bytes each for two full-width letters, one run; a copied stretch; e, acute and a
        // joiner behind it.
        let raw = "\u{ff48}\u{ff49} \u{e9}!e\u{301}\u{200d}.";
        let normal = normalise(raw);
        assert_eq!(normal.text(), "hi \u{e9}!\u{e9}.");
        assert_eq!(normal.runs.len(), 2);
        for (range, expected) in [
            (0..1, 0..3),
            (1..2, 3..6),
            (1..3, 3..7),
            (3..4, 7..9), // half an é that was copied
            (4..5, 7..9),
            (5..6, 9..10),
            (6..7, 10..16), // half an é that was composed
            (7..9, 10..17),
            (8..9, 16..17),
            (8..8, 16..16),
            (9..9, 17..17),
            (5..usize::MAX, 9..17),
            (90..99, 17..17),
        ] {
            assert_eq!(normal.raw_range(range.clone()), expected, "{range:?}");
        }
        #[expect(clippy::reversed_empty_ranges, reason = "nobody is to be made to panic by one")]
        let reversed = normal.raw_range(4..1);
        assert_eq!(reversed, 7..7);
    }

    #[test]
    fn nothing_but_ignorable_characters_leaves_nothing() {
        let normal = normalise("\u{feff}\u{200b}");
        assert!(normal.is_changed());
        assert_eq!((normal.text(), normal.raw_range(0..1)), ("", 6..6));
        // At the start they belong to what follows, elsewhere to what is before.
        assert_eq!(normalise("\u{feff}ab\u{200b}").raw_range(0..1), 0..4);
        assert_eq!(normalise("\u{feff}ab\u{200b}").raw_range(1..2), 4..8);
    }
}
