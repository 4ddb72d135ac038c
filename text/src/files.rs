//! Files that are written whole or not at all, and the SHA-256 of a file.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use sha2::{Digest, Sha256};

use crate::fmt::hex;

/// A file that could not be written. Its source says why.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Temporary files of writes that are under way.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what [`write_file`] has begun and not finished, for a process that ends in its midst.
pub fn remove_unfinished() {
    for path in unfinished().drain(..) {
        // Whoever finished or removed it meanwhile has done what was to be done.
        let _ = fs::remove_file(path);
    }
}

/// Writes a file whole, or leaves it as it was: writes a temporary file beside it, then renames
/// that.
///
/// - `write`: writes the content.
///
/// # Errors
/// [`WriteError`] if `write` fails, or the file cannot be written.
pub fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), WriteError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let attempt = || -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        // The mode of any new file, less the umask; a temporary file has 0600 otherwise.
        #[cfg(unix)]
        let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let file = builder.tempfile_in(folder).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::other("there is no such folder"),
            _ => error,
        })?;
        let temporary = file.path().to_owned();
        unfinished().push(temporary.clone());
        let _listed = Listed(temporary);
        let mut file = io::BufWriter::new(file);
        write(&mut file)?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(without_place).map_err(|source| WriteError { path: path.to_owned(), source })
}

/// A temporary file that is listed as unfinished.
struct Listed(PathBuf);

impl Drop for Listed {
    fn drop(&mut self) {
        unfinished().retain(|path| *path != self.0);
    }
}

/// Drops the name of a temporary file that the system's error may carry. Errors of our own stay.
pub fn without_place(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::Other => error,
        kind => kind.into(),
    }
}

/// Returns the SHA-256 of a file's content, in hexadecimal, and the number of its bytes.
///
/// # Errors
/// If the file cannot be read.
pub fn sha256(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut block) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        match file.read(&mut block)? {
            0 => break,
            length => {
                hash.update(&block[..length]);
                bytes += length as u64;
            }
        }
    }
    Ok((hex(&hash.finalize()), bytes))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("words.txt");
        write_file(&path, |file| file.write_all(b"abc")).expect("a writable folder");
        let error = write_file(&path, |file| {
            file.write_all(b"abcd")?;
            Err(io::Error::other("no more words"))
        });
        assert_eq!(said(&error.expect_err("it stopped")), format!("cannot write {}: no more words", path.display()));
        assert_eq!(fs::read(&path).expect("written"), b"abc");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        let error = write_file(&folder.path().join("none/words.txt"), |_| Ok(())).expect_err("no folder");
        assert!(said(&error).ends_with("words.txt: there is no such folder"), "{error:?}");
    }

    fn said(error: &WriteError) -> String {
        format!("{error}: {}", error.source)
    }

    /// FIPS 180-2, appendix B.1.
    #[test]
    fn the_hash_is_that_of_the_content() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("abc");
        fs::write(&path, "abc").expect("writable");
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&path).expect("readable"), (expected.to_owned(), 3));
    }
}
