//! A folder of profiles and keys. SPEC §12.2, §12.3.

use std::{io, path::Path};

use greenmark::{Key, KeyError};

use super::{Profile, RegistryError};

/// A profile with its key.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The profile.
    pub profile: Profile,
    /// The key that is used.
    pub key: Key,
    /// The key that `key` comes from; the same key, unless the profile names a sub-key.
    stored: Key,
}

impl Deployment {
    /// Finds the key of a profile.
    ///
    /// - `file`: name of the profile in messages.
    /// - `folder`: the keys of the profile's folder, in the order of their files' names.
    /// - `read`: reads and parses a key file that the profile names.
    ///
    /// # Errors
    /// [`RegistryError`] if no key fits.
    pub fn new<'a>(
        profile: Profile,
        file: &str,
        folder: impl IntoIterator<Item = &'a Key>,
        read: impl FnOnce(&str) -> io::Result<Result<Key, KeyError>>,
    ) -> Result<Self, RegistryError> {
        let file = || file.to_owned();
        let key_id = profile.key_id;
        let (key, stored) = if let Some(key_file) = profile.key_file.clone() {
            let stored = match read(&key_file) {
                Ok(Ok(stored)) => stored,
                Ok(Err(reason)) => return Err(RegistryError::NoKey { file: file(), key_file, reason }),
                Err(reason) => return Err(RegistryError::KeyFile { file: file(), key_file, reason }),
            };
            match profile.key_from(&stored) {
                Some(key) => (key, stored),
                None => return Err(RegistryError::KeyMismatch { file: file(), key_file, key_id }),
            }
        } else {
            let fitting = |stored: &Key| Some((profile.key_from(stored)?, stored.clone()));
            let found = folder.into_iter().find_map(fitting);
            found.ok_or_else(|| RegistryError::KeyMissing { file: file(), key_id })?
        };
        Ok(Self { profile, key, stored })
    }

    /// Returns true if the profile names this key. SPEC §12.3.
    pub fn names(&self, key: &Key) -> bool {
        *key == self.key || *key == self.stored
    }
}

/// Profiles and keys of a folder. SPEC §12.3.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// Profiles with the names of their files, in the order of the names.
    pub deployments: Vec<(String, Deployment)>,
    /// Keys that no profile names, with the names of their files, in the order of the names.
    pub bare: Vec<(String, Key)>,
}

impl Registry {
    /// Reads the files of a folder.
    ///
    /// - `files`: their names and contents, in any order. Files that are neither profiles nor keys
    ///   may be left out.
    /// - `read`: reads a key file that a profile names and that is not among `files`.
    ///
    /// # Errors
    /// [`RegistryError`], the first fault in the order of SPEC §12.3. Then nothing may be asked: a
    /// profile left out could be the one that a text is marked under.
    pub fn read<B: AsRef<[u8]>>(
        files: &[(String, B)],
        mut read: impl FnMut(&str) -> io::Result<B>,
    ) -> Result<Self, RegistryError> {
        let mut files: Vec<&(String, B)> = files.iter().filter(|(name, _)| !name.starts_with('.')).collect();
        files.sort_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
        let ending = |ending: &'static str| files.iter().filter(move |(name, _)| name.ends_with(ending));

        let mut profiles: Vec<(&String, Profile)> = Vec::new();
        for (file, content) in ending(".profile.json") {
            let profile = Profile::parse(content.as_ref())
                .map_err(|reason| RegistryError::Profile { file: file.clone(), reason })?;
            profiles.push((file, profile));
        }
        for (at, (second, profile)) in profiles.iter().enumerate() {
            if let Some((first, _)) = profiles[..at].iter().find(|(_, other)| other.name == profile.name) {
                let (name, first, second) = (profile.name.clone(), (*first).clone(), (*second).clone());
                return Err(RegistryError::DuplicateName { name, first, second });
            }
        }
        let mut keys: Vec<(String, Key)> = Vec::new();
        for (file, content) in ending(".key") {
            let key = Key::parse_file(content.as_ref())
                .map_err(|reason| RegistryError::Key { file: file.clone(), reason })?;
            keys.push((file.clone(), key));
        }
        let mut deployments: Vec<(String, Deployment)> = Vec::new();
        for (file, profile) in profiles {
            let read = |key_file: &str| match files.iter().find(|(name, _)| *name == plain(key_file)) {
                Some((_, content)) => Ok(Key::parse_file(content.as_ref())),
                None => read(key_file).map(|content| Key::parse_file(content.as_ref())),
            };
            let deployment = Deployment::new(profile, file, keys.iter().map(|(_, key)| key), read)?;
            deployments.push((file.clone(), deployment));
        }
        keys.retain(|(_, key)| !deployments.iter().any(|(_, deployment)| deployment.names(key)));
        Ok(Self { deployments, bare: keys })
    }
}

/// Returns a path without `.` and empty parts.
fn plain(path: &str) -> String {
    path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/")
}

/// Returns the path of one file relative to the folder of another, with `/` between its parts, as a
/// profile holds it.
///
/// `None` if no such path is portable: the file is on another drive, or a name is not Unicode or
/// holds a backslash.
///
/// - `folder`, `file`: absolute, without `.`, `..` and symbolic links.
pub fn relative_path(folder: &Path, file: &Path) -> Option<String> {
    let (folder, file): (Vec<_>, Vec<_>) = (folder.components().collect(), file.components().collect());
    let shared = folder.iter().zip(&file).take_while(|(one, other)| one == other).count();
    if shared == 0 {
        return None;
    }
    let up = std::iter::repeat_n(Some(".."), folder.len() - shared);
    let parts: Vec<&str> =
        up.chain(file[shared..].iter().map(|part| part.as_os_str().to_str())).collect::<Option<_>>()?;
    Some(parts.join("/")).filter(|path| !path.is_empty() && !path.contains(['\\', '\0']))
}
