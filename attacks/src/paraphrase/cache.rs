//! Answers that were paid for once.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use greenmark_text::{files::write_file, fmt::hex};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A folder with a file for each answer, named by what was asked of whom.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

/// Content of a file.
#[derive(Deserialize)]
struct Entry {
    answer: Option<String>,
}

impl Cache {
    /// Returns a cache in a folder, which is made if it is not there.
    pub(super) fn open(folder: &Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|error| format!("cannot make the cache {}: {error}", folder.display()))?;
        Ok(Self { folder: folder.into() })
    }

    /// Returns the answer to a question, if it is there. A file that cannot be read as an answer is
    /// as if it were not.
    pub(super) fn get(&self, question: &Value) -> Result<Option<Option<String>>, String> {
        let path = self.path(question);
        match fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok().map(|entry: Entry| entry.answer)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("cannot read {}: {error}", path.display())),
        }
    }

    /// Keeps an answer. The file is whole or not there.
    pub(super) fn put(&self, question: &Value, answer: Option<&str>) -> Result<(), String> {
        let entry = json!({ "answer": answer });
        write_file(&self.path(question), |file| Ok(serde_json::to_writer(file, &entry)?)).map_err(|error| {
            let reason = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            format!("{error}: {reason}")
        })
    }

    fn path(&self, question: &Value) -> PathBuf {
        self.folder.join(hex(&Sha256::digest(question.to_string())) + ".json")
    }
}
