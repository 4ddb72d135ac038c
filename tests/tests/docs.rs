//! The links of the documents lead somewhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Returns every Markdown file below `folder`, and below its folders if `deep`.
fn documents(folder: &Path, deep: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("readable").path();
        if path.is_dir() && deep {
            found.extend(documents(&path, deep));
        } else if path.extension().is_some_and(|ext| ext == "md") {
            found.push(path);
        }
    }
    found
}

/// Targets of `[text](target)` outside code blocks, and their line numbers.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        fenced ^= line.trim_start().starts_with("```");
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        found.extend(targets.filter(|_| !fenced).map(|target| (number + 1, target)));
    }
    found
}

/// The anchors that a Markdown renderer gives to the headings.
fn anchors(text: &str) -> Vec<String> {
    let slug = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        kept.chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    };
    text.lines().filter(|line| line.starts_with('#')).map(slug).collect()
}

#[test]
fn every_relative_link_resolves() {
    let root = Path::new(ROOT);
    let mut pages = documents(root, false);
    for folder in ["benches", "fuzz", "wasm"] {
        pages.extend(documents(&root.join(folder), false));
    }
    for folder in ["docs", "lab/results"] {
        pages.extend(documents(&root.join(folder), true));
    }
    let (mut seen, mut broken) = (0, Vec::new());
    for page in &pages {
        let text = fs::read_to_string(page).expect("UTF-8");
        for (line, target) in links(&text) {
            if target.contains("://") {
                continue;
            }
            seen += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { page.clone() } else { page.with_file_name(path) };
            let resolves = file.exists()
                && (anchor.is_empty()
                    || anchors(&fs::read_to_string(&file).expect("UTF-8")).iter().any(|known| known == anchor));
            if !resolves {
                broken.push(format!("{}:{line}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
    assert!(seen > 50, "only {seen} links were seen in {} documents", pages.len());
}
