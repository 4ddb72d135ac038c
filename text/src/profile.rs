//! Profiles: which key, scheme and tokenizer belong together. SPEC §12.

mod error;
mod node;
mod registry;

use greenmark::{Key, KeyId, Scheme};
use serde::Serialize;

use self::node::Node;
pub use self::{
    error::{ProfileError, RegistryError},
    registry::{Deployment, Registry, relative_path},
};

/// Value of `greenmark` in a profile of this version.
const VERSION: &str = "profile/1";
const LONGEST_NAME: usize = 64;
const LONGEST_LABEL: usize = 255;

/// The public half of a deployment: its name, scheme and tokenizer, and which key it is.
///
/// It says where the key is, and holds nothing of it.
///
/// ```
/// use greenmark::{Key, Scheme};
/// use greenmark_text::{Profile, ProfileParams};
///
/// let profile = Profile::new(ProfileParams {
///     name: "support-bot".into(),
///     scheme: Scheme::DEFAULT,
///     tokenizer_name: "smollm2".into(),
///     fingerprint: "d21208e9d0e11339".into(),
///     tokenizer_file: None,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileParams {
    /// Its name: 1 to 64 of `a-z 0-9 . _ -`, the first a letter or a digit.
    pub name: String,
    /// The scheme.
    pub scheme: Scheme,
    /// The tokenizer's name, for people.
    pub tokenizer_name: String,
    /// The tokenizer's fingerprint. SPEC §9.4.
    pub fingerprint: String,
    /// Path of the tokenizer's file, relative to the profile.
    pub tokenizer_file: Option<String>,
    /// The id of the key that is used: of the sub-key, where there is a label.
    pub key_id: KeyId,
    /// Path of the key file, relative to the profile.
    pub key_file: Option<String>,
    /// The label of the sub-key that is used, of the key in the key file.
    pub subkey: Option<String>,
}

impl Profile {
    /// Makes a profile.
    ///
    /// # Errors
    /// [`ProfileError`], the first fault in the order of SPEC §12.1.
    pub fn new(params: ProfileParams) -> Result<Self, ProfileError> {
        check_name(&params.name)?;
        if !is_fingerprint(&params.fingerprint) {
            return Err(ProfileError::Fingerprint);
        }
        if let Some(label) = &params.subkey
            && !(1..=LONGEST_LABEL).contains(&label.len())
        {
            return Err(ProfileError::Subkey { bytes: label.len() });
        }
        for (member, path) in [("key_file", &params.key_file), ("file", &params.tokenizer_file)] {
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

        let profile = Node::parse(bytes)?;
        let tokenizer = profile.member("tokenizer");
        profile.refuse_duplicates(&MEMBERS)?;
        if let Some(tokenizer) = tokenizer {
            tokenizer.refuse_duplicates(&OF_TOKENIZER)?;
        }
        match profile.member("greenmark") {
            Some(Node::String(version)) if version == VERSION => {}
            _ => return Err(ProfileError::Version),
        }
        let name = profile.string("name")?;
        let scheme = profile.string("scheme")?;
        let tokenizer = tokenizer.filter(|node| node.is_object()).ok_or(ProfileError::Member { name: "tokenizer" })?;
        let key_id = profile.string("key_id")?;
        let key_file = profile.optional("key_file")?;
        let subkey = profile.optional("subkey")?;
        let tokenizer_name = tokenizer.string("name")?;
        let fingerprint = tokenizer.string("fingerprint")?;
        let tokenizer_file = tokenizer.optional("file")?;

        check_name(&name)?;
        let scheme = scheme.parse().map_err(ProfileError::Scheme)?;
        if !is_fingerprint(&fingerprint) {
            return Err(ProfileError::Fingerprint);
        }
        let key_id = key_id.parse().map_err(|_| ProfileError::KeyId)?;
        Self::new(ProfileParams { name, scheme, tokenizer_name, fingerprint, tokenizer_file, key_id, key_file, subkey })
    }

    /// Returns the text of the profile's file.
    #[allow(clippy::missing_panics_doc, reason = "strings alone are always JSON")]
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Written<'a> {
            greenmark: &'a str,
            name: &'a str,
            scheme: String,
            tokenizer: WrittenTokenizer<'a>,
            key_id: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            key_file: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            subkey: Option<&'a str>,
        }
        #[derive(Serialize)]
        struct WrittenTokenizer<'a> {
            name: &'a str,
            fingerprint: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            file: Option<&'a str>,
        }
        let written = Written {
            greenmark: VERSION,
            name: self.name(),
            scheme: self.scheme().to_string(),
            tokenizer: WrittenTokenizer {
                name: self.tokenizer_name(),
                fingerprint: self.fingerprint(),
                file: self.tokenizer_file(),
            },
            key_id: self.key_id().to_string(),
            key_file: self.key_file(),
            subkey: self.subkey(),
        };
        let mut json = serde_json::to_string_pretty(&written).expect("strings alone");
        json.push('\n');
        json
    }

    /// Returns the key that is used, if `stored` is the key it comes from: `stored` itself, or its
    /// sub-key. SPEC §12.2.
    pub fn key_from(&self, stored: &Key) -> Option<Key> {
        let used = match self.subkey() {
            Some(label) => stored.subkey(label).ok()?,
            None => stored.clone(),
        };
        (used.id() == self.key_id()).then_some(used)
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the scheme.
    pub fn scheme(&self) -> Scheme {
        self.0.scheme
    }

    /// Returns the tokenizer's name, for people.
    pub fn tokenizer_name(&self) -> &str {
        &self.0.tokenizer_name
    }

    /// Returns the tokenizer's fingerprint.
    pub fn fingerprint(&self) -> &str {
        &self.0.fingerprint
    }

    /// Returns the path of the tokenizer's file, relative to the profile.
    pub fn tokenizer_file(&self) -> Option<&str> {
        self.0.tokenizer_file.as_deref()
    }

    /// Returns the id of the key that is used.
    pub fn key_id(&self) -> KeyId {
        self.0.key_id
    }

    /// Returns the path of the key file, relative to the profile.
    pub fn key_file(&self) -> Option<&str> {
        self.0.key_file.as_deref()
    }

    /// Returns the label of the sub-key that is used.
    pub fn subkey(&self) -> Option<&str> {
        self.0.subkey.as_deref()
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

fn is_fingerprint(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
