//! Every case of `tests/vectors/registry.json`. SPEC §11, §12.

use greenmark::{KeyError, Scheme};
use greenmark_text::{Profile, Registry, RegistryError};
use serde_json::Value;

fn cases(file: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(file).expect("JSON");
    file["cases"].as_array().expect("cases").clone()
}

fn hex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(str::from_utf8(two).expect("ASCII"), 16).expect("a byte"))
        .collect()
}

#[test]
fn profiles_and_folders_are_read_as_the_vectors_say() {
    for case in cases(include_str!("../../tests/vectors/registry.json")) {
        let (id, failure) = (&case["tcId"], case.get("failure").and_then(Value::as_str));
        let profile = match (case.get("profile"), case.get("profile_bytes")) {
            (Some(text), _) => Some(text.as_str().expect("a string").as_bytes().to_vec()),
            (None, bytes) => bytes.map(|digits| hex(digits.as_str().expect("a string"))),
        };
        if let Some(profile) = profile {
            let found = Profile::parse(&profile);
            match found {
                Ok(found) => {
                    assert_eq!(failure, None, "case {id}");
                    assert_eq!(members(&found), case["members"], "case {id}");
                    assert_eq!(Profile::parse(found.to_json().as_bytes()).as_ref(), Ok(&found), "case {id}");
                }
                Err(error) => assert_eq!(Some(error.name()), failure, "case {id}: {error}"),
            }
            continue;
        }
        let files: Vec<(String, String)> = serde_json::from_value(case["files"].clone()).expect("names and texts");
        let mut schemes: Vec<Scheme> = (case["schemes"].as_array().expect("schemes").iter())
            .map(|scheme| scheme.as_str().expect("a string").parse().expect("canonical"))
            .collect();
        if schemes.is_empty() {
            schemes.push(Scheme::DEFAULT);
        }
        match Registry::read(&files, |_| Err(std::io::ErrorKind::NotFound.into())) {
            Ok(found) => {
                assert_eq!(failure, None, "case {id}");
                assert_eq!(Value::from(looks(&found, &schemes)), case["looks"], "case {id}: {}", case["comment"]);
            }
            Err(error) => assert_eq!(Some(name(&error)), failure, "case {id}: {error}"),
        }
    }
}

/// Returns the members of SPEC §12.1, null where they are absent.
fn members(profile: &Profile) -> Value {
    serde_json::json!({
        "greenmark": "profile/1",
        "name": profile.name,
        "scheme": profile.scheme.to_string(),
        "tokenizer": {
            "name": profile.tokenizer.name,
            "fingerprint": profile.tokenizer.fingerprint,
            "file": profile.tokenizer.file,
        },
        "key_id": profile.key_id.to_string(),
        "key_file": profile.key_file,
        "subkey": profile.subkey,
    })
}

/// Returns the entries of SPEC §12.4.
fn looks(registry: &Registry, schemes: &[Scheme]) -> Vec<Value> {
    let named = registry.deployments.iter().map(|(_, deployment)| {
        let profile = &deployment.profile;
        assert_eq!(deployment.key.id(), profile.key_id);
        serde_json::json!({
            "profile": profile.name, "key_id": profile.key_id.to_string(),
            "scheme": profile.scheme.to_string(), "fingerprint": profile.tokenizer.fingerprint,
        })
    });
    let bare = registry.bare.iter().flat_map(|(_, key)| {
        schemes.iter().map(|scheme| {
            serde_json::json!({
                "profile": null, "key_id": key.id().to_string(), "scheme": scheme.to_string(), "fingerprint": null,
            })
        })
    });
    named.chain(bare).collect()
}

fn name(error: &RegistryError) -> &'static str {
    match error {
        RegistryError::Profile { reason, .. } => reason.name(),
        RegistryError::DuplicateName { .. } => "duplicate-name",
        RegistryError::Key { reason, .. } => match reason {
            KeyError::NotText { .. } => "not-text",
            KeyError::Prefix => "prefix",
            KeyError::Length { .. } => "length",
            KeyError::Character { .. } => "character",
            KeyError::Checksum => "checksum",
            other => panic!("{other}"),
        },
        RegistryError::KeyFile { .. } | RegistryError::NoKey { .. } | RegistryError::KeyMissing { .. } => "key",
        RegistryError::KeyMismatch { .. } => "key-mismatch",
        other => panic!("{other}"),
    }
}
