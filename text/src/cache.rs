//! The folder of downloaded models.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::TextError;

/// The model known by name: its file, and the command that fetches it into the cache.
const MODEL: &str = "smollm2";
const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const REMEDY: &str = "scripts/fetch-model.sh";

/// Returns the name, `demo` or `smollm2`, that a tokenizer is known by here, if it has this
/// fingerprint.
pub fn tokenizer_named_by(fingerprint: &str) -> Option<&'static str> {
    match fingerprint {
        "d21208e9d0e11339" => Some(MODEL),
        "ca8610a49363a1be" => Some("demo"),
        _ => None,
    }
}

/// Returns the folder that scripts download models into, whether it exists or not:
/// `$GREENMARK_CACHE`, else `greenmark` under `$XDG_CACHE_HOME`, else `~/.cache/greenmark`.
pub fn cache_folder() -> PathBuf {
    folder(|variable| std::env::var_os(variable))
}

/// Returns the path of a model known by name, in the [`cache_folder`]. The only such name is
/// `smollm2`.
///
/// # Errors
/// [`TextError::ModelUnknown`] for another name; [`TextError::ModelMissing`], with the command that
/// fetches it, if the file is not there.
pub fn model_path(name: &str) -> Result<PathBuf, TextError> {
    find(name, |variable| std::env::var_os(variable))
}

fn folder(variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    // An empty variable counts as unset, as in the shell's `${VARIABLE:-…}`.
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("GREENMARK_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("greenmark")))
        .unwrap_or_else(|| folder("HOME").unwrap_or_default().join(".cache/greenmark"))
}

fn find(name: &str, variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, TextError> {
    if name != MODEL {
        return Err(TextError::ModelUnknown { name: name.to_owned(), known: MODEL });
    }
    let path = folder(variable).join(FILE);
    if path.is_file() { Ok(path) } else { Err(TextError::ModelMissing { name: name.to_owned(), path, remedy: REMEDY }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_where_the_script_puts_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let file = FILE;
        for sub in ["own", "xdg/greenmark", "home/.cache/greenmark"] {
            std::fs::create_dir_all(root.join(sub)).unwrap();
            std::fs::write(root.join(sub).join(file), "").unwrap();
        }
        let found = |set: &[(&str, &str)]| {
            find("smollm2", |name| {
                set.iter().find(|(variable, _)| *variable == name).map(|(_, value)| match *value {
                    "" => OsString::new(),
                    value => root.join(value).into_os_string(),
                })
            })
        };
        let (own, xdg, home) = (("GREENMARK_CACHE", "own"), ("XDG_CACHE_HOME", "xdg"), ("HOME", "home"));
        assert_eq!(found(&[own, xdg, home]).unwrap(), root.join("own").join(file));
        assert_eq!(found(&[xdg, home]).unwrap(), root.join("xdg/greenmark").join(file));
        assert_eq!(found(&[home]).unwrap(), root.join("home/.cache/greenmark").join(file));
        assert_eq!(found(&[("GREENMARK_CACHE", ""), home]).unwrap(), root.join("home/.cache/greenmark").join(file));
        let message = found(&[("GREENMARK_CACHE", "nowhere")]).unwrap_err().to_string();
        assert!(message.contains("nowhere") && message.contains("run `scripts/fetch-model.sh`"), "{message}");
    }

    #[test]
    fn the_demo_is_known_by_its_fingerprint() {
        let demo = crate::demo_tokenizer().unwrap();
        assert_eq!(tokenizer_named_by(demo.fingerprint()), Some("demo"));
        assert_eq!(tokenizer_named_by("d21208e9d0e11339"), Some("smollm2"));
        assert_eq!(tokenizer_named_by("0000000000000000"), None);
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        assert_eq!(model_path("gpt-5").unwrap_err().to_string(), "no model is called `gpt-5` (known: smollm2)");
    }
}
