//! `eval` as a user meets it: what it writes, that it goes on where it was, what it refuses.

mod support;

use std::{
    fs,
    path::Path,
    process::{Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use support::{greenmark, stderr, stdout};

const FILES: [&str; 4] = ["results.json", "results.csv", "report.html", "detection-against-chrf.svg"];

/// Returns the quick suite with few texts, in `out`.
fn eval(out: &Path, options: &[&str]) -> Output {
    // A later --texts would be refused as given twice.
    let texts: &[&str] = if options.contains(&"--texts") { &[] } else { &["--texts", "30"] };
    let mut command = greenmark();
    command.args(["eval", "--suite", "quick"]).args(texts).arg("--out").arg(out).args(options);
    command.output().expect("the binary runs")
}

/// Returns the results, without what no two runs have in common.
fn results(out: &Path) -> Value {
    let text = fs::read(out.join("results.json")).expect("results");
    let mut results: Value = serde_json::from_slice(&text).expect("JSON");
    results["run"]["seconds"] = Value::Null;
    results
}

/// The record of what the folder is of.
fn run(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("run.json")).expect("a record")).expect("JSON")
}

#[test]
fn a_run_that_was_killed_goes_on_and_gives_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let output = eval(&whole, &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    for file in FILES {
        assert!(fs::metadata(whole.join(file)).expect(file).len() > 1000, "{file}");
    }
    let said = stdout(&output);
    assert!(said.contains("replace") && said.contains("gumbel, h=2"), "{said}");
    // Read back from the folder, every figure is the same to the last digit.
    let bytes = |file: &str| fs::read(whole.join(file)).expect(file);
    let made = FILES.map(bytes);
    assert!(eval(&whole, &["--report"]).status.success());
    assert!(FILES.map(bytes) == made, "a report of a finished run is another");

    let mut child = greenmark();
    child.args(["eval", "--suite", "quick", "--texts", "30", "--out"]).arg(&broken).stderr(Stdio::null());
    let mut child = child.stdout(Stdio::null()).spawn().expect("the binary runs");
    let (journal, patience) = (broken.join("cells.jsonl"), Instant::now() + Duration::from_secs(300));
    while fs::read_to_string(&journal).map_or(0, |rows| rows.lines().count()) < 3 {
        assert!(Instant::now() < patience, "no row was written");
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    // As if the last row had been cut off in writing.
    let rows = fs::read(&journal).expect("rows");
    fs::write(&journal, &rows[..rows.len() - 9]).expect("writable");
    assert!(!broken.join("results.json").exists(), "it was killed before its end");

    let output = eval(&broken, &["--report"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let so_far = results(&broken);
    assert!(so_far["cells"].as_array().expect("rows").len() < results(&whole)["cells"].as_array().expect("rows").len());
    assert!(so_far["skipped"].to_string().contains("has not come to"), "{}", so_far["skipped"]);

    let output = eval(&broken, &["--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(results(&broken), results(&whole));
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(printed["cells"], results(&whole)["cells"]);

    // All is there: nothing is made again, and another run is refused.
    let before = fs::metadata(&journal).expect("rows").len();
    let seconds = || run(&broken)["seconds"].clone();
    let took = seconds();
    assert!(eval(&broken, &[]).status.success());
    assert_eq!((fs::metadata(&journal).expect("rows").len(), seconds()), (before, took));
    // What is JSON and can be no measurement is refused by file and line, and a report of it makes
    // nothing.
    let rows = fs::read_to_string(&journal).expect("rows");
    let second = rows.lines().nth(1).expect("rows").to_owned();
    for (damaged, message) in [
        (second.replacen("\"hits\":", "\"hits\":9", 1), "is no rate"),
        (second.replacen("\"n\":30", "\"n\":29", 1), "rates are not of 29 texts"),
        (rows.lines().next().expect("rows").to_owned(), "one that is there before"),
        (second.replacen("\"attack\":\"", "\"attack\":\"un", 1), "no cell of this suite"),
    ] {
        assert_ne!(damaged, second);
        fs::write(&journal, rows.replace(&second, &damaged)).expect("writable");
        let output = eval(&broken, &["--report"]);
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert!(said.contains("cells.jsonl: line 2: ") && said.contains(message), "{said}");
    }
    fs::write(&journal, rows).expect("writable");
    let output = eval(&broken, &["--seed", "2"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--seed: 1 there, 2 here"), "{}", stderr(&output));
    let record = broken.join("run.json");
    let older =
        fs::read_to_string(&record).expect("a record").replace("\"version\": \"0.1.0\"", "\"version\": \"0.0.9\"");
    fs::write(&record, older).expect("writable");
    let output = eval(&broken, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("version: 0.0.9 there, 0.1.0 here"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_run_is_refused_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    for (options, message) in [
        (&["--texts", "5"][..], "30..=100000"),
        (&["--model", "no/such.gguf"], "no/such.gguf is no file"),
        (&["--attacker", "smollm2"], "scripts/fetch-model.sh"),
        (&["--model", "Cargo.toml"], "Cargo.toml"),
        (&["--attacker", "Cargo.toml"], "Cargo.toml"),
        (&["--endpoint", "http://localhost:9/v1", "--endpoint-model", "m"], "the suite quick makes none"),
        (&["--report"], "holds no run, so there is nothing to report"),
    ] {
        let output = eval(&out, options);
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(stderr(&output).contains(message), "{options:?}: {}", stderr(&output));
        assert!(!out.exists(), "{options:?}");
    }
    fs::write(folder.path().join("thesis.txt"), "years of work").expect("writable");
    let output = eval(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("is not empty, and holds no run"), "{}", stderr(&output));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[test]
fn a_user_brings_marks_prompts_a_temperature_and_texts() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let prompts: String = (0..40).map(|i| format!("{{\"prompt\":\"Day {i} began\"}}\n")).collect();
    fs::write(at("prompts.jsonl"), prompts).expect("writable");
    let mut command = greenmark();
    command.args(["embed", "--no-watermark", "--prompts", &at("prompts.jsonl"), "-o", &at("human.jsonl")]);
    assert!(command.args(["-n", "260", "--ignore-eos", "-q"]).output().expect("the binary runs").status.success());
    let out = folder.path().join("out");
    let own = ["--mark", "gm1:gumbel,h=1", "--mark", "gm1:green,h=2,gamma=64/256@4", "--temperature", "0.9"];
    let files = ["--prompts", &at("prompts.jsonl"), "--human", &at("human.jsonl")];
    let options: Vec<&str> = own.into_iter().chain(files).collect();
    let output = eval(&out, &options);
    assert!(output.status.success(), "{}", stderr(&output));
    let results = results(&out);
    let run = &results["run"];
    assert_eq!(run["temperature"], 0.9);
    assert_eq!(run["chief_marks"], serde_json::json!(["gm1:gumbel,h=1", "gm1:green,h=2,gamma=64/256, delta 4"]));
    let said = |member: &str| run[member].as_str().expect("text").to_owned();
    assert!(said("about").contains("The prompts are those of prompts.jsonl (SHA-256 "), "{run}");
    assert!(said("others").starts_with("texts of human.jsonl (SHA-256 "), "{run}");
    assert!(
        said("command").contains(
            "--mark gm1:gumbel,h=1 --mark gm1:green,h=2,gamma=64/256@4 --temperature 0.9 --prompts prompts.jsonl \
             --human human.jsonl"
        ),
        "{run}"
    );
    let marks = results["cells"].as_array().expect("cells").iter().map(|cell| cell["mark"].as_str().expect("a mark"));
    assert!(marks.clone().count() > 50 && marks.clone().all(|mark| run["chief_marks"].to_string().contains(mark)));

    // Each of them is part of what the run is of.
    for change in [&["--temperature", "0.8"][..], &["--mark", "gm1:gumbel,h=1"], &own] {
        let refused = eval(&out, change);
        assert_eq!(refused.status.code(), Some(2), "{change:?}");
        assert!(stderr(&refused).contains("holds another run ("), "{}", stderr(&refused));
    }
    for (options, reason) in [
        (&["--temperature", "0"][..], "above 0"),
        (&["--mark", "gm1:green,h=1,gamma=64/256@x"], "is no number of nats"),
        (&["--mark", "gm1:gumbel,h=1", "--mark", "gm1:gumbel,h=1"], "named twice"),
        (&["--texts", "50", "--human", &at("human.jsonl")], "of its texts have 200 tokens, and 50 are wanted"),
        (&["--prompts", &at("nowhere.jsonl")], "nowhere.jsonl"),
    ] {
        let refused = eval(&folder.path().join("other"), options);
        assert_eq!(refused.status.code(), Some(2), "{options:?}");
        assert!(stderr(&refused).contains(reason), "{}", stderr(&refused));
    }
}
