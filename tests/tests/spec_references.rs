//! Every `SPEC §n` in code and vectors names a section that exists.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_path_buf()
}

/// Returns the section numbers of SPEC.md's headings: `## 5. Field`, `### 5.1 Field key`.
fn sections() -> BTreeSet<String> {
    let spec = fs::read_to_string(root().join("SPEC.md")).expect("SPEC.md is there");
    spec.lines()
        .filter_map(|line| line.strip_prefix("### ").or_else(|| line.strip_prefix("## ")))
        .filter_map(|title| title.split_whitespace().next())
        .map(|number| number.trim_end_matches('.').to_owned())
        .filter(|number| number.starts_with(|c: char| c.is_ascii_digit()))
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !name.starts_with('.') && !["target", "node_modules", "corpus", "artifacts"].contains(&name) {
                sources(&path, found);
            }
        } else if ["rs", "py", "md", "json", "sh", "toml"]
            .contains(&path.extension().and_then(|e| e.to_str()).unwrap_or(""))
        {
            found.push(path);
        }
    }
}

/// Returns the numbers cited after `SPEC §` in a text.
fn cited(text: &str) -> impl Iterator<Item = &str> {
    text.split("SPEC §").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        rest[..end].trim_end_matches('.')
    })
}

#[test]
fn every_citation_has_its_section() {
    let sections = sections();
    assert!(sections.contains("7.2"), "headings were found: {sections:?}");
    let mut files = Vec::new();
    sources(&root(), &mut files);
    let mut citations = 0;
    for path in files {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for number in cited(&text).filter(|number| !number.is_empty()) {
            assert!(sections.contains(number), "{} cites SPEC §{number}, which is gone", path.display());
            citations += 1;
        }
    }
    assert!(citations > 50, "only {citations} citations found");
}
