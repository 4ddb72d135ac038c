//! The folder of a run: what it is of, so that only the same run goes on in it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::{
    plan::{Extent, Plan},
    results::FORMAT,
};
use crate::{journal::difference, setup::describe};
use greenmark_text::files::write_file;

/// Conditions that the figures in a folder depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// Layout of the folder and of its results.
    pub format: String,
    /// Version of Greenmark.
    pub version: String,
    /// The suite.
    pub suite: String,
    /// Texts of a mark.
    pub texts: usize,
    /// The model's name.
    pub model: String,
    /// SHA-256 of the model's file.
    pub model_sha256: Option<String>,
    /// The name of the model that attacks.
    pub attacker: String,
    /// SHA-256 of its file.
    pub attacker_sha256: Option<String>,
    /// URL and name of the model that paraphrases in its place.
    pub endpoint: Option<String>,
    /// Marks in place of the suite's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<Vec<String>>,
    /// The temperature, where it is another than the suite's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// SHA-256 of the file of prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<String>,
    /// SHA-256 of the file of texts by people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human: Option<String>,
    /// Seed of everything.
    pub seed: u64,
}

impl Identity {
    /// Returns the identity of a run of a suite by this version of Greenmark.
    ///
    /// - `model_sha256`, `attacker_sha256`: of their files; `None` for the built-in model.
    pub fn of(plan: &Plan, model_sha256: Option<String>, attacker_sha256: Option<String>, seed: u64) -> Self {
        let suite = Plan::of(plan.suite);
        Self {
            format: FORMAT.into(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            suite: plan.suite.to_string(),
            texts: plan.texts,
            model: plan.model.clone(),
            model_sha256,
            attacker: plan.attacker.clone(),
            attacker_sha256,
            endpoint: plan.endpoint.as_ref().map(|at| format!("{} {}", at.url, at.model)),
            marks: (!plan.marks().eq(suite.marks())).then(|| plan.marks().map(|mark| describe(Some(*mark))).collect()),
            temperature: Some(plan.temperature).filter(|temperature| *temperature != suite.temperature),
            prompts: plan.prompts.as_ref().map(|own| own.sha256.clone()),
            human: plan.human.as_ref().map(|own| own.sha256.clone()),
            seed,
        }
    }
}

/// Members of [`Identity`] by the names that a message gives them.
const NAMES: [(&str, &str); 14] = [
    ("format", "layout"),
    ("version", "version"),
    ("suite", "--suite"),
    ("texts", "--texts"),
    ("model", "model"),
    ("model_sha256", "model's file"),
    ("attacker", "--attacker"),
    ("attacker_sha256", "attacker's file"),
    ("endpoint", "--endpoint"),
    ("marks", "--mark"),
    ("temperature", "--temperature"),
    ("prompts", "--prompts"),
    ("human", "--human"),
    ("seed", "--seed"),
];

/// `run.json`: what the folder is of, and how its run went so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Record {
    #[serde(flatten)]
    identity: Identity,
    /// Commits of the programs that made something in it, in that order.
    commits: Vec<String>,
    /// Seconds that they took for what they made.
    seconds: f64,
}

/// A folder that a run may write in.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    record: Record,
    /// The commit of this program, where it is known.
    commit: Option<String>,
    /// Held as long as this run is at work.
    _lock: File,
}

impl Folder {
    /// Makes the folder, or goes on in it. A run that makes nothing more has to be there.
    ///
    /// - `commit`: of this program.
    ///
    /// # Errors
    /// If it is of another run, holds something else, or cannot be written.
    pub fn open(path: &Path, extent: Extent, identity: Identity, commit: Option<&str>) -> Result<Self> {
        let name = path.display();
        if extent == Extent::Whole {
            fs::create_dir_all(path).with_context(|| format!("cannot make {name}"))?;
        }
        let file = path.join("run.json");
        let record = match fs::read(&file) {
            Ok(bytes) => {
                let record: Record = serde_json::from_slice(&bytes)
                    .with_context(|| format!("{} is no record of a run: choose another folder", file.display()))?;
                if let Some(difference) = difference(&identity, &record.identity, &NAMES) {
                    bail!("{name} holds another run ({difference}): choose another folder, or remove this one");
                }
                let seconds = record.seconds;
                ensure!(seconds.is_finite() && seconds >= 0.0, "{}: {seconds} is no time in seconds", file.display());
                record
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && extent == Extent::AsItIs => {
                bail!("{name} holds no run, so there is nothing to report");
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_empty = fs::read_dir(path).with_context(|| format!("{name}"))?.next().is_none();
                if !is_empty {
                    bail!("{name} is not empty, and holds no run: choose another folder");
                }
                Record { identity, commits: Vec::new(), seconds: 0.0 }
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        };
        let lock = path.join("lock");
        let lock = File::create(&lock).with_context(|| format!("cannot write {}", lock.display()))?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            bail!("another run is at work in {name}: wait for it, or choose another folder");
        }
        let folder = Self { path: path.to_owned(), record, commit: commit.map(str::to_owned), _lock: lock };
        if extent == Extent::Whole {
            folder.save()?;
        }
        Ok(folder)
    }

    /// Puts on record that something was made, and how long it took.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn made_something(&mut self, took: Duration) -> Result<()> {
        self.record.seconds += took.as_secs_f64();
        let new = self.commit.clone().filter(|commit| !self.record.commits.contains(commit));
        self.record.commits.extend(new);
        self.save()
    }

    fn save(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.record)?;
        self.write("run.json", &text)
    }

    /// Makes a file hold this text, or leaves it as it was.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(write_file(&self.path.join(name), |file| file.write_all(text.as_bytes()))?)
    }

    /// Returns a folder within, made if need be.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn within(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(path)
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Seconds on record.
    pub fn seconds(&self) -> f64 {
        self.record.seconds
    }

    /// Commits on record, oldest first; `None` where none is known.
    pub fn commits(&self) -> Option<String> {
        (!self.record.commits.is_empty()).then(|| self.record.commits.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::Suite;

    fn identity(seed: u64) -> Identity {
        Identity::of(&Plan::of(Suite::Quick), None, None, seed)
    }

    #[test]
    fn only_the_same_run_goes_on() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("run");
        let error = Folder::open(&path, Extent::AsItIs, identity(1), None).expect_err("no run").to_string();
        assert!(error.contains("holds no run") && !path.exists(), "{error}");
        let mut first = Folder::open(&path, Extent::Whole, identity(1), Some("abc")).expect("a new folder");
        first.made_something(Duration::from_secs(2)).expect("a writable folder");
        drop(first);
        let idle = Folder::open(&path, Extent::Whole, identity(1), Some("idle")).expect("the same run");
        drop(idle);
        let mut again = Folder::open(&path, Extent::AsItIs, identity(1), Some("abd")).expect("the same run");
        again.made_something(Duration::from_secs(3)).expect("a writable folder");
        assert_eq!(again.seconds(), 5.0);
        let error = Folder::open(&path, Extent::Whole, identity(1), None).expect_err("it is at work").to_string();
        assert!(error.contains("another run is at work"), "{error}");
        assert_eq!(again.commits().as_deref(), Some("abc, abd"));
        let error = Folder::open(&path, Extent::Whole, identity(2), None).expect_err("another seed").to_string();
        assert!(error.contains("--seed: 1 there, 2 here"), "{error}");
        let older = Identity { version: "0.0.1".into(), ..identity(1) };
        let error = Folder::open(&path, Extent::Whole, older, None).expect_err("another version").to_string();
        assert!(error.contains("version: 0.1.0 there, 0.0.1 here"), "{error}");
    }

    #[test]
    fn a_folder_of_something_else_is_left_alone() {
        let parent = tempfile::tempdir().expect("a folder");
        fs::write(parent.path().join("thesis.txt"), "years of work").expect("writable");
        assert!(Folder::open(parent.path(), Extent::Whole, identity(1), None).is_err());
        fs::write(parent.path().join("run.json"), "{}").expect("writable");
        assert!(Folder::open(parent.path(), Extent::Whole, identity(1), None).is_err());
    }
}
