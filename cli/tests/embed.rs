//! `greenmark embed` over many prompts: what a later run goes on with, and what is refused.

mod support;

use std::{fs, io::Write, path::Path, process::Stdio};

use support::{greenmark, run, stderr, stdout};

/// Returns a folder with a key and twelve prompts, and their paths.
fn folder() -> (tempfile::TempDir, [String; 3]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ["a.key", "prompts.jsonl", "answers.jsonl"]
        .map(|name| folder.path().join(name).to_str().expect("UTF-8").to_owned());
    assert!(run(&["keygen", "-o", &paths[0]]).status.success());
    let prompts: String = (0..12).map(|i| format!("{{\"id\":\"p{i}\",\"prompt\":\"Day {i} began\"}}\n")).collect();
    fs::write(&paths[1], prompts).expect("writable");
    (folder, paths)
}

fn args<'a>([key, prompts, output]: [&'a str; 3], more: &[&'a str]) -> Vec<&'a str> {
    [&["embed", "-k", key, "--prompts", prompts, "-n", "30", "-q", "-o", output], more].concat()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).expect("there")
}

#[test]
fn a_run_that_was_broken_off_goes_on_to_the_same_file() {
    let (_folder, [key, prompts, output]) = folder();
    let paths = [&*key, &*prompts, &*output];
    assert!(run(&args(paths, &["--seed", "7"])).status.success());
    let whole = read(&output);
    assert_eq!(whole.lines().count(), 12);
    let ends: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at + 1).collect();
    // Broken off after a line, within one, within its first bytes, and before anything was written.
    for left in [ends[4], ends[4] + 200, ends[7] + 6, 0] {
        fs::write(&output, &whole[..left]).expect("writable");
        // The seed is that of the lines, unless there are none.
        let seed: &[&str] = if left == 0 { &["--seed", "7"] } else { &[] };
        let again = run(&args(paths, seed));
        assert!(again.status.success(), "{}", stderr(&again));
        assert_eq!(stdout(&again), "");
        assert!(read(&output) == whole, "after {left} bytes");
    }
    // There is nothing to do, and nothing is done.
    assert!(run(&args(paths, &[])).status.success());
    assert!(read(&output) == whole);
}

#[test]
fn a_file_of_another_run_is_refused_and_stays() {
    let (folder, [key, prompts, output]) = folder();
    let paths = [&*key, &*prompts, &*output];
    assert!(run(&args(paths, &["--seed", "7"])).status.success());
    let whole = read(&output);
    let other = folder.path().join("b.key").to_str().expect("UTF-8").to_owned();
    assert!(run(&["keygen", "-o", &other]).status.success());
    let refused = |args: &[&str], reason: &str| {
        let again = run(args);
        assert_eq!(again.status.code(), Some(2), "{args:?}");
        assert!(stderr(&again).contains(reason), "{}", stderr(&again));
        assert!(read(&output) == whole, "{args:?}");
    };
    let settings = "line 1 was written with other settings than these";
    for more in [
        &["--seed", "8"][..],
        &["-t", "0.9"],
        &["--top-k", "5"],
        &["--delta", "3"],
        &["--skip-repeats"],
        &["--ignore-eos"],
    ] {
        refused(&args(paths, more), settings);
    }
    refused(&args([&other, &prompts, &output], &[]), settings);
    fs::write(&prompts, read(&prompts).replace("Day 3 began", "Day 3 ended")).expect("writable");
    refused(&args(paths, &[]), "line 4: `p3` with its prompt is not in");
    // What is no output of the command is not touched either, the prompts least of all.
    let before = read(&prompts);
    for foreign in [&prompts, &key] {
        let content = read(foreign);
        let again = run(&args([&key, &prompts, foreign], &[]));
        assert_eq!(again.status.code(), Some(2));
        assert!(stderr(&again).contains("not of `embed --prompts`"), "{}", stderr(&again));
        assert_eq!(read(foreign), content);
    }
    assert_eq!(read(&prompts), before);
    let piped = run(&args([&key, "-", &output], &[]));
    assert!(stderr(&piped).contains("give the prompts as a file"), "{}", stderr(&piped));
}

#[test]
fn two_prompts_of_one_id_are_refused_before_anything_is_written() {
    let (_folder, [key, prompts, output]) = folder();
    // A prompt without an id has its line's number.
    for (more, said) in [
        ("{\"id\":\"p3\",\"prompt\":\"x\"}\n", "line 13: its id `p3` is that of line 4 too"),
        ("{\"prompt\":\"x\"}\n{\"id\":13,\"prompt\":\"x\"}\n", "line 14: its id `13` is that of line 13 too"),
    ] {
        let before = read(&prompts);
        fs::write(&prompts, format!("{before}{more}")).expect("writable");
        let refused = run(&args([&key, &prompts, &output], &[]));
        assert_eq!(refused.status.code(), Some(2));
        assert!(stderr(&refused).contains(said), "{}", stderr(&refused));
        assert!(!Path::new(&output).exists());
        fs::write(&prompts, before).expect("writable");
    }
    // From a pipe, the second is refused when it comes.
    let mut child = greenmark()
        .args(["embed", "-k", &key, "--prompts", "-", "-n", "5", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let lines = "{\"id\":\"a\",\"prompt\":\"x\"}\n{\"id\":\"a\",\"prompt\":\"y\"}\n{\"id\":\"b\",\"prompt\":\"z\"}\n";
    child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("it listens");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(2), 2));
    assert!(stderr(&output).contains("standard input, line 2: its id `a` came before"), "{}", stderr(&output));
}

#[test]
fn a_key_comes_from_standard_input_once() {
    let (_folder, [key, prompts, _]) = folder();
    let with_key = |args: &[&str]| {
        greenmark().args(args).stdin(fs::File::open(&key).expect("there")).output().expect("the binary runs")
    };
    let text = with_key(&["embed", "-k", "-", "--prompt", "One day", "-n", "60", "--ignore-eos", "-q"]);
    assert!(text.status.success(), "{}", stderr(&text));
    let story = format!("{prompts}.txt");
    fs::write(&story, stdout(&text)).expect("writable");
    let found = with_key(&["detect", "-k", "-", "-t", "demo", "--brief", &story]);
    assert!(found.status.success() && stderr(&found).is_empty(), "{}", stderr(&found));
    let (shown, of_file) = (with_key(&["key", "show", "-"]), run(&["key", "show", &key]));
    assert_eq!(stdout(&shown).split(' ').next(), stdout(&of_file).split(' ').next());
    for args in [
        &["detect", "-k", "-", "-t", "demo"][..],
        &["detect", "-k", "-", "-t", "demo", "-"],
        &["detect", "-k", "-", "-k", "-", "-t", "demo", &story],
        &["embed", "-k", "-", "--prompts", "-"],
        &["embed", "-k", "-", "--prompt-file", "-"],
    ] {
        let refused = with_key(args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(stderr(&refused).contains("standard input can be read once"), "{}", stderr(&refused));
    }
    let empty = greenmark().args(["key", "show", "-"]).stdin(Stdio::null()).output().expect("the binary runs");
    assert!(stderr(&empty).contains("key file -"), "{}", stderr(&empty));
}
