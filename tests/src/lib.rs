//! What the tests of every crate share: the vector files, read case by case.

pub mod replay;
pub mod uniformity;

use serde_json::Value;

/// Returns the cases of one vector file (`tests/vectors/`), each a JSON object. SPEC §11.
///
/// # Panics
/// If the file is not of that form.
pub fn cases(file: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(file).expect("a vector file is JSON");
    let cases = file["cases"].as_array().expect("a vector file has cases").clone();
    assert!(!cases.is_empty(), "a vector file has at least one case");
    cases
}

/// Returns a one-line name for a case, to be printed when it fails.
pub fn name(case: &Value) -> String {
    format!("{} tcId {}: {}", case["spec"], case["tcId"], case["comment"])
}

/// Returns a member that must be a string.
///
/// # Panics
/// If it is not.
pub fn string<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap_or_else(|| panic!("{}: {member} is no string", name(case)))
}

/// Returns a member that must be an unsigned integer.
///
/// # Panics
/// If it is not.
pub fn integer(case: &Value, member: &str) -> u64 {
    case[member].as_u64().unwrap_or_else(|| panic!("{}: {member} is no integer", name(case)))
}

/// Returns a member that must be a list of token ids.
///
/// # Panics
/// If it is not.
pub fn ids(case: &Value, member: &str) -> Vec<u32> {
    let list = case[member].as_array().unwrap_or_else(|| panic!("{}: {member} is no list", name(case)));
    list.iter().map(|id| id.as_u64().and_then(|id| id.try_into().ok()).expect("an id is a u32")).collect()
}

/// Returns the bytes that a member spells in hexadecimal.
///
/// # Panics
/// If it does not.
pub fn bytes(case: &Value, member: &str) -> Vec<u8> {
    let digits = string(case, member);
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).expect("hexadecimal")).collect()
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns true if two floats agree to `tolerance` relative; equal infinities and zeros agree.
pub fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    found == expected || (found - expected).abs() <= tolerance * expected.abs()
}

/// |found − expected| / |expected|, or 0 if they are no further apart than subnormal numbers are.
pub fn relative_error(found: f64, expected: f64) -> f64 {
    const SPACING: f64 = 5e-324;
    let error = (found - expected).abs();
    if error <= SPACING { 0.0 } else { error / expected.abs() }
}
