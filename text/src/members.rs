//! Members of a JSON object as they are written: numbers of any size and names in any order, or
//! twice, stay as they are.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Deserializer;

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its name, escapes resolved.
    pub name: String,
    /// Its value, to the letter.
    pub value: &'a str,
    /// Name and value, to the letter.
    pub written: &'a str,
}

/// Returns the members of an object, in order, up to the first fault; none of another value.
pub(crate) fn members(object: &str) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    let mut rest = object.trim_start().strip_prefix('{');
    while let Some(member) = rest {
        let Some((name, value)) = next::<String>(member) else { break };
        let Some(value) = value.trim_start().strip_prefix(':') else { break };
        let Some((_, after)) = next::<IgnoredAny>(value) else { break };
        let until = |start: &'_ str| start.len() - after.len();
        let (value, written) = (value[..until(value)].trim(), member[..until(member)].trim());
        members.push(Member { name, value, written });
        rest = after.trim_start().strip_prefix(',');
    }
    members
}

/// Parses the value that a text begins with, and returns it with the text after it.
fn next<T: DeserializeOwned>(text: &str) -> Option<(T, &str)> {
    let mut values = Deserializer::from_str(text).into_iter();
    let value = values.next()?.ok()?;
    Some((value, &text[values.byte_offset()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_what_is_written() {
        let object =
            r#" { "z" : {"b": 1, "a": [1.50e400, "é,}\""]},"\u0061":12345678901234567890123 , "n":null,"t":true} "#;
        let found = members(object);
        assert_eq!(found[0].value, r#"{"b": 1, "a": [1.50e400, "é,}\""]}"#);
        let found: Vec<(&str, &str)> = found.iter().map(|member| (&*member.name, member.written)).collect();
        assert_eq!(
            found,
            [
                ("z", r#""z" : {"b": 1, "a": [1.50e400, "é,}\""]}"#),
                ("a", r#""\u0061":12345678901234567890123"#),
                ("n", r#""n":null"#),
                ("t", r#""t":true"#),
            ]
        );
        assert!(members("{}").is_empty() && members("[1]").is_empty() && members("").is_empty());
    }
}
