//! JSON with every member of an object, twice where it stands twice.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::ProfileError;

/// As much of a value as a profile asks for.
pub(super) enum Node {
    String(String),
    Object(Vec<(String, Node)>),
    Other,
}

/// The names that mean something in some object of a profile. Of other members nothing is kept.
const KNOWN: [&str; 9] =
    ["greenmark", "name", "scheme", "tokenizer", "key_id", "key_file", "subkey", "fingerprint", "file"];

impl Node {
    /// Parses an object.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ProfileError> {
        let no_profile = |reason: &str| ProfileError::Json { reason: reason.to_owned() };
        let text = std::str::from_utf8(bytes).map_err(|_| no_profile("not UTF-8"))?;
        if text.starts_with('\u{feff}') {
            return Err(no_profile("begins with a byte-order mark (BOM): save it as UTF-8 without one"));
        }
        // What holds no object may be a key by mistake: a message must not quote it.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(no_profile("not a JSON object"));
        }
        let profile = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            no_profile(&format!("not JSON at line {line}, column {column}"))
        })?;
        if has_lone_surrogate(text) {
            return Err(no_profile("an escape stands for half a character"));
        }
        Ok(profile)
    }

    pub(super) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    pub(super) fn refuse_duplicates(&self, names: &[&'static str]) -> Result<(), ProfileError> {
        let stands_twice = |name: &&str| self.members().iter().filter(|(found, _)| found == name).count() > 1;
        match names.iter().copied().find(stands_twice) {
            Some(name) => Err(ProfileError::Duplicate { name }),
            None => Ok(()),
        }
    }

    pub(super) fn string(&self, name: &'static str) -> Result<String, ProfileError> {
        self.optional(name)?.ok_or(ProfileError::Member { name })
    }

    pub(super) fn optional(&self, name: &'static str) -> Result<Option<String>, ProfileError> {
        match self.member(name) {
            None => Ok(None),
            Some(Self::String(value)) => Ok(Some(value.clone())),
            Some(_) => Err(ProfileError::Member { name }),
        }
    }
}

/// Returns true if a string of a JSON text, also one that is ignored, holds the escape of a lone
/// surrogate.
fn has_lone_surrogate(json: &str) -> bool {
    let mut units = Vec::new();
    let mut rest = json;
    // A backslash is inside a string; one that begins no \uXXXX ends a run of these.
    while let Some(at) = rest.find('\\') {
        if at > 0 {
            units.push(u16::from(b' '));
        }
        let length = if rest.as_bytes()[at + 1] == b'u' { 6 } else { 2 };
        units.push(match rest.get(at + 2..at + length) {
            Some(digits) if length == 6 => u16::from_str_radix(digits, 16).unwrap_or_default(),
            _ => 0,
        });
        rest = &rest[at + length..];
    }
    char::decode_utf16(units).any(|unit| unit.is_err())
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::String(value.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if KNOWN.contains(&&*name) {
                members.push((name, map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Node::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Node, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Other)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Other)
    }
}
