//! Completion scripts: names are offered where they are expected.

mod support;

use std::process::Command;

use support::{run, stdout};

/// Returns what a shell offers for a line, if the shell is here.
fn offered(shell: &str, script: &str, ask: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("script");
    std::fs::write(&path, script).expect("writable");
    let ask = ask.replace("SCRIPT", path.to_str().expect("UTF-8"));
    let output = Command::new(shell).args(["-c", &ask]).output().ok()?;
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn bash_offers_attacks_models_and_tokenizers() {
    let script = stdout(&run(&["completions", "bash"]));
    for (words, expected) in [
        ("attack del", "delete"),
        ("attack para", "paraphrase"),
        ("embed --model s", "smollm2"),
        ("detect --tokenizer d", "demo"),
        ("detect -t s", "smollm2"),
        ("tokenizer show d", "demo"),
    ] {
        let (before, last) = words.rsplit_once(' ').expect("two words");
        let previous = before.rsplit(' ').next().expect("a word");
        let at = words.split(' ').count();
        let ask = format!(
            "source SCRIPT; COMP_WORDS=(greenmark {words}); COMP_CWORD={at}; _greenmark greenmark '{last}' '{previous}'; echo \"${{COMPREPLY[@]}}\""
        );
        let Some(found) = offered("bash", &script, &ask) else { return println!("SKIPPED: no bash here") };
        assert_eq!(found.trim(), expected, "{words}");
    }
}

#[test]
fn names_do_not_stand_in_the_way_of_files() {
    let fish = stdout(&run(&["completions", "fish"]));
    assert!(fish.contains(r#"-r -F -a "demo\t''"#), "{fish}");
    let zsh = stdout(&run(&["completions", "zsh"]));
    assert!(zsh.contains(r#": _alternative "names\:name\:(demo smollm2)" "files\:file\:_files""#), "{zsh}");
    if let Some(found) = offered(
        "fish",
        &fish,
        "source SCRIPT; complete -C 'greenmark detect -t d'; complete -C 'greenmark detect -t /et'",
    ) {
        assert!(found.lines().any(|line| line.trim() == "demo") && found.contains("/etc/"), "{found}");
    }
}
