//! Profiles: which key, scheme and tokenizer belong together. SPEC §12.

mod error;
mod registry;

use std::{fmt::Display, ops::Deref};

use greenmark::{Key, KeyId, Scheme, SubkeyError};
use serde::{Serialize, Serializer, de::IgnoredAny};

pub use self::{
    error::{ProfileError, RegistryError},
    registry::{Deployment, Registry, relative_path},
};
use crate::members::{Member, members};

/// Value of `greenmark` in a profile of this version.
const VERSION: &str = "profile/1";
const LONGEST_NAME: usize = 64;
const LONGEST_LABEL: usize = 255;

/// The public half of a deployment: its name, scheme and tokenizer, and which key it is.
///
/// It says where the key is, and holds nothing of it. Read its members as those of
/// [`ProfileParams`].
///
/// ```
/// use greenmark::{Key, Scheme};
/// use greenmark_text::{Profile, ProfileParams, ProfileTokenizer};
///
/// let profile = Profile::new(ProfileParams {
///     name: "support-bot".into(),
///     scheme: Scheme::DEFAULT,
///     tokenizer: ProfileTokenizer {
///         name: "smollm2".into(),
///         fingerprint: "d21208e9d0e11339".into(),
///         file: None,
///     },
///     key_id: Key::from_bytes([7; 32]).id(),
///     key_file: Some("support-bot.key".into()),
///     subkey: None,
/// })?;
/// assert_eq!(Profile::parse(profile.to_json().as_bytes())?, profile);
/// # Ok::<(), greenmark_text::ProfileError>(())
/// ```
///
/// SPEC §12.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile(ProfileParams);

/// Members of a profile. [`Profile::new`] checks them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "greenmark", rename = "profile/1")]
pub struct ProfileParams {
    /// Its name: 1 to 64 of `a-z 0-9 . _ -`, the first a letter or a digit.
    pub name: String,
    /// The scheme.
    #[serde(serialize_with = "as_text")]
    pub scheme: Scheme,
    /// The tokenizer.
    pub tokenizer: ProfileTokenizer,
    /// The id of the key that is used: of the sub-key, if there is a label.
    #[serde(serialize_with = "as_text")]
    pub key_id: KeyId,
    /// Path of the key file, relative to the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<String>,
    /// The label, if the key that is used is a sub-key of the key in the key file: 1 to 255 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subkey: Option<String>,
}

/// The tokenizer of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProfileTokenizer {
    /// Its name, for people.
    pub name: String,
    /// Its fingerprint: 16 lower-case hexadecimal digits. SPEC §9.4.
    pub fingerprint: String,
    /// Path of its file, relative to the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl Profile {
    /// Makes a profile.
    ///
    /// # Errors
    /// [`ProfileError`], the first fault in the order of SPEC §12.1.
    pub fn new(params: ProfileParams) -> Result<Self, ProfileError> {
        check_name(&params.name)?;
        check_fingerprint(&params.tokenizer.fingerprint)?;
        if let Some(label) = &params.subkey
            && !(1..=LONGEST_LABEL).contains(&label.len())
        {
            return Err(ProfileError::Subkey(SubkeyError { found: label.len() }));
        }
        for (member, path) in [("key_file", &params.key_file), ("file", &params.tokenizer.file)] {
            if path.as_ref().is_some_and(|path| path.is_empty() || path.starts_with('/') || path.contains(['\\', '\0']))
            {
                return Err(ProfileError::Path { member });
            }
        }
        Ok(Self(params))
    }

    /// Parses the bytes of a profile's file.
    ///
    /// # Errors
    /// [`ProfileError`], the first fault in the order of SPEC §12.1.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProfileError> {
        const MEMBERS: [&str; 7] = ["greenmark", "name", "scheme", "tokenizer", "key_id", "key_file", "subkey"];
        const OF_TOKENIZER: [&str; 3] = ["name", "fingerprint", "file"];

        let profile = Object::new(json_object(bytes)?, &MEMBERS)?;
        let tokenizer = profile.get("tokenizer").filter(|value| value.starts_with('{'));
        let tokenizer = tokenizer.map(|value| Object::new(value, &OF_TOKENIZER)).transpose()?;
        if !matches!(profile.optional("greenmark"), Ok(Some(version)) if version == VERSION) {
            return Err(ProfileError::Version);
        }
        let name = profile.required("name")?;
        let scheme = profile.required("scheme")?;
        let tokenizer = tokenizer.ok_or(ProfileError::Member { name: "tokenizer" })?;
        let key_id = profile.required("key_id")?;
        let key_file = profile.optional("key_file")?;
        let subkey = profile.optional("subkey")?;
        let tokenizer = ProfileTokenizer {
            name: tokenizer.required("name")?,
            fingerprint: tokenizer.required("fingerprint")?,
            file: tokenizer.optional("file")?,
        };

        check_name(&name)?;
        let scheme = scheme.parse().map_err(ProfileError::Scheme)?;
        check_fingerprint(&tokenizer.fingerprint)?;
        let key_id = key_id.parse().map_err(|_| ProfileError::KeyId)?;
        Self::new(ProfileParams { name, scheme, tokenizer, key_id, key_file, subkey })
    }

    /// Returns the text of the profile's file.
    #[allow(clippy::missing_panics_doc, reason = "strings alone are always JSON")]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self.0).expect("strings alone") + "\n"
    }

    /// Returns the key that the profile uses: `stored` itself or, if there is a label, its sub-key.
    /// `None` if that has another id. SPEC §12.2.
    pub fn key_from(&self, stored: &Key) -> Option<Key> {
        let used = match &self.subkey {
            Some(label) => stored.subkey(label).ok()?,
            None => stored.clone(),
        };
        (used.id() == self.key_id).then_some(used)
    }
}

impl Deref for Profile {
    type Target = ProfileParams;

    fn deref(&self) -> &ProfileParams {
        &self.0
    }
}

fn check_name(name: &str) -> Result<(), ProfileError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let is_name = bytes.len() <= LONGEST_NAME
        && bytes.first().is_some_and(|&byte| is_plain(byte))
        && bytes.iter().all(|&byte| is_plain(byte) || b"._-".contains(&byte));
    if is_name { Ok(()) } else { Err(ProfileError::Name) }
}

fn check_fingerprint(text: &str) -> Result<(), ProfileError> {
    let is_fingerprint = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_fingerprint { Ok(()) } else { Err(ProfileError::Fingerprint) }
}

/// Returns the text of a file that holds a JSON object.
fn json_object(bytes: &[u8]) -> Result<&str, ProfileError> {
    let no_profile = |reason: &str| ProfileError::Json { reason: reason.to_owned() };
    let text = std::str::from_utf8(bytes).map_err(|_| no_profile("not UTF-8"))?;
    if text.starts_with('\u{feff}') {
        return Err(no_profile("begins with a byte-order mark (BOM): save it as UTF-8 without one"));
    }
    // A file that holds no object may be a key by mistake: a message must not quote it.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(no_profile("not a JSON object"));
    }
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        no_profile(&format!("not JSON at line {line}, column {column}"))
    })?;
    if has_lone_surrogate(text) { Err(no_profile("an escape stands for half a character")) } else { Ok(text) }
}

/// Returns true if any string of a JSON text holds the escape of a lone surrogate.
fn has_lone_surrogate(json: &str) -> bool {
    let mut units = Vec::new();
    let mut rest = json;
    // Every backslash is inside a string. Other characters and escapes end a run of \uXXXX.
    while let Some(at) = rest.find('\\') {
        if at > 0 {
            units.push(u16::from(b' '));
        }
        let escape = &rest.as_bytes()[at..];
        let length = if escape[1] == b'u' { 6 } else { 2 };
        units.push(match rest.get(at + 2..at + length) {
            Some(digits) if length == 6 => u16::from_str_radix(digits, 16).unwrap_or_default(),
            _ => 0,
        });
        rest = &rest[at + length..];
    }
    char::decode_utf16(units).any(|unit| unit.is_err())
}

/// Members of an object, in which no known one occurs twice.
struct Object<'a>(Vec<Member<'a>>);

impl<'a> Object<'a> {
    fn new(json: &'a str, known: &[&'static str]) -> Result<Self, ProfileError> {
        let members = members(json);
        let is_twice = |name: &&&str| members.iter().filter(|member| member.name == **name).count() > 1;
        match known.iter().find(is_twice) {
            Some(name) => Err(ProfileError::Duplicate { name }),
            None => Ok(Self(members)),
        }
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|member| member.name == name).map(|member| member.value)
    }

    fn required(&self, name: &'static str) -> Result<String, ProfileError> {
        self.optional(name)?.ok_or(ProfileError::Member { name })
    }

    fn optional(&self, name: &'static str) -> Result<Option<String>, ProfileError> {
        self.get(name).map(serde_json::from_str).transpose().map_err(|_| ProfileError::Member { name })
    }
}
