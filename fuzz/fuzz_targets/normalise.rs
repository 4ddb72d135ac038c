//! Normalised text: normalising twice is normalising once, ranges lie in the raw text, ASCII stays. SPEC §9.5.
//!
//! Input: the text, as UTF-8.

#![no_main]

use greenmark::normalise;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &str| {
    let normal = normalise(raw);
    let text = normal.text();
    assert_eq!(normal.is_changed(), text != raw);
    assert!(!normalise(text).is_changed(), "{raw:?} becomes {text:?}, and that something else");
    if raw.is_ascii() {
        assert!(!normal.is_changed());
    }

    // Characters in order come from places in order; where they are the same ones, from the place where they are.
    let mut last = 0..0;
    for (at, c) in text.char_indices() {
        let range = normal.raw_range(at..at + c.len_utf8());
        assert!(raw.get(range.clone()).is_some_and(|raw| !raw.is_empty()), "{range:?} of {raw:?}");
        assert!(range == last || range.start == last.end, "{range:?} after {last:?} of {raw:?}");
        last = range;
    }
    assert!(text.is_empty() || last.end == raw.len());
    for start in 0..=text.len() + 1 {
        for end in [0, start, start + 1, start + 5, usize::MAX] {
            let range = normal.raw_range(start..end);
            assert!(raw.get(range.clone()).is_some(), "{range:?} of {raw:?}");
        }
    }
});
