//! Scheme strings: one spelling, and a refusal that points into the string. SPEC §3.
//!
//! Input: the string, as UTF-8.

#![no_main]

use greenmark::{Family, Scheme, SchemeError, SchemeParams};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parsed = text.parse::<Scheme>();
    assert_eq!(parsed.as_ref().err().map(failure), expected_failure(text), "{text:?}");
    match parsed {
        Ok(scheme) => {
            assert_eq!(scheme.to_string(), text, "a second spelling");
            let context_width = scheme.context_width().get() as u8;
            let params = match scheme.family() {
                Family::Green { gamma } => {
                    SchemeParams::Green { context_width, gamma_numerator: gamma.numerator().into() }
                }
                Family::Gumbel { dual } => SchemeParams::Gumbel { context_width, dual },
            };
            assert_eq!(Scheme::new(params), Ok(scheme));
        }
        Err(error) => {
            // A message goes to terminals: whatever the string holds, it is to arrive escaped.
            let message = format!("{error}");
            assert!(!message.chars().any(char::is_control), "{message:?}");
            check_place(text, &error);
        }
    }
});

/// The quoted part is in the string, and short; the position is in the string, and the string is sound up to there.
fn check_place(text: &str, error: &SchemeError) {
    match error {
        SchemeError::Version { .. } => {}
        SchemeError::NoContext => assert!(text.starts_with("gm1:gumbel,h=0"), "{text:?}"),
        SchemeError::Family { found } | SchemeError::ContextWidth { found } | SchemeError::Gamma { found } => {
            assert!(text.contains(found.as_str()) && found.chars().count() <= 32);
        }
        SchemeError::Syntax { position } => {
            let sound = text.get(..*position).expect("a position is within the string, between two characters");
            let completed = |rest: &str| {
                let failure = format!("{sound}{rest}").parse::<Scheme>().err();
                // Only a number may be wrong then.
                !failure.is_some_and(|error| matches!(self::failure(&error), "version" | "family" | "syntax"))
            };
            let completed_by = |tail: &str| (0..=tail.len()).any(|from| completed(&tail[from..]));
            assert!(
                completed_by(",h=1,gamma=1/256") || completed_by(",h=1,dual"),
                "{text:?} cannot be put right from {position} on"
            );
        }
        other => panic!("a failure that SPEC §3 does not name: {other:?}"),
    }
}

fn failure(error: &SchemeError) -> &'static str {
    match error {
        SchemeError::Version { .. } => "version",
        SchemeError::Family { .. } => "family",
        SchemeError::Syntax { .. } => "syntax",
        SchemeError::NoContext | SchemeError::ContextWidth { .. } => "context-width",
        SchemeError::Gamma { .. } => "gamma",
        other => panic!("a failure that SPEC §3 does not name: {other:?}"),
    }
}

/// SPEC §3, checks 1 to 5, by taking the string apart.
fn expected_failure(text: &str) -> Option<&'static str> {
    let Some(rest) = text.strip_prefix("gm1:") else { return Some("version") };
    let (family, rest) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
    let rest = rest.strip_prefix(",h=");
    let (parts, widths) = match family {
        "green" => {
            let parts = rest.and_then(|rest| rest.strip_suffix("/256")).and_then(|rest| rest.split_once(",gamma="));
            (parts, 0..=16)
        }
        // No second number: as if it were a good one.
        "gumbel" => (rest.map(|rest| (rest.strip_suffix(",dual").unwrap_or(rest), "1")), 1..=16),
        _ => return Some("family"),
    };
    let parts = parts.filter(|(width, numerator)| is_number(width) && is_number(numerator));
    let Some((width, numerator)) = parts else { return Some("syntax") };
    let is_one_of = |digits: &str, mut range: std::ops::RangeInclusive<u32>| range.any(|n| n.to_string() == digits);
    if !is_one_of(width, widths) {
        return Some("context-width");
    }
    if !is_one_of(numerator, 1..=255) {
        return Some("gamma");
    }
    None
}

fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'))
}
