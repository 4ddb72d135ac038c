//! Checks of a `tokenizer.json` that somebody else made, before the reader trusts it: each of these made
//! the reader panic, or take memory without bound.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

/// Bytes of the longest token that the reader can hold.
const LONGEST_TOKEN: usize = 65_535;
/// Times by which replacements, one after the other, may lengthen a text.
const GROWTH: f64 = 64.0;

/// Refuses a file that would make the reader panic, or take memory without bound.
///
/// # Errors
/// The part that is wrong.
pub(super) fn refuse(json: &Value) -> Result<(), String> {
    let mut tokens = vocabulary(&json["model"]["vocab"]).peekable();
    if tokens.peek().is_none() {
        return Err("there is no token in `model.vocab`".to_owned());
    }
    if let Some(long) = tokens.find(|token| token.len() > LONGEST_TOKEN) {
        return Err(format!("a token has {} bytes, and at most {LONGEST_TOKEN} are read", long.len()));
    }
    let mut growth = 1.0;
    let mut normalizers = vec![&json["normalizer"]];
    while let Some(normalizer) = normalizers.pop() {
        normalizers.extend(normalizer["normalizers"].as_array().into_iter().flatten());
        if let Some(charsmap) = normalizer["precompiled_charsmap"].as_str() {
            check_charsmap(charsmap).map_err(|reason| format!("`precompiled_charsmap`: {reason}"))?;
        }
        if let Some(content) = normalizer["content"].as_str() {
            // What a regular expression matches may be a byte.
            let least = normalizer["pattern"]["String"].as_str().map_or(1, |pattern| pattern.len().max(1));
            growth *= (content.len() as f64 / least as f64).max(1.0);
        }
    }
    if growth > GROWTH {
        return Err(format!("its replacements may lengthen a text {growth:.0} times, and at most {GROWTH} are taken"));
    }
    Ok(())
}

/// Returns the tokens of a vocabulary: the names of an object, or the firsts of a list of pairs.
fn vocabulary(vocab: &Value) -> impl Iterator<Item = &str> {
    let names = vocab.as_object().into_iter().flatten().map(|(name, _)| &**name);
    let firsts = vocab.as_array().into_iter().flatten().filter_map(|pair| pair[0].as_str());
    names.chain(firsts)
}

/// Checks a character map of SentencePiece: the length of a trie, the trie (a double array), and the
/// texts that its leaves point to. Every place that the reader can come to has to be there.
fn check_charsmap(charsmap: &str) -> Result<(), &'static str> {
    let blob = BASE64_STANDARD.decode(charsmap).map_err(|_| "not base64")?;
    let (length, rest) = blob.split_first_chunk::<4>().ok_or("shorter than its length")?;
    let length = u32::from_le_bytes(*length) as usize;
    let (trie, texts) = rest.split_at_checked(length / 4 * 4).ok_or("its trie is longer than itself")?;
    let units: Vec<u32> = trie.as_chunks::<4>().0.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
    let texts = std::str::from_utf8(texts).map_err(|_| "its texts are not UTF-8")?;
    let offset = |unit: u32| (unit as usize >> 10) << ((unit & (1 << 9)) >> 6);
    let first = *units.first().ok_or("its trie is empty")?;
    let mut bases = vec![offset(first)];
    let mut seen = vec![false; units.len()];
    while let Some(base) = bases.pop() {
        // Any byte may come next.
        if base | 0xff >= units.len() {
            return Err("its trie leads out of itself");
        }
        for byte in 1..=255 {
            let at = base ^ byte;
            let unit = units[at];
            if (unit & (1 << 31 | 0xff)) as usize != byte || std::mem::replace(&mut seen[at], true) {
                continue;
            }
            let next = at ^ offset(unit);
            if unit >> 8 & 1 == 1 {
                let leaf = units.get(next).ok_or("its trie leads out of itself")?;
                if !texts.is_char_boundary((leaf & !(1 << 31)) as usize) {
                    return Err("a leaf points to no text");
                }
            }
            bases.push(next);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(change: impl FnOnce(&mut Value)) -> String {
        let vocab: serde_json::Map<_, _> = ('!'..='~').enumerate().map(|(id, c)| (c.to_string(), id.into())).collect();
        let mut json = json!({"model": {"type": "BPE", "vocab": vocab, "merges": []}});
        assert_eq!(refuse(&json), Ok(()));
        change(&mut json);
        refuse(&json).expect_err("refused")
    }

    #[test]
    fn what_made_the_reader_panic_is_refused() {
        assert!(refused(|json| json["model"]["vocab"] = json!({})).contains("no token"));
        assert!(refused(|json| json["model"]["vocab"] = json!([])).contains("no token"));
        assert!(refused(|json| json["model"]["vocab"]["a".repeat(65_536)] = 94.into()).contains("65536 bytes"));
        let charsmap = |map: &str| {
            let map = map.to_owned();
            refused(|json| json["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": map}))
        };
        for (map, reason) in [
            ("/////w==", "longer than itself"),
            ("AAAAAA==", "its trie is empty"),
            ("AAA=", "shorter than its length"),
            ("?", "not base64"),
            ("BAAAAAAAAAA=", "leads out of itself"),
        ] {
            assert!(charsmap(map).contains(reason), "{map}: {}", charsmap(map));
        }
    }

    #[test]
    fn a_leaf_has_to_point_to_a_text() {
        // A trie of 512 units: `a` leads to a leaf.
        let map = |leaf: u32, texts: &str| {
            let mut units = vec![0u32; 512];
            units[0] = 256 << 10;
            let at = 256 ^ usize::from(b'a');
            // The leaf stands at 256, by the offset between the two.
            units[at] = u32::from(b'a') | 1 << 8 | ((at ^ 256) as u32) << 10;
            units[256] = leaf;
            let trie: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            BASE64_STANDARD.encode([&2048u32.to_le_bytes()[..], &trie, texts.as_bytes()].concat())
        };
        assert_eq!(check_charsmap(&map(1, "é\0b")), Err("a leaf points to no text"));
        assert_eq!(check_charsmap(&map(9, "ab")), Err("a leaf points to no text"));
        assert_eq!(check_charsmap(&map(2, "é\0b")), Ok(()));
    }

    #[test]
    fn replacements_have_bounds() {
        let chain = |count: usize| {
            let one = json!({"type": "Replace", "pattern": {"String": "e"}, "content": "ee"});
            json!({"type": "Sequence", "normalizers": vec![one; count]})
        };
        assert!(refused(|json| json["normalizer"] = chain(24)).contains("16777216 times"));
        let mut json = json!({"model": {"vocab": {"a": 0}}, "normalizer": chain(6)});
        assert_eq!(refuse(&json), Ok(()));
        // As many models have it.
        json["normalizer"] = json!({"type": "Replace", "pattern": {"String": " "}, "content": "▁"});
        assert_eq!(refuse(&json), Ok(()));
    }
}
