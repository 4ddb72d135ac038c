//! Key files, and folders of them. SPEC §2.3.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use greenmark::Key;
use zeroize::Zeroizing;

use crate::output::{warn, without_number, write_new_file};

/// More than any key file holds, so that a wrong path does not read a disk.
const LONGEST: u64 = 1024;

/// Draws a key from the operating system's generator.
pub(crate) fn fresh() -> Result<Key> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut bytes[..]).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    Ok(Key::from_bytes(*bytes))
}

/// The keys that a command is given without a profile, or where the environment says they are.
///
/// - `takes_stdin`: whether the command reads a text or a prompt from standard input.
pub(crate) fn paths(given: &[PathBuf], has_profile: bool, takes_stdin: bool) -> Result<Vec<PathBuf>> {
    let from_stdin = given.iter().filter(|path| path.as_os_str() == STDIN).count();
    if from_stdin > usize::from(!takes_stdin) {
        bail!("--key-file -: standard input can be read once, and holds one key");
    }
    Ok(match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) if given.is_empty() && !has_profile => vec![path.into()],
        _ => given.to_vec(),
    })
}

/// Stands for standard input.
const STDIN: &str = "-";
/// Names a key file, for scripts.
const VARIABLE: &str = "GREENMARK_KEY_FILE";

/// Returns the files of a folder that are named as key files are, by name.
pub(crate) fn key_files(folder: &Path) -> Result<Vec<PathBuf>> {
    files_named(folder, &[".key"])
}

/// Returns the plain files of a folder with one of some endings, by name. Hidden ones are left out;
/// those that cannot be looked at, as links that lead nowhere, are not.
pub(crate) fn files_named(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let is_named = endings.iter().any(|ending| name.ends_with(ending.as_bytes())) && !name.starts_with(b".");
        // A pipe that happens to lie there might never end.
        if is_named && fs::metadata(&path).map_or(true, |metadata| metadata.is_file()) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a key file, and warns if others could read it too.
pub(crate) fn read(path: &Path) -> Result<Key> {
    // The key itself where its file's name belongs: say so, and do not repeat it.
    if holds_key_text(path.as_os_str()) || (path.as_os_str().as_encoded_bytes().starts_with(b"gmk1") && !path.exists())
    {
        bail!("this looks like a key where the name of a key file belongs; keys are read from files only");
    }
    let name = path.display();
    if path.is_dir() {
        bail!("{name} is a folder: name a key file in it");
    }
    let bytes = content(path).map_err(|error| anyhow!("cannot read key file {name}: {}", without_number(&error)))?;
    Key::parse_file(&bytes).with_context(|| format!("key file {name}"))
}

/// Reads what should be a key file, and warns if others could read it too.
pub(crate) fn content(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST as usize + 1));
    if path.as_os_str() == STDIN {
        io::stdin().lock().take(LONGEST + 1).read_to_end(&mut bytes)?;
    } else {
        let file = fs::File::open(path)?;
        warn_if_shared(&file, path);
        file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::other(format!("longer than {LONGEST} bytes, so it is no key file")));
    }
    Ok(bytes)
}

/// Reads the key file that a profile names: the profile is public, and could name a pipe.
pub(crate) fn content_of_profile(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    if fs::metadata(path)?.is_file() { content(path) } else { Err(io::Error::other("not a plain file")) }
}

/// Writes a new key file that its owner alone may read. An existing file is left as it is.
pub(crate) fn write_new(path: &Path, key: &Key) -> Result<()> {
    let text = key.to_text();
    // Room from the start: a move would leave a copy behind that nothing erases.
    let mut line = Zeroizing::new(String::with_capacity(text.len() + 1));
    line.push_str(&text);
    line.push('\n');
    write_new_file(path, "key file ", line.as_bytes(), true)
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

/// Returns true if an argument holds what looks like a key's text (SPEC §2.2): `gmk1` and 64
/// hexadecimal digits, wherever it stands.
pub(crate) fn holds_key_text(argument: &OsStr) -> bool {
    let bytes = argument.as_encoded_bytes();
    bytes.windows(4 + 64).any(|part| part.starts_with(b"gmk1") && part[4..].iter().all(u8::is_ascii_hexdigit))
}
