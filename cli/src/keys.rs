//! Key files. SPEC §2.3.

use std::{
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::{ErrorKind, Read, Write},
    path::Path,
};

use anyhow::{Context, Result, anyhow, bail};
use greenmark::Key;
use zeroize::Zeroizing;

use crate::output::warn;

/// More than any key file holds, so that a wrong path does not read a disk.
const LONGEST: u64 = 1024;

/// Draws a key from the operating system's generator.
pub(crate) fn fresh() -> Result<Key> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut bytes[..]).map_err(|error| anyhow!("the system gives no random bytes: {error}"))?;
    Ok(Key::from_bytes(*bytes))
}

/// Reads a key file, and warns if others could read it too.
pub(crate) fn read(path: &Path) -> Result<Key> {
    // The key itself where its file's name belongs: say so, and do not repeat it.
    if path.as_os_str().as_encoded_bytes().starts_with(b"gmk1") && !path.exists() {
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
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        anyhow!("key file {name}: not text from byte {} on, so it is no key file", error.valid_up_to())
    })?;
    let text = text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
    Key::parse(text).with_context(|| format!("key file {name}"))
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
