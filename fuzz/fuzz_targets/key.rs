//! Key texts: one spelling, the failures in order, and no key material in any message. SPEC §2.2.
//!
//! Input: a key text as UTF-8. Since no search finds a checksum, its bytes are read a second way too: 32 bytes of key,
//! whose text form is then edited as the rest of the input says.

#![no_main]

use greenmark::{Key, KeyError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        check(text);
    }
    if let Some((bytes, edits)) = input.split_first_chunk::<32>() {
        let key = Key::from_bytes(*bytes);
        let text = key.to_text();
        assert_eq!(text.parse::<Key>().expect("a key's own text").to_text(), text);
        check(&edited(&text, edits));
    }
});

fn check(text: &str) {
    let error = match text.parse::<Key>() {
        Ok(key) => {
            assert_eq!(expected_failure(text), None);
            assert_eq!(*key.to_text(), text, "a second spelling");
            assert_eq!(format!("{key:?}"), format!("Key(id {})", key.id()));
            return;
        }
        Err(error) => error,
    };
    assert_eq!(error, expected_failure(text).unwrap_or(KeyError::Checksum), "{text:?}");

    // That no part of the text is quoted: the messages are those of a text with the same fault and no key in it. (To look
    // for parts of the text in them would trip over a text that holds the words of the message.)
    let same_fault = without_key(error).parse::<Key>().expect_err("the same fault");
    assert_eq!(error.to_string(), same_fault.to_string());
    assert_eq!(format!("{error:?}"), format!("{same_fault:?}"));
}

/// A text that is refused for the same reason, at the same place.
fn without_key(error: KeyError) -> String {
    let zeros = |digits: usize| format!("gmk1{}", "0".repeat(digits));
    match error {
        KeyError::Prefix => String::new(),
        KeyError::Length { found } => zeros(found - 4),
        KeyError::Character { position } => {
            let mut text = zeros(72);
            text.replace_range(position..=position, "~");
            text
        }
        KeyError::Checksum => zeros(72),
        other => panic!("a failure that SPEC §2.2 does not name: {other:?}"),
    }
}

/// SPEC §2.2, checks 1 to 3; the fourth needs SHA-256, and the test vectors hold it.
fn expected_failure(text: &str) -> Option<KeyError> {
    if !text.starts_with("gmk1") {
        return Some(KeyError::Prefix);
    }
    if text.len() != 76 {
        return Some(KeyError::Length { found: text.len() });
    }
    let position = text.bytes().skip(4).position(|byte| !b"0123456789abcdef".contains(&byte))?;
    Some(KeyError::Character { position: position + 4 })
}

/// Puts, takes away or replaces a character for every three bytes.
fn edited(text: &str, edits: &[u8]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for edit in edits.chunks_exact(3).take(8) {
        let at = usize::from(edit[1]) % (characters.len() + 1);
        let character = char::from(edit[2]);
        match edit[0] % 3 {
            0 => characters.insert(at, character),
            1 if at < characters.len() => drop(characters.remove(at)),
            _ if at < characters.len() => characters[at] = character,
            _ => {}
        }
    }
    characters.into_iter().collect()
}
