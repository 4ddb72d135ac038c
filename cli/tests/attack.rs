//! `greenmark attack` on several files, and with steps from a file.

mod support;

use std::{fs, path::Path};

use serde_json::Value;
use support::{run, stderr, stdout};

const TEXT: &str = "The people of the town did not believe their friend, who had been away; nobody knew why.\n";

/// Returns a folder with two texts, JSON Lines and steps, and the path of a name in it.
fn folder() -> (tempfile::TempDir, impl Fn(&str) -> String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_owned();
    let at = move |name: &str| path.join(name).to_str().expect("UTF-8").to_owned();
    fs::write(at("a.txt"), TEXT).expect("writable");
    fs::write(at("b.txt"), TEXT.repeat(3)).expect("writable");
    let lines = format!("{}\n{{\"tokens\":[1]}}\n", serde_json::json!({"id": "x", "text": TEXT}));
    fs::write(at("c.jsonl"), lines).expect("writable");
    fs::write(at("steps"), "# first words, then letters\nswap:0.5\n\n  typos:0.2   # a little\n").expect("writable");
    (folder, at)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).expect("there")
}

#[test]
fn several_files_are_attacked_as_each_alone() {
    let (_folder, at) = folder();
    let out = at("out");
    let args = |more: &[&str]| run(&[&["attack", "delete", "-s", "0.3", "-o", &out], more].concat());
    let all = args(&[&at("a.txt"), &at("b.txt"), &at("c.jsonl")]);
    // The line without a text is named, and the rest is there.
    assert_eq!((all.status.code(), stdout(&all)), (Some(2), String::new()));
    assert!(stderr(&all).contains("an attack needs `text`"), "{}", stderr(&all));
    for name in ["a.txt", "b.txt", "c.jsonl"] {
        let alone = run(&["attack", "delete", "-s", "0.3", &at(name)]);
        assert_eq!(read(&format!("{out}/{name}")), stdout(&alone), "{name}");
    }
    // Nothing is replaced unasked, and an input never.
    let before = read(&format!("{out}/a.txt"));
    let again = args(&["--seed", "2", &at("a.txt")]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("a.txt exists and is not overwritten"), "{}", stderr(&again));
    assert_eq!(read(&format!("{out}/a.txt")), before);
    assert!(args(&["--seed", "2", "--force", &at("a.txt")]).status.success());
    assert_ne!(read(&format!("{out}/a.txt")), before);
    let here = Path::new(&out).parent().expect("a folder").to_str().expect("UTF-8").to_owned();
    let input = run(&["attack", "delete", "-s", "0.3", "-o", &here, "--force", &at("a.txt")]);
    assert_eq!(input.status.code(), Some(2));
    assert!(stderr(&input).contains("would overwrite an input"), "{}", stderr(&input));
    assert_eq!(read(&at("a.txt")), TEXT);
    fs::create_dir(at("more")).expect("a folder");
    fs::write(at("more/a.txt"), TEXT).expect("writable");
    let twins = args(&["--force", &at("a.txt"), &at("more/a.txt")]);
    assert!(stderr(&twins).contains("would both become"), "{}", stderr(&twins));
    let nowhere = run(&["attack", "delete", "-s", "0.3", &at("a.txt"), &at("b.txt")]);
    assert!(stderr(&nowhere).contains("several files: give --output DIR"), "{}", stderr(&nowhere));
    // With --json a text has a file of its own name.
    assert!(args(&["--json", &at("b.txt")]).status.success());
    let line: Value = serde_json::from_str(&read(&format!("{out}/b.txt.json"))).expect("an object");
    assert_eq!(line["text"], read(&format!("{out}/b.txt")));
}

#[test]
fn steps_in_a_file_are_those_of_then() {
    let (_folder, at) = folder();
    let of_file = run(&["attack", &format!("@{}", at("steps")), &at("b.txt")]);
    let spelt = run(&["attack", "swap", "-s", "0.5", "--then", "typos:0.2", &at("b.txt")]);
    assert!(of_file.status.success(), "{}", stderr(&of_file));
    assert_eq!((stdout(&of_file), stderr(&of_file)), (stdout(&spelt), stderr(&spelt)));
    for (content, said) in [
        ("swap:0.5\nteleport:1\n", "line 2: no attack is called `teleport`"),
        ("swap\n", "line 1: a name and a strength, as typos:0.05"),
        ("# swap:1\n\n", "no attack is named in it"),
        ("swap:2\n", "line 1: a strength is a share from 0 to 1, not 2"),
    ] {
        fs::write(at("steps"), content).expect("writable");
        let refused = run(&["attack", &format!("@{}", at("steps")), &at("b.txt")]);
        assert_eq!((refused.status.code(), stdout(&refused)), (Some(2), String::new()));
        assert!(stderr(&refused).contains(said), "{}", stderr(&refused));
    }
    let both = run(&["attack", &format!("@{}", at("steps")), "-s", "0.5", &at("b.txt")]);
    assert!(stderr(&both).contains("--strength is for one attack"), "{}", stderr(&both));
    let missing = run(&["attack", "swap", &at("b.txt")]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(stderr(&missing).contains("how much of swap is to be done?"), "{}", stderr(&missing));
    assert!(stderr(&run(&["attack", "@nowhere", &at("b.txt")])).contains("nowhere"));
}
