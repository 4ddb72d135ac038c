//! The normaliser: properties over arbitrary text, and attacks undone. SPEC §9.5.

use greenmark::normalise;
use proptest::{collection::vec, prelude::*, sample::select};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};
use unicode_security::confusable_detection::skeleton;

const ENGLISH: &str = "\"It's a well-known fact,\" Eve said - twice. In May 1999 Zoe's boat (No. 7) left Oxford;\r\n\tHer \
                       crew spoke a few words only, yet Quebec, Fiji and Xi'an were on the map: they knew.\nLook: a & b < c.\n";

/// Pieces that have to do with each other: letters and their look-alikes, marks, jamo, emoji and
/// joiners, odd spaces.
fn piece() -> impl Strategy<Value = String> {
    let telling = "aeoIl \n\t\r.'-<\u{e9}\u{430}\u{435}\u{43e}\u{456}\u{406}\u{43c}\u{439}\u{451}\u{3bf}\u{3b9}\u{390}\u{131}\u{130}\u{df}\u{17f}\
                   \u{300}\u{301}\u{308}\u{323}\u{327}\u{338}\u{345}\u{34f}\u{302e}\u{3099}\u{200b}\u{200d}\u{ad}\u{feff}\u{fe0f}\u{202e}\u{e0041}\
                   \u{1100}\u{1161}\u{11a8}\u{11bc}\u{ac00}\u{c744}\u{3164}\u{ffa0}\u{304b}\u{304c}\u{ff76}\u{ff9e}\u{4e2d}\u{2f00}\
                   \u{915}\u{93c}\u{94d}\u{958}\u{9c7}\u{9be}\u{1025}\u{102e}\u{fb01}\u{fdfa}\u{a8}\u{b4}\u{bd}\u{2026}\u{2011}\u{2013}\u{2014}\
                   \u{2018}\u{201d}\u{a0}\u{2009}\u{3000}\u{1680}\u{2028}\u{2029}\u{85}\u{212b}\u{1d15e}\u{1d400}\u{1d5ba}\u{1f469}\u{1f3fd}\u{24b6}";
    prop_oneof![
        8 => select(telling.chars().collect::<Vec<_>>()).prop_map(String::from),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z]{1,9} ?",
        1 => "[\u{400}-\u{45f}]{1,6}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn twice_is_once(text in text()) {
        let once = normalise(&text);
        prop_assert_eq!(once.is_changed(), once.text() != text);
        let twice = normalise(once.text());
        prop_assert!(!twice.is_changed(), "{:?} becomes {:?}", once.text(), twice.text());
    }

    /// Without letters to fold and punctuation to make plain, what is left of it is NFKC of what is not ignorable.
    #[test]
    fn groups_add_up_to_nfkc(text in text()) {
        // Letters fold only where there are ASCII letters, so these go; and what step 5 knows goes too.
        let is_plain = |c: &char| matches!(c, '\u{1680}' | '\u{2028}'..='\u{2029}' | '\u{2010}'..='\u{2013}' | '\u{2018}'..='\u{201f}');
        let text: String = text
            .chars()
            .filter(|c| !std::iter::once(*c).nfkd().any(|c| c.is_ascii_alphabetic() || is_plain(&c)))
            .collect();
        // A character that comes to nothing is an ignorable one.
        let seen: String = text.chars().filter(|c| !normalise(&c.to_string()).text().is_empty()).collect();
        let normal = normalise(&text);
        prop_assert_eq!(normal.text(), seen.nfkc().collect::<String>());
    }

    #[test]
    fn ranges_lie_in_the_raw_text(text in text(), cuts in vec(0..200usize, 2..12)) {
        let normal = normalise(&text);
        let mut cuts = cuts;
        cuts.sort_unstable();
        let mut last = 0..0;
        for pair in cuts.windows(2) {
            let range = normal.raw_range(pair[0]..pair[1]);
            prop_assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
            prop_assert!(last.start <= range.start && last.end <= range.end.max(last.end));
            if pair[0] < pair[1] {
                prop_assert!(last.end <= range.end);
                // Nothing of the text is left out between neighbours that are not empty.
                if !last.is_empty() && pair[0] < normal.text().len() {
                    prop_assert!(range.start <= last.end);
                }
                last = range;
            }
        }
        prop_assert_eq!(normal.raw_range(0..normal.text().len()).end, text.len());
        if !normal.is_changed() {
            for (at, c) in text.char_indices() {
                prop_assert_eq!(normal.raw_range(at..at + c.len_utf8()), at..at + c.len_utf8());
            }
        }
    }

    /// The raw text of a range that covers whole groups normalises to the range.
    #[test]
    fn a_raw_range_normalises_to_its_range(text in text(), from in 0..60usize, len in 1..60usize) {
        // So that part and whole are both mainly Latin, and every word holds an ASCII letter or none of it does.
        let latin = format!("{} ", "a".repeat(600));
        let whole = format!("{latin}{text}");
        let normal = normalise(&whole);
        // Whole groups, and whole words, for a word's other half may hold its only ASCII letter.
        let in_word = |c: Option<char>| {
            let group = c.map(UnicodeGeneralCategory::general_category_group);
            matches!(group, Some(GeneralCategoryGroup::Letter | GeneralCategoryGroup::Mark))
        };
        let is_cut = |at: &usize| {
            let Some((before, after)) = normal.text().split_at_checked(*at) else { return false };
            normal.raw_range(0..*at).end == normal.raw_range(*at..*at + 1).start
                && !(in_word(before.chars().next_back()) && in_word(after.chars().next()))
        };
        let cut = |place: usize| (latin.len() + place..normal.text().len()).find(is_cut).unwrap_or(normal.text().len());
        let (from, to) = (cut(from), cut(from + len));
        let raw = normal.raw_range(from..to);
        let part = format!("{latin}{}", &whole[raw.clone()]);
        let expected = format!("{latin}{}", &normal.text()[from..to]);
        let found = normalise(&part);
        prop_assert_eq!(found.text(), expected, "{:?} of {:?}", raw, whole);
    }

    #[test]
    fn ascii_is_never_changed(text in "[\\x00-\\x7f]{0,80}") {
        prop_assert!(!normalise(&text).is_changed());
    }

    /// Every attack at once, letter by letter, is undone to the letter.
    #[test]
    fn attacks_are_undone(choices in vec(0..12u8, ENGLISH.len())) {
        let attacked: String = ENGLISH.chars().zip(choices).map(|(c, choice)| attack(c, choice)).collect();
        let normal = normalise(&attacked);
        prop_assert_eq!(normal.text(), ENGLISH);
        prop_assert_eq!(normal.is_changed(), attacked != ENGLISH);
        // And is put back in its place.
        let mut raw = 0;
        for (at, c) in ENGLISH.char_indices() {
            let range = normal.raw_range(at..at + c.len_utf8());
            prop_assert_eq!(range.start, raw);
            raw = range.end;
        }
        prop_assert_eq!(raw, attacked.len());
    }
}

/// Returns one of the ways to write a character so that it still looks right.
fn attack(c: char, choice: u8) -> String {
    let other =
        |look_alikes: &str, of: &str| -> Option<char> { look_alikes.chars().nth(of.chars().position(|o| o == c)?) };
    let offset = |first: u32, from: char| char::from_u32(first + c as u32 - from as u32);
    let changed = match choice {
        0 => return format!("{c}\u{200b}"),
        1 => return format!("{c}\u{ad}\u{2060}"),
        2 if c != '\r' => return format!("{c}\u{202e}\u{202c}"),
        3 => other(
            "\u{430}\u{441}\u{435}\u{43e}\u{440}\u{445}\u{443}\u{456}\u{410}\u{412}\u{415}\u{406}\u{41d}\u{41c}\u{41e}\u{422}\u{425}",
            "aceopxyiABEIHMOTX",
        ),
        4 => other(
            "\u{3bf}\u{3b1}\u{3bd}\u{3c1}\u{391}\u{392}\u{395}\u{396}\u{397}\u{399}\u{39f}\u{3a7}",
            "oavpABEZHIOX",
        ),
        5 if c.is_ascii_graphic() => offset(0xff01, '!'),
        6 if c.is_ascii_lowercase() => offset(0x1d41a, 'a'),
        7 if c.is_ascii_uppercase() => offset(0x1d5d4, 'A'),
        8 => other("\u{a0}\u{2018}\u{201c}\u{2011}", " '\"-"),
        9 => other("\u{2009}\u{2019}\u{201d}\u{2013}", " '\"-"),
        10 => other("\u{3000}\u{201b}\u{201e}\u{2010}", " '\"-"),
        _ => None,
    };
    changed.unwrap_or(c).into()
}

#[test]
fn other_scripts_are_left_alone() {
    for text in [
        "\u{41e}\u{43d}\u{430} \u{438} \u{43e}\u{43d}: \u{441}\u{43e}\u{432}\u{435}\u{442}, \u{443}\u{445}\u{43e}, \u{401}\u{436} \u{439} \u{2014} IT.",
        "\u{39f} \u{3ac}\u{3bd}\u{3b8}\u{3c1}\u{3c9}\u{3c0}\u{3bf}\u{3c2} \u{3b5}\u{3af}\u{3bd}\u{3b1}\u{3b9} \u{3ae}",
        "\u{131}l\u{131}k s\u{131}cak \u{130}stanbul, \u{11f}\u{fc}\u{e7}\u{15f}; Stra\u{df}e, \u{f8}l, \u{111}\u{1ea7}u, \u{e9}t\u{e9}",
        "\u{4f60}\u{597d}\u{ff61}".trim_end_matches('\u{ff61}'),
        "iPhone\u{c744} \u{c0ac}\u{c6a9}\u{d574}",
        "\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}",
    ] {
        let normal = normalise(text);
        assert_eq!(normal.text(), text);
        assert!(!normal.is_changed());
    }
}

/// The letters that fold are those of SPEC §9.5, by the rule that gave the table.
#[test]
fn look_alikes_are_those_of_the_source() {
    use GeneralCategory::{LowercaseLetter, UppercaseLetter};
    let mut folded = 0;
    for c in ('\u{80}'..='\u{ffff}').filter(|&c| c.nfkd().eq([c])) {
        let is_phonetic = matches!(c, '\u{250}'..='\u{2af}' | '\u{1d00}'..='\u{1dbf}');
        let prototype: String = skeleton(c.encode_utf8(&mut [0; 4])).collect();
        let is_look_alike = matches!(c.general_category(), UppercaseLetter | LowercaseLetter)
            && (c.script() != Script::Latin || is_phonetic)
            && prototype.len() == 1
            && prototype.as_bytes()[0].is_ascii_alphabetic();
        let expected = match prototype.as_str() {
            "l" if c.general_category() == UppercaseLetter => "I".to_owned(),
            prototype => prototype.to_owned(),
        };
        let found = normalise(&format!("{c}in")).text().trim_end_matches("in").to_owned();
        if is_look_alike {
            assert_eq!(found, expected, "U+{:04X}", c as u32);
            folded += 1;
        } else {
            let is_letter = found.bytes().all(|b| b.is_ascii_alphabetic()) && !found.is_empty();
            assert!(!is_letter, "U+{:04X} becomes {found}", c as u32);
        }
    }
    assert_eq!(folded, 178);
}

/// Texts whose time would grow with the square of their length in a careless normaliser: at these
/// lengths, to hours.
#[test]
fn long_groups_and_words_take_no_longer_than_short_ones() {
    let texts = |n: usize| {
        [
            format!("e{}", "\u{301}\u{323}".repeat(n)),
            "\u{301}\u{323}".repeat(n),
            format!("\u{430}{}", "\u{301}".repeat(n)),
            format!("a{}", "\u{200b}".repeat(n)),
            "\u{1161}".repeat(n),
            "\u{430}".repeat(n),
            "\u{430}\u{301}\u{43c}".repeat(n),
            "\u{441}\u{43e} ".repeat(n),
            "a\u{430} ".repeat(n),
            "\u{430}\u{34f}\u{301} ".repeat(n),
            "\u{fdfa}".repeat(n),
        ]
    };
    for text in texts(1 << 19) {
        let normal = normalise(&text);
        // As a detector asks: a few bytes at a time.
        for at in (0..normal.text().len()).step_by(4) {
            assert!(normal.raw_range(at..at + 4).end <= text.len());
        }
    }
}
