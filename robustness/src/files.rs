//! Files that are whole or not there.

use std::{
    io::{self, Write},
    path::Path,
};

use anyhow::{Context, Result};

/// Makes `path` hold what `write` writes, or leaves it as it was: a temporary file beside it, then a rename.
///
/// # Errors
/// Names `path`, and says what was wrong: an error of `write`, or why the file cannot be written.
pub fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let attempt = || -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        // As any new file has, less what the umask takes; a temporary one has 0600 otherwise.
        #[cfg(unix)]
        let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let mut file = io::BufWriter::new(builder.tempfile_in(folder).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::other("there is no such folder"),
            _ => error,
        })?);
        write(&mut file)?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(without_place).with_context(|| format!("cannot write {}", path.display()))
}

/// The system's error without the name that it may carry of a temporary file, which nobody asked for. Errors of our own stay.
pub fn without_place(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::Other => error,
        kind => kind.into(),
    }
}
