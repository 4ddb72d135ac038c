//! `detect` beyond one test: passages, normalised text, many keys, streams.

mod support;

use std::{fs, io::Write, path::Path, process::Stdio};

use serde_json::Value;
use support::{greenmark, marked, run, stderr, stdout};

/// A folder with keys that are the same every time, and so are the texts marked with them.
fn keys(n: u8) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for i in 0..n {
        let file = folder.path().join(format!("{i}.key"));
        fs::write(&file, greenmark::Key::from_bytes([i; 32]).to_text().as_bytes()).expect("writable");
        #[cfg(unix)]
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("own file");
    }
    let path = folder.path().to_str().expect("UTF-8").to_owned();
    (folder, path)
}

/// Returns one such key.
fn key() -> (tempfile::TempDir, String) {
    let (folder, path) = keys(1);
    (folder, file(&path, "0.key"))
}

/// Text without a mark, by the demo model.
fn unmarked(seed: &str, tokens: &str) -> String {
    let args = ["embed", "--no-watermark", "--prompt", "One morning", "--seed", seed, "-n", tokens, "--ignore-eos"];
    let written = run(&args);
    assert!(written.status.success(), "{}", stderr(&written));
    stdout(&written)
}

/// Returns the evidence of one text, and what stands on stderr.
fn detect(args: &[&str], text: &str) -> (Value, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("text.txt");
    fs::write(&file, text).expect("writable");
    let output = run(&[&["detect", "-t", "demo", "--json"], args, &[file.to_str().expect("UTF-8")]].concat());
    let evidence = serde_json::from_slice(&output.stdout);
    (evidence.unwrap_or_else(|_| panic!("no evidence: {}", stderr(&output))), stderr(&output))
}

fn characters(text: &str) -> u64 {
    text.chars().count() as u64
}

#[test]
fn a_marked_paragraph_is_named() {
    let (folder, key) = key();
    let (before, paragraph, after) = (unmarked("1", "1500"), marked(&key, "200"), unmarked("2", "1500"));
    let text = format!("{before}\n\n{paragraph}\n\n{after}");
    let (evidence, _) = detect(&["-k", &key], &text);
    assert_eq!(evidence["detected"], true, "{evidence}");
    let [span] = &evidence["spans"].as_array().expect("a list")[..] else { panic!("{evidence}") };
    let (start, length) = (characters(&before) + 2, characters(&paragraph));
    let place = |member: &str| span[member].as_u64().expect("a place");
    let (from, to) = (place("text_start"), place("text_end"));
    assert!(from + 100 > start && to < start + length + 100, "{span}: {start}, {length}");
    assert!(to - from > length / 2, "most of the paragraph: {span}");
    assert!(place("green") <= place("scored") && place("end") - place("start") >= place("scored"));
    // As a whole it says less.
    assert!(evidence["unpaid_ln_p"].as_f64() > evidence["ln_p"].as_f64(), "{evidence}");

    let file = folder.path().join("text.txt");
    fs::write(&file, &text).expect("writable");
    let said = stdout(&run(&["detect", "-t", "demo", "-k", &key, file.to_str().expect("UTF-8")]));
    assert!(said.contains("  characters ") && said.contains(" green: “"), "{said}");
    let (whole, _) = detect(&["-k", &key, "--no-search"], &text);
    assert_eq!((&whole["ln_p"], &whole["spans"]), (&whole["unpaid_ln_p"], &Value::from(Vec::<u8>::new())));
}

#[test]
fn a_text_that_was_tampered_with_is_found_once_normalised() {
    let (_folder, key) = key();
    let text = marked(&key, "200");
    let (plain, _) = detect(&["-k", &key], &text);
    assert_eq!((&plain["looks"], &plain["normalised"]), (&Value::from(1), &Value::from(false)));
    // A zero-width space in every word, and Cyrillic letters.
    let tampered: String = text.replace(' ', " \u{200b}").replace('e', "\u{435}").replace('o', "\u{43e}");
    let (evidence, _) = detect(&["-k", &key], &tampered);
    assert_eq!((&evidence["looks"], &evidence["normalised"]), (&Value::from(2), &Value::from(true)));
    let ln_p = |evidence: &Value, member: &str| evidence[member].as_f64().expect("a number");
    let (found, expected) = (ln_p(&evidence, "ln_p"), ln_p(&plain, "ln_p") + std::f64::consts::LN_2);
    assert!((found - expected).abs() < 1e-9, "{found} for {expected}");
    assert!(ln_p(&evidence, "unpaid_ln_p") > -5.0, "raw, there is nothing left");
    let span = &evidence["spans"][0];
    assert!(span["text_end"].as_u64().expect("a place") <= characters(&tampered));
    assert!(span["text_end"].as_u64() > plain["spans"][0]["text_end"].as_u64(), "places are those of the raw text");
    let (raw, _) = detect(&["-k", &key, "--no-normalise"], &tampered);
    assert_eq!((&raw["detected"], &raw["looks"]), (&Value::from(false), &Value::from(1)));
}

fn file(folder: &str, name: &str) -> String {
    Path::new(folder).join(name).to_str().expect("UTF-8").to_owned()
}

#[test]
fn the_key_of_a_text_is_named_among_many() {
    let (_folder, keys) = keys(5);
    let text = marked(&file(&keys, "3.key"), "200");
    let (alone, _) = detect(&["-k", &file(&keys, "3.key")], &text);
    let (evidence, said) = detect(&["-k", &keys], &text);
    assert_eq!((&evidence["looks"], &evidence["key_id"], &*said), (&Value::from(5), &alone["key_id"], ""));
    assert_eq!(evidence["spans"][0]["key_id"], alone["key_id"]);
    // The same, named one by one, under two schemes.
    let files: Vec<String> = (0..5).map(|i| file(&keys, &format!("{i}.key"))).collect();
    let mut args: Vec<&str> = files.iter().flat_map(|file| ["-k", file]).collect();
    args.extend(["-s", "gm1:gumbel,h=2", "-s", "gm1:green,h=1,gamma=64/256"]);
    let (evidence, _) = detect(&args, &text);
    assert_eq!((&evidence["looks"], &evidence["key_id"]), (&Value::from(10), &alone["key_id"]));
    assert_eq!(evidence["scheme"], "gm1:green,h=1,gamma=64/256");
}

#[test]
fn a_folder_of_keys_is_used_whole_or_not_at_all() {
    let (_folder, keys) = keys(2);
    let text = marked(&file(&keys, "1.key"), "200");
    fs::write(file(&keys, "broken.key"), "gmk1 and no more").expect("writable");
    fs::write(file(&keys, "README"), "no key, and not named as one").expect("writable");
    fs::copy(file(&keys, "0.key"), file(&keys, "copy.key")).expect("writable");
    let file_of_text = file(&keys, "text.txt");
    fs::write(&file_of_text, &text).expect("writable");
    let ask = || run(&["detect", "-t", "demo", "--json", "-k", &keys, &file_of_text]);
    let output = ask();
    let said = stderr(&output);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "a key left out could be the one");
    assert!(said.contains("key file broken.key"), "{said}");
    fs::remove_file(file(&keys, "broken.key")).expect("it is there");
    #[cfg(unix)]
    assert!(std::process::Command::new("mkfifo").arg(file(&keys, "pipe.key")).status().expect("mkfifo").success());
    let output = ask();
    let evidence: Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert_eq!((&evidence["detected"], &evidence["looks"]), (&Value::from(true), &Value::from(2)));
    let said = stderr(&output);
    assert!(said.contains("0.key") && said.contains("copy.key") && said.contains("used once"), "{said}");
    assert!(!said.contains("README") && !said.contains("pipe"), "{said}");

    let empty = tempfile::tempdir().expect("a temporary folder");
    let output = run(&["detect", "-k", empty.path().to_str().expect("UTF-8"), &file_of_text]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("is named *.key or *.profile.json"), "{}", stderr(&output));
}

#[test]
fn each_text_is_marked_with_one_key_of_the_folder() {
    let (folder, keys) = keys(4);
    let prompts = folder.path().join("prompts.jsonl");
    fs::write(&prompts, "{\"prompt\": \"One morning\"}\n".repeat(12)).expect("writable");
    let args = ["embed", "-k", &keys, "--seed", "7", "-n", "200", "--ignore-eos", "--prompts"];
    let written = run(&[&args[..], &[prompts.to_str().expect("UTF-8")]].concat());
    assert!(written.status.success(), "{}", stderr(&written));
    let mut used = std::collections::BTreeSet::new();
    for line in stdout(&written).lines() {
        let line: Value = serde_json::from_str(line).expect("an object");
        let (evidence, _) = detect(&["-k", &keys], line["text"].as_str().expect("a text"));
        assert_eq!((&evidence["detected"], &evidence["key_id"]), (&Value::from(true), &line["key_id"]));
        used.insert(line["key_id"].to_string());
    }
    assert!(used.len() > 1, "twelve texts, four keys: {used:?}");
}

#[test]
fn a_stream_speaks_as_soon_as_it_can() {
    let (_folder, key) = key();
    let text = marked(&key, "300");
    let mut listener = greenmark()
        .args(["detect", "-t", "demo", "--stream", "--json", "-k", &key])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = listener.stdin.take().expect("piped");
    for (i, word) in text.split_inclusive(' ').enumerate() {
        // A writer may take his time, at the start and later.
        if i % 100 == 0 {
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        stdin.write_all(word.as_bytes()).expect("it listens");
        stdin.flush().expect("it listens");
    }
    drop(stdin);
    let output = listener.wait_with_output().expect("it ends");
    let said = stdout(&output);
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let [detected, end] = &lines[..] else { panic!("{said}") };
    assert_eq!((&detected["event"], &end["event"]), (&Value::from("detected"), &Value::from("end")));
    assert!(detected["tokens"].as_u64() < end["tokens"].as_u64() && end["tokens"].as_u64() > Some(250), "{said}");
    let ln_p = detected["ln_p"].as_f64().expect("a number");
    assert!(ln_p <= 1e-6f64.ln() && ln_p > -25.0, "the first p that suffices: {ln_p}");
    // Read at once, the ids are the same.
    let (whole, _) = detect(&["-k", &key], &text);
    assert_eq!((&whole["tokens"], &whole["score"]), (&end["tokens"], &end["score"]));
}

#[test]
fn a_stream_takes_one_plain_text() {
    let (folder, key) = key();
    let lines = folder.path().join("a.jsonl");
    fs::write(&lines, "{\"text\": \"a\"}\n").expect("writable");
    let bad = folder.path().join("bad.txt");
    fs::write(&bad, b"a word \xff").expect("writable");
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    for (files, message) in [
        (vec![path(&lines)], "JSON Lines"),
        (vec![path(&bad), path(&bad)], "--stream reads one text"),
        (vec![path(folder.path())], "is a folder"),
        (vec![path(&bad)], "not valid UTF-8 from byte 7 on"),
    ] {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let output = run(&[&["detect", "-t", "demo", "--stream", "-k", &key], &files[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(stderr(&output).contains(message), "{message}: {}", stderr(&output));
    }
    // Nothing to read is an answer.
    let output = run(&["detect", "-t", "demo", "--stream", "--json", "-k", &key]);
    let end: Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert_eq!(
        (&end["tokens"], &end["ln_p"], &end["detected"]),
        (&Value::from(0), &Value::from(0.0), &Value::from(false))
    );
}

#[test]
fn a_stream_about_many_keys_names_the_one_that_it_found() {
    let (_folder, keys) = keys(6);
    let text = marked(&file(&keys, "4.key"), "200");
    let owner = detect(&["-k", &file(&keys, "4.key")], &text).0["key_id"].clone();
    // Long enough after the mark that another key leads at the end.
    let whole = file(&keys, "text.txt");
    fs::write(&whole, format!("{text}\n\n{}", unmarked("9", "3000"))).expect("writable");
    let said = stdout(&run(&["detect", "-t", "demo", "--stream", "--json", "-k", &keys, &whole]));
    for line in said.lines() {
        let line: Value = serde_json::from_str(line).expect("an object");
        assert_eq!((&line["key_id"], &line["detected"]), (&owner, &Value::from(true)), "{said}");
    }
    assert_eq!(said.lines().count(), 2, "{said}");
    let said = stdout(&run(&["detect", "-t", "demo", "--stream", "-k", &keys, &whole]));
    assert_eq!(said.matches(owner.as_str().expect("a string")).count(), 2, "{said}");

    // What was read before a bad byte is said, however it comes.
    let bad = file(&keys, "bad.txt");
    fs::write(&bad, [text.as_bytes(), b"\xff and more"].concat()).expect("writable");
    let output = run(&["detect", "-t", "demo", "--stream", "--json", "-k", &file(&keys, "4.key"), &bad]);
    assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(2), 2));
    assert!(stderr(&output).contains(&format!("not valid UTF-8 from byte {} on", text.len())), "{}", stderr(&output));
    // Nothing found so far is no answer about a text that cannot be read on.
    fs::write(&bad, b"One morning, \xff and more").expect("writable");
    for more in [&[][..], &["--json"]] {
        let output = run(&[&["detect", "-t", "demo", "--stream", "-k", &file(&keys, "4.key"), &bad], more].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(!stdout(&output).to_lowercase().contains("no mark found"), "{}", stdout(&output));
        assert!(!stdout(&output).contains("\"detected\""), "{}", stdout(&output));
    }
}

/// Emoji of several code points, cut by tokens: places are whole graphemes, and never panic.
#[test]
fn places_are_whole_graphemes() {
    let (_folder, key) = key();
    let family = "👩\u{200d}👩\u{200d}👧";
    let text: String = marked(&key, "250").replace(' ', &format!(" {family}"));
    let (evidence, _) = detect(&["-k", &key, "--alpha", "0.999"], &text);
    let characters: Vec<char> = text.chars().collect();
    for span in evidence["spans"].as_array().expect("a list") {
        for member in ["text_start", "text_end"] {
            let at = span[member].as_u64().expect("a place") as usize;
            let cut =
                at > 0 && at < characters.len() && (characters[at] == '\u{200d}' || characters[at - 1] == '\u{200d}');
            assert!(!cut, "{span}");
        }
    }
}

/// Two profiles in one folder, each with a tokenizer of its own.
#[test]
fn a_folder_of_profiles_names_the_one_that_hit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (keys, letters) = (path("keys/"), path("letters.json"));
    fs::write(&letters, letters_tokenizer()).expect("writable");
    let made = |args: &[&str]| {
        let output = run(&[&["keygen", "-o", &keys], args].concat());
        assert!(output.status.success(), "{}", stderr(&output));
    };
    made(&["--profile", "story", "-t", "demo"]);
    made(&["--profile", "letters", "-t", &letters, "-s", "gm1:gumbel,h=2"]);
    let master = path("keys/story.key");
    made(&["--profile", "story-may", "-t", "demo", "--key-file", &master, "--subkey", "2027-05"]);
    for name in ["story", "letters", "story-may"] {
        let profile = fs::read_to_string(path(&format!("keys/{name}.profile.json"))).expect("a profile");
        assert!(!profile.contains("gmk1"), "{profile}");
        #[cfg(unix)]
        if name != "story-may" {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path(&format!("keys/{name}.key"))).expect("a key").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
    let text = path("text.txt");
    for name in ["story", "story-may"] {
        let profile = path(&format!("keys/{name}.profile.json"));
        let write =
            ["embed", "--profile", &profile, "--prompt", "One morning", "-n", "200", "--ignore-eos", "--seed", "5"];
        let written = run(&write);
        assert!(written.status.success(), "{}", stderr(&written));
        assert!(stderr(&written).contains(&format!("profile {name}; model demo")), "{}", stderr(&written));
        fs::write(&text, stdout(&written)).expect("writable");
        let output = run(&["detect", "-k", &keys, "--json", &text]);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        assert_eq!((&found["verdict"], &found["profile"]), (&Value::from("marked"), &Value::from(name)), "{found}");
        assert_eq!((&found["looks"], &found["tokenizer"]["name"]), (&Value::from(3), &Value::from("demo")));
        assert_eq!(found["spans"][0]["profile"], name);
        let alone = run(&["detect", "--profile", &profile, &text]);
        assert!(stdout(&alone).starts_with("marked  p = "), "{}", stdout(&alone));
        assert!(stdout(&alone).contains(&format!("  profile {name}: gm1:green,h=1")), "{}", stdout(&alone));
        let listened = run(&["detect", "--profile", &profile, "--stream", "--json", &text]);
        let first: Value = serde_json::from_str(stdout(&listened).lines().next().expect("a line")).expect("JSON");
        assert_eq!((&first["test"], &first["profile"]), (&Value::from("gm1"), &Value::from(name)));
    }
    let refused = |args: &[&str], message: &str| {
        let output = run(args);
        assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()), "{args:?}");
        assert!(stderr(&output).contains(message), "{args:?}: {}", stderr(&output));
    };
    let story = path("keys/story.profile.json");
    let other = path("keys/letters.profile.json");
    refused(&["embed", "--profile", &other, "--prompt", "One"], "model demo has another");
    refused(&["detect", "-k", &keys, "--stream", &text], "several");
    refused(&["detect", "--profile", &story, "-t", &letters, &text], "is another tokenizer than that of the 1 profile");
    refused(&["detect", "--profile", &story, "-s", "gm1:gumbel,h=2", &text], "a profile says its own");
    refused(&["detect", "-k", &story, &text], "give it with --profile");
    refused(&["detect", "--profile", &master, &text], "not a JSON object");
    refused(&["keygen", "-o", &keys, "--profile", "story", "-t", "demo"], "exists and is not overwritten");
    refused(&["embed", "-k", &keys, "--prompt", "One"], "name one with --profile");
    // Neither is left where both cannot be had.
    fs::write(path("keys/half.profile.json"), "").expect("writable");
    refused(&["keygen", "-o", &keys, "--profile", "half", "-t", "demo"], "exists and is not overwritten");
    assert!(!Path::new(&path("keys/half.key")).exists());
    refused(&["detect", "-k", &keys, &text], "half.profile.json: not a profile");
    fs::remove_file(path("keys/half.profile.json")).expect("it is there");
    // The tokenizer that a profile names has changed.
    fs::write(&letters, letters_tokenizer().replace("\"a\"", "\"é\"")).expect("writable");
    refused(&["detect", "-k", &keys, &text], "is another tokenizer");
    // Nor is a key taken for another.
    fs::copy(path("keys/letters.key"), &master).expect("writable");
    refused(&["detect", "--profile", &story, &text], "does not hold its key");
}

/// Makes every printable ASCII character a token.
fn letters_tokenizer() -> String {
    let vocab: serde_json::Map<_, _> = ('!'..='~').enumerate().map(|(id, c)| (c.to_string(), id.into())).collect();
    let json = serde_json::json!({
        "version": "1.0", "added_tokens": [], "normalizer": null, "post_processor": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
        "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": vocab, "merges": []},
    });
    json.to_string()
}

#[test]
fn a_profile_is_saved_by_the_way() {
    let (folder, key) = key();
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let profile = path("saved.profile.json");
    let write = [
        "embed",
        "-k",
        &key,
        "--prompt",
        "One morning",
        "-n",
        "200",
        "--ignore-eos",
        "--seed",
        "5",
        "--save-profile",
        &profile,
    ];
    let written = run(&write);
    assert!(written.status.success(), "{}", stderr(&written));
    fs::write(path("text.txt"), stdout(&written)).expect("writable");
    let found = run(&["detect", "--profile", &profile, "--json", &path("text.txt")]);
    let found: Value = serde_json::from_slice(&found.stdout).unwrap_or_else(|_| panic!("{}", stderr(&found)));
    assert_eq!((&found["verdict"], &found["profile"]), (&Value::from("marked"), &Value::from("saved")));
    // Alone in its folder, it need not be named.
    let by_folder =
        run(&["embed", "-k", &path(""), "--prompt", "One morning", "-n", "200", "--ignore-eos", "--seed", "5"]);
    assert_eq!(stdout(&by_folder), stdout(&written));
    assert!(stderr(&by_folder).contains("profile saved"), "{}", stderr(&by_folder));
    let again = run(&write);
    assert_eq!((again.status.code(), stdout(&again)), (Some(2), String::new()));
    assert!(stderr(&again).contains("exists and is not overwritten"), "{}", stderr(&again));
}
