//! Key files, and folders of them. SPEC §2.3.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use greenmark::{Key, KeyId};
use zeroize::Zeroizing;

use crate::{
    Outcome,
    output::{complain, count, warn},
};

/// More than any key file holds, so that a wrong path does not read a disk.
const LONGEST: u64 = 1024;

/// Draws a key from the operating system's generator.
pub(crate) fn fresh() -> Result<Key> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut bytes[..]).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    Ok(Key::from_bytes(*bytes))
}

/// The keys that a command was given, each once.
pub(crate) struct KeyRing {
    /// At least one.
    pub(crate) keys: Vec<Key>,
    /// Their ids, and the files that they came from.
    sources: Vec<(KeyId, PathBuf)>,
    /// Every file that was looked into, whatever it held.
    pub(crate) files: Vec<PathBuf>,
    /// Whether every file of the folders gave a key.
    pub(crate) outcome: Outcome,
}

impl KeyRing {
    /// Reads key files and folders. Of a folder, every file whose name ends in `.key`, in the order of their names; one that is broken is
    /// complained of and left out, where one that was named itself is an error.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self> {
        let mut ring = Self { keys: Vec::new(), sources: Vec::new(), files: Vec::new(), outcome: Outcome::Done };
        let mut places = HashMap::new();
        for path in paths {
            if !path.is_dir() {
                ring.files.push(path.clone());
                ring.admit(read(path)?, path, &mut places)?;
                continue;
            }
            let files = key_files(path)?;
            if files.is_empty() {
                bail!("no file in {} is named *.key", path.display());
            }
            ring.files.extend(files.iter().cloned());
            for file in &files {
                if let Err(error) = read_plain(file).and_then(|key| ring.admit(key, file, &mut places)) {
                    complain(&format!("{error:#}; the other keys are used"));
                    ring.outcome = Outcome::Partly;
                }
            }
        }
        if ring.keys.is_empty() {
            bail!("no key is left of {} given", count(paths.len() as u64, "folder"));
        }
        Ok(ring)
    }

    /// Takes a key, unless it is there already. Two keys of one id could not be told apart in evidence.
    ///
    /// - `places`: where in the ring each id is.
    fn admit(&mut self, key: Key, file: &Path, places: &mut HashMap<KeyId, usize>) -> Result<()> {
        let id = key.id();
        let at = *places.entry(id).or_insert(self.keys.len());
        if let Some(known) = self.keys.get(at) {
            let (name, earlier) = (file.display(), self.sources[at].1.display());
            if *known.to_text() != *key.to_text() {
                bail!("key file {name}: another key than that of {earlier}, but with the same id {id}");
            }
            warn(&format!("key files {earlier} and {name} hold the same key, {id}; it is used once"));
            return Ok(());
        }
        self.keys.push(key);
        self.sources.push((id, file.into()));
        Ok(())
    }

    /// The ids of the keys, in their order.
    pub(crate) fn ids(&self) -> Vec<KeyId> {
        self.sources.iter().map(|&(id, _)| id).collect()
    }
}

/// The files of a folder that are named as key files are, by name.
fn key_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.extension() == Some(OsStr::new("key")) && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a key file of a folder: a pipe that happens to lie there might never end.
fn read_plain(path: &Path) -> Result<Key> {
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        bail!("key file {}: no plain file", path.display());
    }
    read(path)
}

/// Reads a key file, and warns if others could read it too.
pub(crate) fn read(path: &Path) -> Result<Key> {
    // The key itself where its file's name belongs: say so, and do not repeat it.
    if holds_key_text(path.as_os_str()) || (path.as_os_str().as_encoded_bytes().starts_with(b"gmk1") && !path.exists())
    {
        bail!("this looks like a key where the name of a key file belongs; keys are read from files only");
    }
    let name = path.display();
    let mut file = fs::File::open(path).with_context(|| format!("cannot open key file {name}"))?;
    warn_if_shared(&file, path);
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 1));
    Read::by_ref(&mut file)
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read key file {name}"))?;
    if bytes.len() as u64 > LONGEST {
        bail!("key file {name}: longer than {LONGEST} bytes, so it is no key file");
    }
    Key::parse_file(&bytes).with_context(|| format!("key file {name}"))
}

/// Writes a new key file that its owner alone may read. An existing file is left as it is.
pub(crate) fn write_new(path: &Path, key: &Key) -> Result<()> {
    let name = path.display();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => anyhow!("{name} exists and is not overwritten; choose another name with -o"),
        _ => anyhow!("cannot create key file {name}: {error}"),
    })?;
    let text = key.to_text();
    let written = file.write_all(text.as_bytes()).and_then(|()| file.write_all(b"\n")).and_then(|()| file.sync_all());
    written.map_err(|error| {
        // Half a key is no key.
        let _ = fs::remove_file(path);
        anyhow!("cannot write key file {name}: {error}")
    })
}

#[cfg(unix)]
fn warn_if_shared(file: &fs::File, path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = file.metadata() else { return };
    let mode = metadata.permissions().mode();
    if metadata.is_file() && mode & 0o077 != 0 {
        warn(&format!(
            "key file {} can be read by others (mode {:03o}); run: chmod 600 {0}",
            path.display(),
            mode & 0o777
        ));
    }
}

#[cfg(not(unix))]
fn warn_if_shared(_: &fs::File, _: &Path) {}

/// Whether an argument holds what looks like a key's text (SPEC §2.2): `gmk1` and 64 hexadecimal digits, wherever it stands.
pub(crate) fn holds_key_text(argument: &OsStr) -> bool {
    let bytes = argument.as_encoded_bytes();
    bytes.windows(4 + 64).any(|part| part.starts_with(b"gmk1") && part[4..].iter().all(u8::is_ascii_hexdigit))
}
