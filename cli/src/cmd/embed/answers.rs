//! Where the lines of `embed --prompts` go: standard output, or a file with which a later run goes on.

use std::{
    collections::{HashMap, HashSet},
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, ErrorKind, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use serde::Deserialize;

use crate::{
    output::{print_line, printable, without_number},
    texts::{Prompt, Source},
};

/// The file of `--output`, with what an earlier run left in it.
pub(crate) struct Answers {
    path: PathBuf,
    /// The lines of the earlier run.
    lines: Vec<Answer>,
    /// Bytes of these lines. What follows was cut off in writing.
    whole: u64,
}

/// A line, as far as it tells the run that wrote it.
#[derive(Deserialize)]
struct Answer {
    id: String,
    prompt: String,
    seed: u64,
    run: String,
}

impl Answers {
    /// Reads the file, if it is there.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let mut answers = Self { path: path.to_owned(), lines: Vec::new(), whole: 0 };
        let unreadable = |error: &std::io::Error| anyhow!("cannot read {name}: {}", without_number(error));
        let file = match File::open(path) {
            Ok(file) if path.is_file() => file,
            Ok(_) => bail!("--output {name} is not a plain file"),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(answers),
            Err(error) => return Err(unreadable(&error)),
        };
        let (mut reader, mut line) = (BufReader::new(file), Vec::new());
        while reader.read_until(b'\n', &mut line).map_err(|error| unreadable(&error))? > 0 {
            let Ok(answer) = serde_json::from_slice(&line) else {
                // The last line may be half a line, if nothing but a line begins so.
                if !line.ends_with(b"\n") && line.starts_with(br#"{"id":"#) {
                    break;
                }
                bail!(
                    "--output {name}, line {}: not of `embed --prompts`; the file stays as it is",
                    answers.lines.len() + 1
                );
            };
            if !line.ends_with(b"\n") {
                break;
            }
            answers.lines.push(answer);
            answers.whole += line.len() as u64;
            line.clear();
        }
        Ok(answers)
    }

    /// Returns the seed that the earlier run drew with.
    pub(crate) fn seed(&self) -> Option<u64> {
        self.lines.first().map(|answer| answer.seed)
    }

    /// Opens the file to go on.
    ///
    /// - `run`: fingerprint of this run's settings.
    ///
    /// # Errors
    /// If another run wrote the file.
    pub(crate) fn open(self, run: &str, source: &Source) -> Result<Sink> {
        let name = self.path.display();
        if !self.lines.is_empty() {
            self.check(run, source).with_context(|| format!("--output {name}"))?;
        }
        let open = || {
            let file = OpenOptions::new().create(true).append(true).open(&self.path)?;
            file.set_len(self.whole)?;
            Ok(file)
        };
        let file = open().map_err(|error| anyhow!("cannot write {name}: {}", without_number(&error)))?;
        let done = self.lines.into_iter().map(|answer| answer.id).collect();
        Ok(Sink { file: Some((file, self.path)), done })
    }

    /// Refuses lines of another run.
    fn check(&self, run: &str, source: &Source) -> Result<()> {
        if let Some(at) = self.lines.iter().position(|answer| answer.run != run) {
            bail!(
                "line {} was written with other settings than these (model, key, scheme, sampling, length, seed, the form \
                 of the prompt): repeat them, or choose another file",
                at + 1
            );
        }
        let mut left: HashMap<&str, (usize, &str)> = HashMap::new();
        for (at, answer) in self.lines.iter().enumerate() {
            left.insert(&answer.id, (at + 1, &answer.prompt));
        }
        for prompt in source.prompts()?.flatten() {
            if left.get(&*prompt.id).is_some_and(|(_, known)| *known == prompt.prompt) {
                left.remove(&*prompt.id);
            }
        }
        match left.into_iter().min_by_key(|(_, (line, _))| *line) {
            None => Ok(()),
            Some((id, (line, _))) => {
                bail!("line {line}: `{}` with its prompt is not in {}", printable(id), source.name())
            }
        }
    }
}

/// Takes the lines.
#[derive(Default)]
pub(crate) struct Sink {
    file: Option<(File, PathBuf)>,
    /// Ids whose lines are there already.
    pub(crate) done: HashSet<String>,
}

impl Sink {
    pub(crate) fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(|(_, path)| &**path)
    }

    /// Writes a line, whole at once.
    pub(crate) fn write(&self, line: &str) -> Result<()> {
        match &self.file {
            None => print_line(line),
            Some((file, path)) => (&mut &*file)
                .write_all(format!("{line}\n").as_bytes())
                .with_context(|| format!("cannot write {}", path.display())),
        }
    }
}

/// Refuses prompts of which two have the same id. Lines that cannot be read are left for the run to
/// name.
pub(crate) fn refuse_twins(source: &Source) -> Result<()> {
    let mut lines: HashMap<String, u64> = HashMap::new();
    for Prompt { id, line, .. } in source.prompts()?.flatten() {
        if let Some(first) = lines.get(&id) {
            bail!("{}, line {line}: its id `{}` is that of line {first} too", source.name(), printable(&id));
        }
        lines.insert(id, line);
    }
    Ok(())
}
