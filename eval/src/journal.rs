//! Files of JSON Lines that grow while a run goes on, and outlive its being broken off.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    marker::PhantomData,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// A file with one record a line.
#[derive(Debug)]
pub struct Journal<T> {
    path: PathBuf,
    /// Opened when there is something to write.
    file: Option<File>,
    records: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Returns the journal, to which records are added, and the records so far. What follows the
    /// last line break was cut off in writing, and is removed.
    ///
    /// # Errors
    /// The file, or the line of it that is no such record.
    pub fn open(path: &Path) -> Result<(Self, Vec<T>)> {
        let mut records = Vec::new();
        if path.exists() {
            let mut lines =
                BufReader::new(File::open(path).with_context(|| format!("cannot read {}", path.display()))?);
            let (mut line, mut whole) = (Vec::new(), 0);
            let mut next = |line: &mut Vec<u8>| {
                lines.read_until(b'\n', line).with_context(|| format!("cannot read {}", path.display()))
            };
            while next(&mut line)? > 0 && line.last() == Some(&b'\n') {
                whole += line.len() as u64;
                let record = serde_json::from_slice(&line).with_context(|| {
                    format!(
                        "{}, line {} is none of its kind (remove it, and it is made again)",
                        path.display(),
                        records.len() + 1
                    )
                })?;
                records.push(record);
                line.clear();
            }
            let file = fs::OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(whole));
            file.with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok((Self { path: path.to_owned(), file: None, records: PhantomData }, records))
    }

    /// Adds a record, as a whole line at once.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add(&mut self, record: &T) -> Result<()> {
        let mut line = serde_json::to_string(record)?;
        line.push('\n');
        let file = match &mut self.file {
            Some(file) => file,
            closed => closed.insert(
                fs::OpenOptions::new()
                    .append(true)
                    .create(true)
                    .open(&self.path)
                    .with_context(|| format!("cannot write {}", self.path.display()))?,
            ),
        };
        file.write_all(line.as_bytes()).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// Returns the first member in which the options of two runs differ, for a message.
///
/// - `names`: members by the names that a message gives them, the most telling first; others
///   follow under their own.
pub(crate) fn difference<T: Serialize>(here: &T, there: &T, names: &[(&str, &str)]) -> Option<String> {
    let [here, there] = [here, there].map(|options| json!(options));
    let others = here.as_object()?.keys().map(|member| (&**member, &**member));
    let (member, name) = names.iter().copied().chain(others).find(|(member, _)| here[*member] != there[*member])?;
    let [here, there] = [&here[member], &there[member]].map(|value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    });
    Some(format!("{name}: {there} there, {here} here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_off_goes_and_what_is_wrong_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("numbers.jsonl");
        let (mut journal, found) = Journal::<u64>::open(&path).expect("none yet");
        assert!(found.is_empty() && !path.exists());
        (1..=3).for_each(|number| journal.add(&(100 * number)).expect("a writable folder"));
        let bytes = fs::read(&path).expect("written");
        fs::write(&path, &bytes[..bytes.len() - 2]).expect("writable");
        let (mut journal, found) = Journal::<u64>::open(&path).expect("numbers");
        assert_eq!(found, [100, 200]);
        journal.add(&7).expect("writable");
        assert_eq!(fs::read_to_string(&path).expect("text"), "100\n200\n7\n");
        fs::write(&path, "1\nmany\n").expect("writable");
        let error = Journal::<u64>::open(&path).expect_err("not a number").to_string();
        assert!(error.contains("numbers.jsonl, line 2 is none"), "{error}");
    }
}
