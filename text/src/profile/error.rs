//! Errors of a profile, or of a folder of them.

use std::io;

use greenmark::{KeyError, KeyId, SchemeError, SubkeyError};

/// Reason why a profile was refused. SPEC §12.1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The file is not a JSON object in UTF-8.
    #[error("not a profile: {reason}")]
    Json {
        /// The first fault, and its place.
        reason: String,
    },
    /// A member occurs twice.
    #[error("`{name}` occurs twice")]
    Duplicate {
        /// The member.
        name: &'static str,
    },
    /// `greenmark` is not `profile/1`.
    #[error("not a profile of version 1: `greenmark` has to be \"profile/1\"")]
    Version,
    /// A member is absent, or has another type.
    #[error("`{name}` is absent, or has another type than in SPEC §12.1")]
    Member {
        /// The member.
        name: &'static str,
    },
    /// The name has a character or a length that is not allowed.
    #[error("a profile's name is 1 to 64 of a-z, 0-9, \".\", \"_\" and \"-\", and begins with a letter or digit")]
    Name,
    /// The scheme is refused.
    #[error("scheme: {0}")]
    Scheme(SchemeError),
    /// The fingerprint is not 16 lower-case hexadecimal digits.
    #[error("the tokenizer's fingerprint is not 16 lower-case hexadecimal digits")]
    Fingerprint,
    /// The key id is not 16 lower-case hexadecimal digits.
    #[error("the key id is not 16 lower-case hexadecimal digits")]
    KeyId,
    /// The label of the sub-key is empty or too long.
    #[error(transparent)]
    Subkey(SubkeyError),
    /// A path is empty, absolute, or not portable.
    #[error("`{member}` is a path relative to the profile, with \"/\" between its parts")]
    Path {
        /// The member.
        member: &'static str,
    },
}

impl ProfileError {
    /// Returns the failure's name in SPEC §12.1.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Json { .. } => "json",
            Self::Duplicate { .. } => "duplicate",
            Self::Version => "version",
            Self::Member { .. } => "member",
            Self::Name => "name",
            Self::Scheme(_) => "scheme",
            Self::Fingerprint => "fingerprint",
            Self::KeyId => "key-id",
            Self::Subkey(_) => "subkey",
            Self::Path { .. } => "path",
        }
    }
}

/// Reason why a folder of profiles and keys was refused, or a profile for want of its key.
/// SPEC §12.2, §12.3.
///
/// Files are named as the caller named them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// A profile is refused.
    #[error("profile {file}: {reason}")]
    Profile {
        /// Its file.
        file: String,
        /// The fault.
        reason: ProfileError,
    },
    /// Two profiles have one name.
    #[error("profiles {first} and {second} are both called `{name}`")]
    DuplicateName {
        /// The name.
        name: String,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// A key file of the folder is refused.
    #[error("key file {file}: {reason}")]
    Key {
        /// The file.
        file: String,
        /// The fault.
        reason: KeyError,
    },
    /// The key file that a profile names cannot be read.
    #[error("profile {file}: cannot read its key file {key_file}: {reason}")]
    KeyFile {
        /// The profile's file.
        file: String,
        /// The key file, as the profile names it.
        key_file: String,
        /// The operating system's reason.
        reason: io::Error,
    },
    /// The key file that a profile names holds no key.
    #[error("profile {file}: its key file {key_file}: {reason}")]
    NoKey {
        /// The profile's file.
        file: String,
        /// The key file, as the profile names it.
        key_file: String,
        /// The fault.
        reason: KeyError,
    },
    /// The profile names no key file, and no key of its folder fits.
    #[error("profile {file}: no key file beside it holds its key, {key_id}")]
    KeyMissing {
        /// The profile's file.
        file: String,
        /// The key's id.
        key_id: KeyId,
    },
    /// The key file that a profile names holds another key.
    #[error("profile {file}: its key file {key_file} does not hold its key, {key_id}")]
    KeyMismatch {
        /// The profile's file.
        file: String,
        /// The key file, as the profile names it.
        key_file: String,
        /// The key's id.
        key_id: KeyId,
    },
}
