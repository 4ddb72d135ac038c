//! `calibrate` as a user meets it: what it writes, that it goes on where it was, what it refuses.

mod support;

use std::{
    fmt::Write,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use support::{greenmark, marked, run, stderr, stdout};

/// `calibrate` of these files, results in `out`.
fn calibrate(corpus: &[&Path], out: &Path, options: &[&str]) -> Output {
    let mut command = greenmark();
    command.arg("calibrate").arg("--corpus").args(corpus).arg("--out").arg(out).args(options);
    command.output().expect("the binary runs")
}

fn results(out: &Path) -> Value {
    serde_json::from_slice(&fs::read(out.join("calibration.json")).expect("results")).expect("JSON")
}

/// Returns the rates of a test over the whole corpus.
fn table<'r>(results: &'r Value, test: &str) -> &'r Value {
    let tables = results["tables"].as_array().expect("tables");
    tables.iter().find(|table| table["test"] == test && table["part"].is_null()).expect("the test")
}

/// Lines of a few words, no two alike, the first ones of no word, one and two.
fn lines(n: usize) -> String {
    let words = ["grass", "river", "a", "stone", "was", "under", "and", "the", "old", "house", "sang", "cold"];
    (0..n).fold(String::new(), |mut lines, i| {
        let text: Vec<&str> = (0..i.min(9)).map(|at| words[(i / (at + 1) * 7 + at * i) % words.len()]).collect();
        let lang = if i % 3 == 0 { "xx" } else { "yy" };
        writeln!(lines, "{{\"id\":{i},\"lang\":\"{lang}\",\"source\":\"ours\",\"text\":\"{}\"}}", text.join(" "))
            .expect("a String");
        lines
    })
}

#[test]
fn results_are_whole_and_the_same_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, plain, out) = (folder.path().join("a.jsonl"), folder.path().join("b.txt"), folder.path().join("out"));
    fs::write(&corpus, lines(60) + "{\"tokens\":[1,2,3]}\n").expect("writable");
    fs::write(&plain, "The gr\u{435}y river sang under the old house.").expect("writable");
    let options = ["--keys", "9", "--scheme", "gm1:gumbel,h=1", "--scheme", "gm1:green,h=1,gamma=64/256"];
    let output = calibrate(&[&corpus, &plain], &out, &options);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    for part in ["61 texts, 549 pairs", "gm1:gumbel,h=1", "shared phrases once", "calibration.svg"] {
        assert!(said.contains(part), "{part}: {said}");
    }

    let found = results(&out);
    assert_eq!((&found["documents"], &found["texts"], &found["left_out"]), (&62.into(), &61.into(), &1.into()));
    assert_eq!(
        (&found["normalised"], &found["corpus"][1]["name"]),
        (&1.into(), &"b.txt".into()),
        "a Cyrillic letter among Latin ones"
    );
    for (test, n) in
        [("whole text", 549), ("stream", 549), ("normalised", 549), ("several keys", 122), ("everything", 122)]
    {
        let table = table(&found, test);
        assert_eq!(table["n"], n, "{test}");
        assert_eq!(table["rows"][0]["hits"], n);
        assert!(table["rows"][1]["hits"].as_u64().expect("hits") < n, "{table}");
    }
    let parts: Vec<&str> =
        found["tables"].as_array().expect("tables").iter().filter_map(|table| table["part"].as_str()).collect();
    assert!(["lang xx", "lang yy", "source ours"].iter().all(|part| parts.contains(part)), "{parts:?}");
    assert_eq!(found["deployed"][1]["by_itself"][0]["n"], 61);

    // Nothing of the texts is in what is written.
    for name in ["calibration.json", "calibration.md", "calibration.svg", "state.json"] {
        let written = fs::read_to_string(out.join(name)).expect("it is written");
        assert!(!written.contains("grass") && !written.contains("river"), "{name}");
    }

    let files = ["calibration.json", "calibration.md", "calibration.svg"]
        .map(|name| (name, fs::read(out.join(name)).expect("a file")));
    let again = calibrate(&[&corpus, &plain], &out, &[&options[..], &["--json"]].concat());
    assert_eq!((again.status.code(), &again.stdout[..again.stdout.len()]), (Some(0), &files[0].1[..]));
    let elsewhere = folder.path().join("elsewhere");
    assert!(calibrate(&[&corpus, &plain], &elsewhere, &options).status.success());
    for (name, content) in files {
        assert_eq!(fs::read(elsewhere.join(name)).expect("a file"), content, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn an_interruption_costs_the_last_batch_at_most() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, out, whole) = (folder.path().join("a.jsonl"), folder.path().join("out"), folder.path().join("whole"));
    fs::write(&corpus, lines(60_000)).expect("writable");
    let options = ["--keys", "8", "--seed", "5"];
    let mut command = greenmark();
    command.arg("calibrate").arg("--corpus").arg(&corpus).arg("--out").arg(&out).args(options);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // The first batch is saved as soon as it is counted.
    let start = Instant::now();
    while !out.join("state.json").exists() && start.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("interrupted: ") && said.contains("to go on: ") && said.contains(" calibrate --corpus "),
        "{said}"
    );
    let state: Value = serde_json::from_slice(&fs::read(out.join("state.json")).expect("a state")).expect("JSON");
    let counted = state["tables"]["all"][0][0]["n"].as_u64().expect("a count");
    assert!(counted > 0 && counted < 479_992 && state["is_whole"] == false, "{counted}");
    assert!(!out.join("calibration.json").exists());

    // Another run does not take its place.
    for (other, name) in [
        (&["--keys", "4", "--seed", "5"][..], "--keys: 8 there, 4 here"),
        (&["--keys", "8"], "--seed: 5 there, 1 here"),
    ] {
        let refused = calibrate(&[&corpus], &out, other);
        assert_eq!(refused.status.code(), Some(2));
        assert!(
            stderr(&refused).contains("state.json is of another run") && stderr(&refused).contains(name),
            "{}",
            stderr(&refused)
        );
    }

    assert!(calibrate(&[&corpus], &out, &options).status.success());
    assert!(calibrate(&[&corpus], &whole, &options).status.success());
    assert_eq!(results(&out)["pairs"], 479_992);
    assert_eq!(results(&out), results(&whole));

    fs::write(&corpus, lines(59_999)).expect("writable");
    let changed = calibrate(&[&corpus], &out, &options);
    assert_eq!(changed.status.code(), Some(2));
    assert!(stderr(&changed).contains("the corpus has changed"), "{}", stderr(&changed));
}

#[test]
fn another_reading_of_the_same_files_is_another_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, out) = (folder.path().join("a.txt"), folder.path().join("out"));
    fs::write(&corpus, lines(12)).expect("writable");
    assert!(calibrate(&[&corpus], &out, &["--keys", "4"]).status.success());
    assert_eq!(results(&out)["documents"], 1);
    let refused = calibrate(&[&corpus], &out, &["--keys", "4", "--jsonl"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = stderr(&refused);
    assert!(said.contains("is of another run (--jsonl: "), "{said}");

    // A file that is JSON Lines by its name is read alike with the option and without.
    let (corpus, out) = (folder.path().join("b.jsonl"), folder.path().join("other"));
    fs::write(&corpus, lines(12)).expect("writable");
    for options in [&["--keys", "4"][..], &["--keys", "4", "--jsonl"]] {
        assert!(calibrate(&[&corpus], &out, options).status.success());
    }
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_counted() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, out) = (folder.path().join("a.jsonl"), folder.path().join("out"));
    fs::write(&corpus, lines(5) + "broken\n{\"id\":1}\n" + &lines(5)).expect("writable");
    let output = calibrate(&[&corpus, Path::new("/nonexistent.txt"), folder.path()], &out, &["--keys", "4"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    for part in
        ["a.jsonl, line 6: not a JSON object", "line 7: neither `text` nor `tokens`", "cannot read /nonexistent.txt"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let found = results(&out);
    assert_eq!((&found["documents"], &found["failed"]), (&10.into(), &4.into()));
    // Texts too short to say anything are answers, p = 1, and are told; of those without a token
    // nothing was asked.
    assert_eq!((&found["left_out"], &table(&found, "whole text")["n"]), (&2.into(), &32.into()));
    assert_eq!(found["deployed"][0]["unscored"], 2);

    // Told again where they are not read again.
    let again = calibrate(&[&corpus], &out, &["--keys", "4"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("2 documents of the corpus could not be read"), "{}", stderr(&again));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [corpus, empty, blank, out] =
        ["a.jsonl", "empty.jsonl", "blank.txt", "out"].map(|name| folder.path().join(name));
    fs::write(&corpus, lines(20)).expect("writable");
    fs::write(&empty, "").expect("writable");
    fs::write(&blank, "").expect("writable");
    let refused = |corpus: &Path, options: &[&str], says: &str| {
        let output = calibrate(&[corpus], &out, options);
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(stderr(&output).contains(says), "{says}: {}", stderr(&output));
        assert!(!out.join("calibration.json").exists() && output.stdout.is_empty());
    };
    refused(&corpus, &["--keys", "0"], "0 is not in 1..=1000000000");
    refused(&corpus, &["--keys", "18446744073709551615"], "is not in 1..=1000000000");
    refused(&corpus, &["--keys", "1000000000", "--together", "1001"], "1001 is not in 1..=1000");
    refused(&corpus, &["--keys", "3"], "4 keys at once, but only 3 a text");
    refused(&corpus, &["--keys", "3", "--together", "0"], "0 is not in 1..=1000");
    refused(&corpus, &["--passage", "0"], "--passage");
    refused(&corpus, &["--passage", "500"], "no document of the corpus has 500 tokens");
    refused(&corpus, &["--scheme", "gm1:green"], "--scheme");
    refused(&empty, &[], "the corpus holds no text");
    refused(&blank, &[], "no text of the corpus has a token");
    refused(
        &corpus,
        &["-k", folder.path().to_str().expect("UTF-8")],
        "is a folder: calibrate measures one deployed key",
    );
    refused(Path::new("-"), &[], "must be in files");
    refused(Path::new("/nonexistent.txt"), &[], "no file of the corpus could be read");
    assert!(!out.exists(), "nothing was to be written");
    fs::create_dir_all(&out).expect("a folder");
    fs::write(out.join("state.json"), lines(3)).expect("writable");
    refused(&out.join("state.json"), &[], "would overwrite");
    refused(&corpus, &[], "holds no progress of this command");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_corpus() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (pipe, out) = (folder.path().join("a.jsonl"), folder.path().join("out"));
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    let refused = calibrate(&[&pipe], &out, &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("is no plain file"), "{}", stderr(&refused));
}

#[test]
fn a_deployed_key_is_named_and_never_shown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, key, out) = (folder.path().join("a.jsonl"), folder.path().join("our.key"), folder.path().join("out"));
    fs::write(&corpus, lines(30)).expect("writable");
    let key = key.to_str().expect("UTF-8");
    let said = stdout(&run(&["keygen", "-o", key]));
    let id = said.split_whitespace().nth(1).expect("the id").to_owned();
    let output = calibrate(&[&corpus], &out, &["--keys", "4", "-k", key]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!((&results(&out)["deployed_key"], &results(&out)["deployed_key_is_given"]), (&id.into(), &true.into()));
    let secret = fs::read_to_string(key).expect("a key file")[4..20].to_owned();
    for file in fs::read_dir(&out).expect("a folder") {
        let written = fs::read_to_string(file.expect("a file").path()).expect("UTF-8");
        assert!(!written.contains(&secret));
    }
    let other = calibrate(&[&corpus], &out, &["--keys", "4"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("key: "), "{}", stderr(&other));
}

#[test]
fn texts_that_depend_on_a_key_are_no_false_positives_and_it_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, key, out) = (folder.path().join("a.txt"), folder.path().join("our.key"), folder.path().join("out"));
    let key = key.to_str().expect("UTF-8");
    assert!(run(&["keygen", "-o", key]).status.success());
    fs::write(&corpus, marked(key, "200")).expect("writable");
    let output = calibrate(&[&corpus], &out, &["--keys", "20", "-k", key]);
    assert!(output.status.success(), "it ran: {}", stderr(&output));
    let said = stdout(&output);
    assert!(said.contains("RATES EXCEED THEIR ALPHA") && said.contains("shared phrases once"), "{said}");
    let found = results(&out);
    let places = found["exceeds"].as_array().expect("a list");
    assert!(places.iter().all(|excess| excess["place"].as_str().expect("a place").contains("one key")), "{found}");
}

#[test]
fn a_profile_says_what_is_measured() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let mut keygen = greenmark();
    keygen.args(["keygen", "--profile", "bot", "--scheme", "gm1:gumbel,h=2", "--tokenizer", "demo", "-o"]);
    assert!(keygen.arg(folder.path()).output().expect("the binary runs").status.success());
    fs::write(at("a.jsonl"), lines(40)).expect("writable");
    let (profile, out) = (at("bot.profile.json"), at("out"));
    let named = profile.to_str().expect("UTF-8");
    let output = calibrate(&[&at("a.jsonl")], &out, &["--keys", "4", "--profile", named]);
    assert!(output.status.success(), "{}", stderr(&output));
    let written: Value = serde_json::from_slice(&fs::read(&profile).expect("written")).expect("JSON");
    let found = results(&out);
    assert_eq!(found["deployed_key"], written["key_id"]);
    assert!(found["tables"].as_array().expect("tables").iter().all(|table| table["scheme"] == "gm1:gumbel,h=2"));
    for (options, message) in [
        (["--scheme", "gm1:gumbel,h=1"], "cannot be used with"),
        (["--key-file", "bot.key"], "--profile names its key"),
    ] {
        let output = calibrate(&[&at("a.jsonl")], &at("none"), &[&["--profile", named], &options[..]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert!(!at("none").exists());
    }
}
