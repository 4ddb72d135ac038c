//! `greenmark keygen`: a new key file, a profile, or both.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow, bail};
use greenmark::Key;
use greenmark_text::{Profile, ProfileParams};

use crate::{
    Outcome,
    args::KeygenArgs,
    keys, models,
    output::{print_line, printable, without_number},
    profiles,
};

pub(crate) fn run(args: &KeygenArgs) -> Result<Outcome> {
    if args.output.as_deref() == Some(Path::new("-")) {
        bail!("a key goes into a file, never to standard output: name one with -o");
    }
    match (&args.profile, &args.key_file) {
        (None, _) => {
            let path = args.output.as_deref().unwrap_or(Path::new("greenmark.key"));
            if path.is_dir() {
                bail!("{} is a folder: name the key file, or give --profile NAME", path.display());
            }
            let key = keys::fresh()?;
            keys::write_new(path, &key)?;
            print_line(&format!("key {} written to {}", key.id(), printable(&path.display().to_string())))?;
        }
        (Some(name), None) => key_and_profile(args, name)?,
        (Some(name), Some(key_file)) => profile_alone(args, name, key_file)?,
    }
    Ok(Outcome::Done)
}

/// Writes a key and a profile of it, or neither.
fn key_and_profile(args: &KeygenArgs, name: &str) -> Result<()> {
    let output = args.output.as_deref().unwrap_or(Path::new("."));
    let is_folder = output.is_dir() || output.as_os_str().as_encoded_bytes().ends_with(b"/");
    let key_path = if is_folder { output.join(format!("{name}.key")) } else { output.to_owned() };
    let folder = profiles::folder_of(&key_path);
    let profile_path = folder.join(profiles::file_name(name));
    let key_file = key_path.file_name().and_then(|name| name.to_str()).context("the key file's name is not Unicode")?;
    let key = keys::fresh()?;
    // What can be refused is refused before anything is written.
    profile(args, name, folder, &key, key_file.to_owned())?;
    for path in [&key_path, &profile_path] {
        if path.exists() {
            bail!("{} exists and is not overwritten", path.display());
        }
    }
    let made = !folder.exists();
    if made {
        fs::create_dir(folder)
            .map_err(|error| anyhow!("cannot make {}: {}", folder.display(), without_number(&error)))?;
    }
    // Once more: the path of a tokenizer's file is found in a folder that is there.
    let written = profile(args, name, folder, &key, key_file.to_owned()).and_then(|profile| {
        keys::write_new(&key_path, &key)?;
        profiles::write_new(&profile_path, &profile).inspect_err(|_| {
            // A key without its profile is not what was asked for, and nobody has used it.
            let _ = fs::remove_file(&key_path);
        })
    });
    if written.is_err() && made {
        let _ = fs::remove_dir(folder);
    }
    written?;
    let [key_path, profile_path] = [&key_path, &profile_path].map(|path| printable(&path.display().to_string()));
    print_line(&format!("key {} written to {key_path}\nprofile {name} written to {profile_path}", key.id()))
}

/// Writes a profile of a key that is there, or of a sub-key of it.
fn profile_alone(args: &KeygenArgs, name: &str, key_file: &Path) -> Result<()> {
    let stored = keys::read(key_file)?;
    let key = match &args.subkey {
        Some(label) => stored.subkey(label).context("--subkey")?,
        None => stored,
    };
    let folder: PathBuf = args.output.clone().unwrap_or_else(|| profiles::folder_of(key_file).to_owned());
    if !folder.is_dir() {
        bail!("{} is no folder: with --key-file, -o names the folder of the profile", folder.display());
    }
    let path = folder.join(profiles::file_name(name));
    let profile = profile(args, name, &folder, &key, profiles::path_in_profile(&folder, key_file)?)?;
    profiles::write_new(&path, &profile)?;
    let path = printable(&path.display().to_string());
    print_line(&format!("profile {name} of key {} written to {path}", key.id()))
}

/// - `folder`: of the profile, where it is there.
fn profile(args: &KeygenArgs, name: &str, folder: &Path, key: &Key, key_file: String) -> Result<Profile> {
    let given = args.tokenizer.as_deref().context("--profile needs --tokenizer")?;
    let tokenizer = models::tokenizer(given)?;
    let there = if folder.is_dir() { folder } else { profiles::folder_of(folder) };
    Ok(Profile::new(ProfileParams {
        name: name.to_owned(),
        scheme: args.scheme.unwrap_or_default(),
        tokenizer: profiles::tokenizer_in_profile(there, given, &tokenizer)?,
        key_id: key.id(),
        key_file: Some(key_file),
        subkey: args.subkey.clone(),
    })?)
}
