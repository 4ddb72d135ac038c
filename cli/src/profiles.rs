//! Profiles and keys that a command asks, from files and folders. SPEC §12.

use std::{
    ffi::OsStr,
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Result, anyhow, bail};
use greenmark::{Key, Scheme};
use greenmark_text::{Ask, Profile, ProfileTokenizer, Registry, Tokenizer, relative_path, tokenizer_named_by};
use zeroize::Zeroizing;

use crate::{
    keys, models,
    output::{count, warn, without_number, write_new_file},
};

const ENDING: &str = ".profile.json";
/// More than any profile holds, so that a wrong path does not read a disk.
const LONGEST: u64 = 1 << 20;

/// Keys that no profile names, with their files.
type BareKeys = Vec<(PathBuf, Key)>;

/// A profile with its key.
#[derive(Debug)]
pub(crate) struct Deployment {
    found: greenmark_text::Deployment,
    path: PathBuf,
}

impl Deployment {
    /// Reads a profile and the key that it names.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let (name, folder) = (path.display().to_string(), folder_of(path));
        let profile = Profile::parse(&read_profile(path)?).map_err(|error| anyhow!("profile {name}: {error}"))?;
        let mut stored = Vec::new();
        if profile.key_file.is_none() {
            // Another key's file may be broken; the one that fits decides.
            let readable = keys::key_files(folder)?.into_iter().filter_map(|file| keys::content(&file).ok());
            stored.extend(readable.filter_map(|bytes| Key::parse_file(&bytes).ok()));
        }
        let read = |file: &str| keys::content_of_profile(&folder.join(file)).map(|bytes| Key::parse_file(&bytes));
        let found = greenmark_text::Deployment::new(profile, &name, &stored, read)?;
        Ok(Self { found, path: path.into() })
    }

    pub(crate) fn profile(&self) -> &Profile {
        &self.found.profile
    }

    pub(crate) fn key(&self) -> &Key {
        &self.found.key
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.profile().scheme
    }

    /// Returns the profile's tokenizer.
    ///
    /// - `given`: what `--tokenizer` names.
    #[cfg(feature = "eval")]
    pub(crate) fn tokenizer(&self, given: Option<&str>) -> Result<Tokenizer> {
        let given = given.map(models::tokenizer).transpose()?.map(Arc::new);
        let tokenizer = self.resolve(given.as_ref())?;
        drop(given);
        Ok(Arc::into_inner(tokenizer).expect("nobody else has it"))
    }

    /// Returns the profile's tokenizer: that of its file, else the one given, else one known by its
    /// fingerprint. SPEC §12.2.
    fn resolve(&self, given: Option<&Arc<Tokenizer>>) -> Result<Arc<Tokenizer>> {
        let (profile, path) = (self.profile(), self.path.display());
        let ProfileTokenizer { name, fingerprint, file } = &profile.tokenizer;
        let differs = |from: &str, tokenizer: &Tokenizer| {
            let found = tokenizer.fingerprint();
            anyhow!("profile {path}: {from} is another tokenizer ({found}) than the profile's, {name} ({fingerprint})")
        };
        if let Some(file) = file {
            let file = folder_of(&self.path).join(file);
            if file.exists() && !file.is_file() {
                bail!("profile {path}: its tokenizer {} is not a plain file", file.display());
            }
            let tokenizer = Tokenizer::from_file(&file).map_err(|error| anyhow!("profile {path}: {error}"))?;
            let is_it = tokenizer.fingerprint() == fingerprint;
            return if is_it { Ok(tokenizer.into()) } else { Err(differs(&file.display().to_string(), &tokenizer)) };
        }
        if let Some(given) = given.filter(|given| given.fingerprint() == fingerprint) {
            return Ok(given.clone());
        }
        if let Some(known) = tokenizer_named_by(fingerprint) {
            return Ok(models::tokenizer(known).map_err(|error| anyhow!("profile {path}: {error:#}"))?.into());
        }
        match given {
            Some(given) => Err(differs("--tokenizer", given)),
            None => {
                bail!("profile {path}: its tokenizer, {name} ({fingerprint}), is not at hand: give --tokenizer FILE")
            }
        }
    }
}

/// Everything that a command is to ask.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) deployments: Vec<Deployment>,
    /// Keys without a profile, each once.
    pub(crate) keys: Vec<Key>,
    /// The files of `keys`.
    sources: Vec<PathBuf>,
    /// Key files given one by one whose keys belong to a profile, with its name.
    pub(crate) of_profiles: Vec<(PathBuf, String)>,
    /// Every file that was looked into.
    pub(crate) files: Vec<PathBuf>,
}

impl Asked {
    /// Reads profiles, key files, and folders of both.
    ///
    /// - `profiles`: files.
    /// - `paths`: key files and folders.
    pub(crate) fn read(profiles: &[PathBuf], paths: &[PathBuf]) -> Result<Self> {
        let mut asked = Self::default();
        for path in profiles {
            asked.admit(Deployment::read(path)?)?;
        }
        let mut bare = Vec::new();
        for path in paths {
            if path.is_dir() {
                let (deployments, keys) = asked.folder(path)?;
                deployments.into_iter().try_for_each(|deployment| asked.admit(deployment))?;
                bare.extend(keys);
            } else if path.as_os_str().as_encoded_bytes().ends_with(ENDING.as_bytes()) {
                bail!("{} is a profile: give it with --profile", path.display());
            } else {
                bare.push((path.clone(), keys::read(path)?));
            }
        }
        for (file, key) in bare {
            asked.files.push(file.clone());
            // A profile's key is asked under its profiles alone. SPEC §12.4.
            match asked.deployments.iter().find(|deployment| deployment.found.names(&key)) {
                None => asked.admit_key(key, file)?,
                Some(deployment) if paths.contains(&file) => {
                    let name = deployment.profile().name.clone();
                    asked.of_profiles.push((file, name));
                }
                Some(_) => {}
            }
        }
        Ok(asked)
    }

    /// Reads a folder: its deployments, and the bare keys beside them.
    fn folder(&mut self, folder: &Path) -> Result<(Vec<Deployment>, BareKeys)> {
        let paths = keys::files_named(folder, &[ENDING, ".key"])?;
        if paths.is_empty() {
            bail!("no file in {} is named *.key or *{ENDING}", folder.display());
        }
        let mut files: Vec<(String, Zeroizing<Vec<u8>>)> = Vec::new();
        for path in &paths {
            let name = path.display();
            let content = if path.extension() == Some(OsStr::new("key")) {
                keys::content(path)
                    .map_err(|error| anyhow!("cannot read key file {name}: {}", without_number(&error)))?
            } else {
                read_profile(path)?
            };
            files.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), content));
        }
        let registry = Registry::read(&files, |file| keys::content_of_profile(&folder.join(file)))
            .map_err(|error| anyhow!("{}: {error}", folder.display()))?;
        self.files.extend(paths);
        let deployments =
            registry.deployments.into_iter().map(|(file, found)| Deployment { found, path: folder.join(file) });
        let bare = registry.bare.into_iter().map(|(file, key)| (folder.join(file), key));
        Ok((deployments.collect(), bare.collect()))
    }

    /// Takes a profile, unless it is there already.
    fn admit(&mut self, deployment: Deployment) -> Result<()> {
        let name = &deployment.profile().name;
        if let Some(known) = self.deployments.iter().find(|known| known.profile().name == *name) {
            if known.path.canonicalize().ok() == deployment.path.canonicalize().ok() {
                return Ok(());
            }
            bail!("profiles {} and {} are both called `{name}`", known.path.display(), deployment.path.display());
        }
        self.files.push(deployment.path.clone());
        self.deployments.push(deployment);
        Ok(())
    }

    /// Takes a key, unless it is there already. Two keys of one id could not be told apart in
    /// evidence.
    fn admit_key(&mut self, key: Key, file: PathBuf) -> Result<()> {
        if let Some(at) = self.keys.iter().position(|known| known.id() == key.id()) {
            let (name, earlier, id) = (file.display(), self.sources[at].display(), key.id());
            if self.keys[at] != key {
                bail!("key file {name}: another key than that of {earlier}, but with the same id {id}");
            }
            warn(&format!("key files {earlier} and {name} hold the same key, {id}; it is used once"));
            return Ok(());
        }
        self.keys.push(key);
        self.sources.push(file);
        Ok(())
    }

    /// Returns the file of a key without a profile.
    pub(crate) fn source(&self, key: usize) -> &Path {
        &self.sources[key]
    }

    /// Returns the number of pairs of a key and a scheme.
    pub(crate) fn count(&self, schemes: &[Scheme]) -> usize {
        self.deployments.len() + self.keys.len() * schemes.len()
    }

    /// Returns the questions about texts that are given as ids.
    pub(crate) fn of_ids(&self, schemes: &[Scheme]) -> Vec<Ask<'_>> {
        let named = self
            .deployments
            .iter()
            .map(|deployment| Ask::new(deployment.key(), deployment.scheme()).profile(&deployment.profile().name));
        named.chain(Ask::all(&self.keys, schemes, None)).collect()
    }

    /// Returns the questions about texts of characters, with the tokenizers loaded. SPEC §12.4.
    ///
    /// - `tokenizer`: what `--tokenizer` names.
    pub(crate) fn of_texts(&self, schemes: &[Scheme], tokenizer: Option<&str>) -> Result<Vec<Ask<'_>>> {
        if tokenizer.is_none() && !self.keys.is_empty() {
            let file = self.sources[0].display();
            bail!(
                "which tokenizer read the text is not known, and under another one the answer means nothing: key {file} \
                 has no profile, so give --profile FILE, or --tokenizer with the tokenizer of the model that may have \
                 written the text (a tokenizer.json, a GGUF file, smollm2, or demo for the built-in model)"
            );
        }
        let given = tokenizer.map(models::tokenizer).transpose()?.map(Arc::new);
        let mut loaded: Vec<Arc<Tokenizer>> = Vec::new();
        let mut asks = self.of_ids(schemes);
        for (ask, deployment) in asks.iter_mut().zip(&self.deployments) {
            let fingerprint = &deployment.profile().tokenizer.fingerprint;
            // Without a file, what was found once is found again.
            let known = loaded.iter().find(|tokenizer| tokenizer.fingerprint() == fingerprint);
            let tokenizer = match known.filter(|_| deployment.profile().tokenizer.file.is_none()) {
                Some(known) => known.clone(),
                None => deployment.resolve(given.as_ref())?,
            };
            ask.tokenizer = Some(tokenizer.clone());
            loaded.push(tokenizer);
        }
        if let Some(given) = &given {
            for ask in &mut asks[self.deployments.len()..] {
                ask.tokenizer = Some(given.clone());
            }
            let is_used = asks
                .iter()
                .flat_map(|ask| &ask.tokenizer)
                .any(|tokenizer| tokenizer.fingerprint() == given.fingerprint());
            if !is_used {
                let (name, fingerprint) = (tokenizer.unwrap_or_default(), given.fingerprint());
                let profiles = count(self.deployments.len() as u64, "profile");
                bail!(
                    "--tokenizer {name} ({fingerprint}) is another tokenizer than that of the {profiles} asked about"
                );
            }
        }
        Ok(asks)
    }
}

/// Returns the name of a profile's file.
pub(crate) fn file_name(name: &str) -> String {
    format!("{name}{ENDING}")
}

/// Returns the folder that a file is in, or would be.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read_profile(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let name = path.display();
    if path.is_dir() {
        bail!("{name} is a folder: give it with --key-file, or name a profile in it");
    }
    // Somebody may have named a key file.
    let mut bytes = Zeroizing::new(Vec::new());
    let read = fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| anyhow!("cannot read profile {name}: {}", without_number(&error)))?;
    if bytes.len() as u64 > LONGEST {
        bail!("profile {name}: too long for a profile");
    }
    Ok(bytes)
}

/// Writes a new profile. An existing file is left as it is.
pub(crate) fn write_new(path: &Path, profile: &Profile) -> Result<()> {
    write_new_file(path, "profile ", profile.to_json().as_bytes(), false)
}

/// Returns a file's path as a profile in `folder` holds it.
pub(crate) fn path_in_profile(folder: &Path, file: &Path) -> Result<String> {
    let absolute = |path: &Path| path.canonicalize().map_err(|error| anyhow!("{}: {error}", path.display()));
    let path = relative_path(&absolute(folder)?, &absolute(file)?);
    path.ok_or_else(|| anyhow!("{} has no path from {} that a profile can hold", file.display(), folder.display()))
}

/// Returns a tokenizer as a profile in `folder` names it.
///
/// - `given`: `demo`, `smollm2`, or a file.
pub(crate) fn tokenizer_in_profile(folder: &Path, given: &str, tokenizer: &Tokenizer) -> Result<ProfileTokenizer> {
    let (name, file) = if tokenizer_named_by(tokenizer.fingerprint()) == Some(given) {
        (given, None)
    } else {
        (tokenizer.name(), Some(path_in_profile(folder, Path::new(given))?))
    };
    Ok(ProfileTokenizer { name: name.to_owned(), fingerprint: tokenizer.fingerprint().to_owned(), file })
}
