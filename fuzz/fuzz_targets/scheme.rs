//! Scheme strings: one spelling, and a refusal that points into the string. SPEC §3.
//!
//! Input: the string, as UTF-8.

#![no_main]

use greenmark::{Scheme, SchemeError, SchemeParams};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parsed = text.parse::<Scheme>();
    assert_eq!(parsed.as_ref().err().map(failure), expected_failure(text), "{text:?}");
    match parsed {
        Ok(scheme) => {
            assert_eq!(scheme.to_string(), text, "a second spelling");
            let params = SchemeParams {
                context_width: scheme.context_width().get() as u8,
                gamma_numerator: scheme.gamma().numerator().into(),
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
        SchemeError::Version => {}
        SchemeError::Family { found } | SchemeError::ContextWidth { found } | SchemeError::Gamma { found } => {
            assert!(text.contains(found.as_str()) && found.chars().count() <= 32);
        }
        SchemeError::Syntax { position } => {
            let sound = text.get(..*position).expect("a position is within the string, between two characters");
            let completed = |rest: &str| {
                let whole = format!("{sound}{rest}");
                !matches!(whole.parse::<Scheme>(), Err(SchemeError::Syntax { .. }))
            };
            let tail = ",h=1,gamma=1/256";
            assert!(
                (0..=tail.len()).any(|from| completed(&tail[from..])),
                "{text:?} cannot be put right from {position} on"
            );
        }
        other => panic!("a failure that SPEC §3 does not name: {other:?}"),
    }
}

fn failure(error: &SchemeError) -> &'static str {
    match error {
        SchemeError::Version => "version",
        SchemeError::Family { .. } => "family",
        SchemeError::Syntax { .. } => "syntax",
        SchemeError::ContextWidth { .. } => "context-width",
        SchemeError::Gamma { .. } => "gamma",
        other => panic!("a failure that SPEC §3 does not name: {other:?}"),
    }
}

/// SPEC §3, checks 1 to 5, by taking the string apart.
fn expected_failure(text: &str) -> Option<&'static str> {
    let Some(rest) = text.strip_prefix("gm1:") else { return Some("version") };
    let Some(rest) = rest.strip_prefix("green").filter(|rest| rest.is_empty() || rest.starts_with(',')) else {
        return Some("family");
    };
    let parts = rest
        .strip_prefix(",h=")
        .and_then(|rest| rest.strip_suffix("/256"))
        .and_then(|rest| rest.split_once(",gamma="))
        .filter(|(width, numerator)| is_number(width) && is_number(numerator));
    let Some((width, numerator)) = parts else { return Some("syntax") };
    if !(0..=16).any(|h: u32| h.to_string() == width) {
        return Some("context-width");
    }
    if !(1..=255).any(|g: u32| g.to_string() == numerator) {
        return Some("gamma");
    }
    None
}

fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'))
}
