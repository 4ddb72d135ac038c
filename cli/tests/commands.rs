//! The command line as a user meets it: `cmd/*.trycmd` for what is said, the rest here for what is
//! done to files, pipes and signals.

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use support::{greenmark, marked, run, stderr, stdout};

/// Returns a key file in a folder of its own.
fn key() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("test.key").to_str().expect("UTF-8").to_owned();
    let made = run(&["keygen", "-o", &path]);
    assert!(made.status.success(), "{}", stderr(&made));
    (folder, path)
}

#[test]
fn transcripts() {
    // A checkout under a strict umask would not earn the warning that the transcripts show.
    #[cfg(unix)]
    for entry in fs::read_dir("tests/cmd/fixtures").expect("fixtures").flatten() {
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        fs::set_permissions(entry.path(), readable).expect("own files");
    }
    trycmd::TestCases::new()
        .case("tests/cmd/*.trycmd")
        .env("NO_COLOR", "1")
        .env("RUST_BACKTRACE", "0")
        .env("GREENMARK_CACHE", "/nonexistent");
}

#[test]
fn a_key_is_private_and_never_overwritten() {
    let (_folder, path) = key();
    let text = fs::read_to_string(&path).expect("a key file");
    assert!(text.starts_with("gmk1") && text.len() == 77);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let again = run(&["keygen", "-o", &path]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("exists and is not overwritten"));
    assert_eq!(fs::read_to_string(&path).expect("still there"), text);
}

#[cfg(target_os = "linux")]
#[test]
fn no_core_file_can_hold_a_key() {
    let (_folder, key) = key();
    let child = Command::new("sh")
        .args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$0\" detect -t demo -k \"$1\""])
        .args([env!("CARGO_BIN_EXE_greenmark"), &key])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.expect("a shell");
    // It waits for its text, with the key in memory.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).expect("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    drop(child.stdin.take());
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_marked_text_is_found_and_nothing_else_is() {
    let (folder, path) = key();
    let text = folder.path().join("story.txt");
    fs::write(&text, marked(&path, "400")).expect("writable");
    let text = text.to_str().expect("UTF-8");
    let evidence = |args: &[&str]| -> Value {
        let output = run(&[&["detect", "-t", "demo", "--json"], args].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(stderr(&output), "");
        serde_json::from_slice(&output.stdout).expect("one object")
    };
    let found = evidence(&["-k", &path, text]);
    assert_eq!(found["detected"], true, "{found}");
    assert_eq!(
        (&found["test"], &found["verdict"], &found["profile"]),
        (&Value::from("gm1"), &Value::from("marked"), &Value::Null)
    );
    for member in [
        "id",
        "scheme",
        "key_id",
        "tokens",
        "scored",
        "repeated",
        "score",
        "mean_score",
        "green",
        "gamma",
        "green_fraction",
        "z_score",
        "ln_p",
        "p_value",
        "unpaid_ln_p",
        "looks",
        "normalised",
        "alpha",
        "detected",
        "spans",
        "tokenizer",
    ] {
        assert!(found.get(member).is_some_and(|value| !value.is_null()), "{member}: {found}");
    }
    let (_other, wrong) = key();
    assert_eq!(evidence(&["-k", &wrong, text])["detected"], false);
    assert_eq!(evidence(&["-k", &path, "--scheme", "gm1:green,h=2,gamma=64/256", text])["detected"], false);
    // An empty text is an answer.
    let nothing = evidence(&["-k", &path, "-"]);
    assert_eq!((&nothing["ln_p"], &nothing["z_score"]), (&Value::from(0.0), &Value::Null));
}

#[test]
fn a_key_among_the_arguments_is_refused_and_never_repeated() {
    let (_folder, path) = key();
    let text = std::fs::read_to_string(path).expect("a key file");
    let text = text.trim_end();
    let near = format!("./{text}");
    for args in
        [&["detect", "-k", text][..], &["detect", "-s", text], &["detect", &near], &["embed", "--color", text], &[text]]
    {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2));
        assert!(!stderr(&output).contains(&text[10..30]) && stdout(&output).is_empty());
    }
    for wrong in [format!(" {text}"), format!("/tmp/{text}"), text.to_owned()] {
        let output =
            greenmark().args(["detect", "-"]).env("GREENMARK_KEY_FILE", wrong).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(2));
        assert!(!stderr(&output).contains(&text[10..30]) && stdout(&output).is_empty());
    }
}

#[test]
fn gumbel_text_is_found_and_looks_unmarked_to_the_other_family() {
    let (folder, path) = key();
    for scheme in ["gm1:gumbel,h=2", "gm1:gumbel,h=4,dual"] {
        let write = |options: &[&str]| {
            let fixed =
                ["embed", "-k", &path, "--scheme", scheme, "--prompt", "One morning", "-n", "200", "--ignore-eos"];
            let output = run(&[&fixed[..], options].concat());
            assert!(output.status.success(), "{}", stderr(&output));
            stdout(&output)
        };
        let text = write(&["--seed", "5"]);
        assert_eq!(text, write(&["--seed", "5"]));
        let file = folder.path().join("gumbel.txt");
        std::fs::write(&file, &text).expect("a writable folder");
        let detected = |scheme: &str| {
            let file = file.to_str().expect("UTF-8");
            let output = run(&["detect", "-t", "demo", "-k", &path, "--scheme", scheme, "--json", file]);
            let found: Value = serde_json::from_slice(&output.stdout).expect("one object");
            assert!(found["score"].as_f64() > Some(0.0), "{found}");
            assert_eq!(found["green"].is_null(), scheme.contains("gumbel"), "{found}");
            found["detected"] == true
        };
        assert!(detected(scheme));
        assert!(!detected("gm1:green,h=2,gamma=64/256"));
        assert!(!detected("gm1:gumbel,h=3"));
        let json: Value = serde_json::from_str(&write(&["--seed", "5", "--json"])).expect("one object");
        assert_eq!((&json["delta"], json["mixing_share"].is_null()), (&Value::Null, !scheme.contains("dual")));
    }
}

#[test]
fn a_seed_gives_the_same_text_and_the_mark_changes_it() {
    let (_folder, path) = key();
    let (once, again) = (marked(&path, "60"), marked(&path, "60"));
    assert_eq!(once, again);
    let plain = run(&["embed", "--no-watermark", "--prompt", "One morning", "--seed", "5", "-n", "60", "--ignore-eos"]);
    assert!(plain.status.success() && stdout(&plain) != once);
    let zero =
        run(&["embed", "-k", &path, "-d", "0", "--prompt", "One morning", "--seed", "5", "-n", "60", "--ignore-eos"]);
    assert_eq!(stdout(&zero), stdout(&plain), "delta 0 marks nothing");
}

#[test]
fn many_prompts_give_whole_lines_and_bad_ones_are_named() {
    let (folder, path) = key();
    let prompts = folder.path().join("prompts.jsonl");
    fs::write(&prompts, "{\"id\":\"a\",\"prompt\":\"One\"}\n{\"prompt\":7}\n{\"prompt\":\"Two\"}\n").expect("writable");
    let prompts = prompts.to_str().expect("UTF-8");
    let output = run(&["embed", "-k", &path, "--prompts", prompts, "-n", "20", "--seed", "1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("line 2, column"), "{}", stderr(&output));
    let lines: Vec<Value> =
        stdout(&output).lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let ids: Vec<_> = lines.iter().map(|line| line["id"].as_str().expect("a string")).collect();
    assert_eq!(ids, ["a", "3"], "in the order of the prompts");
    for line in lines {
        let member = |name: &str| line[name].clone();
        assert_eq!(
            [member("scheme"), member("delta"), member("model"), member("tokenizer"), member("seed")],
            ["gm1:green,h=1,gamma=64/256".into(), Value::from(2.0), "demo".into(), "ca8610a49363a1be".into(), 1.into()]
        );
        assert!(["eos", "max_tokens"].contains(&line["finish"].as_str().expect("a string")));
        assert!(line["tokens"].as_array().is_some_and(|tokens| tokens.len() <= 20) && line["text"].is_string());
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_said_and_a_closed_pipe_is_not() {
    let (_folder, path) = key();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let args = ["embed", "-k", &path, "--prompt", "One", "-n", "5"];
    let output = greenmark().args(args).stdout(full).output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot write to standard output"), "{}", stderr(&output));

    let mut child = greenmark().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

/// Runs with a reader of stdout that has left before there is anything to read.
#[cfg(unix)]
fn run_unheard(args: &[&str], input: &str) -> Output {
    let mut command = greenmark();
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    drop(child.stdout.take());
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_costs_neither_the_page_nor_the_status() {
    let (folder, path) = key();
    let page = folder.path().join("evidence.html");
    let texts = "{\"text\":\"One\"}\n{\"text\":\"Two\"}\n";
    let output =
        run_unheard(&["detect", "-t", "demo", "-k", &path, "--html", page.to_str().expect("UTF-8"), "--jsonl"], texts);
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    let html = fs::read_to_string(&page).expect("a page");
    assert_eq!((html.matches("<section>").count(), html.ends_with("</html>\n")), (2, true));

    let output = run_unheard(&["detect", "-t", "demo", "-k", &path, "--jsonl"], &format!("broken\n{texts}"));
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    let prompts = "broken\n{\"prompt\":\"One\"}\n";
    let output = run_unheard(&["embed", "-k", &path, "-n", "5", "--prompts", "-"], prompts);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

#[cfg(unix)]
#[test]
fn an_interruption_leaves_whole_lines() {
    let (folder, path) = key();
    let prompts = folder.path().join("prompts.jsonl");
    let line = "{\"prompt\":\"One morning\"}\n";
    fs::write(&prompts, line.repeat(5_000)).expect("writable");
    let args = ["embed", "-k", &path, "--ignore-eos", "-n", "100", "--prompts", prompts.to_str().expect("UTF-8")];
    let mut child = greenmark().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut reader = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    reader.read_line(&mut first).expect("a line");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let lines: Vec<String> = std::iter::once(first).chain(reader.lines().map(|line| line.expect("UTF-8"))).collect();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("interrupted"), "{}", stderr(&output));
    assert!(lines.len() < 5_000);
    for line in lines {
        let _: Value = serde_json::from_str(&line).expect("a whole line");
    }
}

#[test]
fn an_interruption_is_heard_while_waiting_for_input() {
    let (folder, key) = key();
    let page = folder.path().join("page.html");
    let page = page.to_str().expect("UTF-8");
    for args in [
        &["detect", "-t", "demo", "-k", &key, "--html", page][..],
        &["detect", "-t", "demo", "-k", &key, "--stream", "--json"],
    ] {
        let mut child = greenmark()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(b"One morning, a girl").expect("it listens");
        stdin.flush().expect("it listens");
        std::thread::sleep(std::time::Duration::from_millis(500));
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
        assert!(killed.success());
        // Standard input stays open: it is the signal that ends it.
        let output = child.wait_with_output().expect("it ends");
        drop(stdin);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains("interrupted"), "{}", stderr(&output));
        assert_eq!(stdout(&output).lines().count(), usize::from(args.contains(&"--stream")), "{}", stdout(&output));
        let left: Vec<_> =
            fs::read_dir(folder.path()).expect("there").flatten().map(|entry| entry.file_name()).collect();
        assert_eq!(left, ["test.key"], "nothing half written is left");
    }
}

/// Ends a command by a signal after a second, and returns its output and the time that it took to end.
#[cfg(unix)]
fn interrupted(args: &[&str], signal: &str) -> (Output, std::time::Duration) {
    let child = greenmark().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(std::time::Duration::from_secs(1));
    let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    let since = std::time::Instant::now();
    (child.wait_with_output().expect("it ends"), since.elapsed())
}

/// Each of these takes many seconds, even on a fast machine.
#[cfg(unix)]
#[test]
fn an_interruption_is_heard_within_one_long_text() {
    let (folder, key) = key();
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let text: String = (0..7_000_000).map(|i| format!("w{i} ")).collect();
    fs::write(at("long.txt"), &text).expect("writable");
    fs::write(at("words.txt"), "One morning, a girl went to the sea. ".repeat(40_000)).expect("writable");
    for args in [
        &["detect", "-t", "demo", "-k", &key, "--html", &at("page.html"), &at("long.txt")][..],
        &["attack", "resample", "-s", "1", "--model", "demo", "-o", &at("attacked"), &at("words.txt")],
    ] {
        for signal in ["-INT", "-TERM"] {
            let (output, took) = interrupted(args, signal);
            assert_eq!((output.status.code(), stdout(&output)), (Some(2), String::new()), "{args:?} {signal}");
            assert!(stderr(&output).ends_with("error: interrupted\n"), "{}", stderr(&output));
            assert!(took.as_secs_f64() < 3.0, "{args:?} {signal}: {took:?}");
        }
    }
    let mut left: Vec<_> =
        fs::read_dir(folder.path()).expect("there").flatten().map(|entry| entry.file_name()).collect();
    left.sort();
    assert_eq!(left, ["attacked", "long.txt", "test.key", "words.txt"], "nothing half written is left");
    assert_eq!(fs::read_dir(at("attacked")).expect("there").count(), 0);
}

#[test]
fn a_page_is_whole_or_not_there() {
    let (folder, path) = key();
    let page = folder.path().join("evidence.html");
    let show = |input: &str| {
        let mut child = greenmark()
            .args(["detect", "-t", "demo", "-k", &path, "--html", page.to_str().expect("UTF-8"), "--jsonl", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
        child.wait_with_output().expect("it ends")
    };
    let output = show("{\"id\":\"<b>\",\"text\":\"Tom & <script>alert(1)</script>\"}\n{\"tokens\":[1,2]}\n");
    assert!(output.status.success(), "{}", stderr(&output));
    let html = fs::read_to_string(&page).expect("a page");
    assert!(html.ends_with("</html>\n") && html.contains("&lt;b&gt;") && !html.contains("<script>"));

    let output = show("broken\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no text could be scored"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&page).expect("the old page"), html);

    let output = run(&["detect", "-t", "demo", "-k", &path, "--html", "/nonexistent/page.html", "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output), "error: cannot write /nonexistent/page.html: there is no such folder\n");
}

#[test]
fn the_demo_shows_what_it_promises() {
    let output = run(&["demo", "--seed", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    for part in ["Without the mark", "With the mark", "wrong key", "10 % of its words", "50 % of its words"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(run(&["demo", "--seed", "3"]).stdout, output.stdout, "a seed shows the same again");
}

#[test]
fn the_demo_fits_where_it_is_told_to() {
    let output = greenmark().args(["demo", "--seed", "3", "-n", "50"]).env("COLUMNS", "40").output().expect("it runs");
    let said = stdout(&output);
    let texts: Vec<_> = said.lines().skip_while(|line| !line.starts_with("Without the mark")).collect();
    let end = texts.iter().position(|line| line.contains("counted]")).expect("a legend");
    assert!(texts[..end].iter().all(|line| line.chars().count() <= 40), "{said}");
    assert!(texts[..end].iter().any(|line| line.starts_with("With the mark")), "{said}");
}

#[cfg(unix)]
#[test]
fn a_name_cannot_speak_to_the_terminal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let name = folder.path().join("\u{1b}[2J.key").to_str().expect("UTF-8").to_owned();
    let outputs =
        [run(&["keygen", "-o", &name]), run(&["keygen", "-o", &name]), run(&["detect", "-k", "\u{7}\n", "-"])];
    assert_eq!(outputs.each_ref().map(|output| output.status.code()), [Some(0), Some(2), Some(2)]);
    for output in outputs {
        let said = stdout(&output) + &stderr(&output);
        assert!(!said.trim_end().contains(char::is_control) && said.contains('\u{fffd}'), "{said:?}");
    }
}

#[test]
fn named_files_are_json_lines_if_said_so() {
    let (folder, path) = key();
    let file = folder.path().join("texts.json");
    fs::write(&file, "{\"id\":\"a\",\"tokens\":[1,2]}\n{\"id\":\"b\",\"tokens\":[3]}\n").expect("writable");
    let output = run(&["detect", "-t", "demo", "-k", &path, "--json", "--jsonl", file.to_str().expect("UTF-8")]);
    assert_eq!((stdout(&output).lines().count(), stderr(&output).as_str()), (2, ""));
}

#[test]
fn a_page_does_not_replace_its_sources() {
    let (folder, path) = key();
    let text = fs::read_to_string(&path).expect("a key file");
    let output = run(&["detect", "-t", "demo", "-k", &path, "--html", &path, "-"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_to_string(&path).expect("still there"), text);
    // Nor that of a file of a key folder, be it a key twice or broken.
    for (name, held) in [("copy.key", &*text), ("broken.key", "no key")] {
        let file = folder.path().join(name);
        fs::write(&file, held).expect("writable");
        let folder = folder.path().to_str().expect("UTF-8");
        let output = run(&["detect", "-t", "demo", "-k", folder, "--html", file.to_str().expect("UTF-8"), "-"]);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(fs::read_to_string(&file).expect("still there"), held);
    }
}

#[test]
fn a_paraphrase_is_asked_for_once_and_its_key_is_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/v1", listener.local_addr().expect("bound"));
    // Answers one request, and is gone.
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        let (mut head, mut length) = (String::new(), 0);
        while reader.read_line(&mut head).expect("a header") > 2 {}
        for line in head.to_lowercase().lines() {
            length = line.strip_prefix("content-length: ").map_or(length, |value| value.parse().expect("a length"));
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("a body");
        let answer = r#"{"choices":[{"message":{"content":"Here is a paraphrase: \"A dog came.\""}}]}"#;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).expect("it reads");
        (head, String::from_utf8(body).expect("UTF-8"))
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (text, cache) = (folder.path().join("text.txt"), folder.path().join("cache"));
    fs::write(&text, "  There was a dog.\n").expect("writable");
    let attack = || {
        let fixed = ["attack", "paraphrase", "-s", "1", "--json", "--endpoint-model", "m", "--endpoint-retries", "0"];
        let mut command = greenmark();
        command.args(fixed).args(["--endpoint", &url, "--endpoint-key-env", "TEST_ENDPOINT_KEY"]);
        command.arg("--cache").arg(&cache).arg(&text).env("TEST_ENDPOINT_KEY", "very-secret");
        command.output().expect("the binary runs")
    };
    let first = attack();
    let (head, body) = server.join().expect("one request");
    assert!(head.contains("Bearer very-secret") && body.contains("There was a dog."), "{head}{body}");
    let found: Value = serde_json::from_slice(&first.stdout).expect("one object");
    assert_eq!(found["text"], "  A dog came.\n", "{found}");
    let step = &found["attacks"][0];
    assert_eq!(
        (&step["endpoint"], &step["model"], &step["unit"], &step["unusable"]),
        (&Value::from(url.as_str()), &Value::from("m"), &Value::from("sentence"), &Value::from(0))
    );
    let again = attack();
    assert_eq!(again.stdout, first.stdout, "{}", stderr(&again));
    fs::remove_dir_all(&cache).expect("a cache");
    let down = attack();
    assert_eq!(down.status.code(), Some(2));
    for output in [first, again, down] {
        assert!(!(stdout(&output) + &stderr(&output)).contains("secret"));
    }
}

#[test]
fn an_attack_carries_what_else_a_line_has() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lines = folder.path().join("texts.jsonl");
    let line = r#"{"source":{"z":1.50,"a":[1e400, "é"]},"text":"The cat sat.","tokens":[1],"id":"a","big":12345678901234567890123,"attacks":[]}"#;
    fs::write(&lines, format!("{line}\n")).expect("writable");
    let lines = lines.to_str().expect("UTF-8");
    let output = run(&["attack", "case", "-s", "0", lines]);
    assert!(output.status.success(), "{}", stderr(&output));
    let expected = concat!(
        r#"{"id":"a","text":"The cat sat.","attacks":[{"name":"case","strength":0.0,"seed":1,"changed":0,"places":3,"rate":0.0}],"word_edit_rate":0.0,"#,
        r#""source":{"z":1.50,"a":[1e400, "é"]},"big":12345678901234567890123}"#,
        "\n"
    );
    assert_eq!(stdout(&output), expected);
    // What comes out is input again.
    fs::write(lines, expected).expect("writable");
    assert_eq!(stdout(&run(&["attack", "case", "-s", "0", lines])), expected);
}

#[test]
fn no_key_ever_reaches_the_output() {
    let (_folder, path) = key();
    let text = fs::read_to_string(&path).expect("a key file");
    let secret = &text[4..20];
    for args in [
        vec!["embed", "-k", &path, "--prompt", "One", "-n", "5", "--json"],
        vec!["detect", "-t", "demo", "-k", &path, "--json", "-"],
        vec!["detect", "-t", "demo", "-k", &path, "--show", "-"],
        vec!["detect", "--scheme", "gm2", "-k", &path],
        vec!["keygen", "-o", &path],
        vec!["detect", "-k", text.trim_end(), "-"],
    ] {
        let output = run(&args);
        assert!(!stdout(&output).contains(secret) && !stderr(&output).contains(secret), "{args:?}");
    }
}

#[test]
fn a_folder_of_documents_is_a_table_and_an_overview() {
    let (folder, key) = key();
    let inbox = folder.path().join("inbox");
    fs::create_dir_all(inbox.join("sub")).expect("a writable folder");
    let marked = marked(&key, "400");
    let html = format!("<!doctype html><p>{}</p>", marked.trim().replace('\n', "<br>"));
    fs::write(inbox.join("a.txt"), &marked).expect("writable");
    fs::write(inbox.join("copy.txt"), &marked).expect("writable");
    fs::write(inbox.join("letter.txt"), b"Sch\xf6ne Gr\xfc\xdfe aus K\xf6ln, wo es schon k\xe4lter geworden ist.")
        .expect("writable");
    fs::write(inbox.join("scan.png"), b"\x89PNG\r\n\x1a\n").expect("writable");
    fs::write(inbox.join("sub/page.html"), html).expect("writable");
    fs::write(inbox.join("old.key"), "no document").expect("writable");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", inbox.join("dangling.txt")).expect("a link");
    let report = folder.path().join("report");
    let [inbox, report] = [&inbox, &report].map(|path| path.to_str().expect("UTF-8"));
    let output = run(&["detect", "-k", &key, "-t", "demo", inbox, "--html", report]);
    assert_eq!(output.status.code(), Some(2), "one file could not be read");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<&str> = said.lines().collect();
    for (line, start, end) in [
        (lines[0], "marked  ", "/inbox/a.txt"),
        (lines[1], "marked  ", &*format!("copy.txt; the same text as {inbox}/a.txt")),
        (lines[2], "", "letter.txt (windows-1252)"),
        (lines[3], "marked  ", "sub/page.html (html)"),
    ] {
        assert!(line.starts_with(start) && line.ends_with(end), "{said}");
    }
    assert!(
        said.contains("4 texts: 3 marked")
            && said.contains(if cfg!(unix) { "; 2 not read; 1 the same" } else { "; 1 not read; 1 the same" })
            && said.contains("1 the same as an earlier one"),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("scan.png: an image"));
    let index = fs::read_to_string(format!("{report}/index.html")).expect("an overview");
    for part in ["0001.html", "0004.html", "the same text as", "scan.png", "an image", "Not all texts"] {
        assert!(index.contains(part), "{part}: {index}");
    }
    #[cfg(unix)]
    assert!(index.contains("dangling.txt<td>not read<td>") && index.contains("a link to nothing"), "{index}");
    // Again over its own report, but over nothing else.
    assert_eq!(run(&["detect", "-k", &key, "-t", "demo", inbox, "--html", report]).status.code(), Some(2));
    fs::write(format!("{report}/thesis.txt"), "years of work").expect("writable");
    let output = run(&["detect", "-k", &key, "-t", "demo", inbox, "--html", report]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("is a folder with other files"));
    assert_eq!(fs::read_to_string(format!("{report}/thesis.txt")).expect("still there"), "years of work");
    let output = run(&["detect", "-k", &key, "-t", "demo", inbox, "--html", inbox]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("would overwrite a file that it is made from"));
}

#[test]
fn the_exit_status_says_marked_if_asked() {
    let (folder, key) = key();
    let file = folder.path().join("marked.txt");
    fs::write(&file, marked(&key, "400")).expect("writable");
    let plain = folder.path().join("plain.txt");
    fs::write(&plain, "Nobody marked this short text.").expect("writable");
    let [marked, plain] = [&file, &plain].map(|path| path.to_str().expect("UTF-8"));
    let status = |args: &[&str]| run(&[&["detect", "-k", &key, "-t", "demo"], args].concat()).status.code();
    assert_eq!(status(&[marked]), Some(0));
    assert_eq!(status(&["--exit-code", marked, plain]), Some(1));
    assert_eq!(status(&["--exit-code", plain]), Some(0));
    assert_eq!(status(&["--exit-code", marked, "missing.txt"]), Some(2));
}

#[cfg(unix)]
#[test]
fn a_key_that_cannot_be_read_is_not_left_out() {
    let (folder, key) = key();
    let keys = folder.path().join("keys");
    fs::create_dir(&keys).expect("a writable folder");
    fs::copy(&key, keys.join("a.key")).expect("writable");
    std::os::unix::fs::symlink("/nowhere/b.key", keys.join("b.key")).expect("writable");
    let output = run(&["detect", "-k", keys.to_str().expect("UTF-8"), "-t", "demo", &key]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("b.key: there is no such file"));
}

#[test]
fn lines_of_embed_say_how_they_are_to_be_read() {
    let (folder, key) = key();
    let file = folder.path().join("answers.jsonl");
    let prompts = folder.path().join("prompts.jsonl");
    fs::write(&prompts, "{\"prompt\":\"One morning\"}\n{\"prompt\":\"The old lighthouse\"}\n").expect("writable");
    let [name, prompts] = [&file, &prompts].map(|path| path.to_str().expect("UTF-8"));
    let scheme = "gm1:gumbel,h=2";
    let options = ["--scheme", scheme, "--prompts", prompts, "--seed", "5", "--ignore-eos", "-q"];
    let written = run(&[&["embed", "-k", &key][..], &options].concat());
    fs::write(&file, &written.stdout).expect("writable");
    let output = run(&["detect", "-k", &key, "--json", name]);
    assert_eq!((stderr(&output).as_str(), output.status.code()), ("", Some(0)));
    for line in stdout(&output).lines() {
        let evidence: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((&evidence["verdict"], &evidence["scheme"]), (&"marked".into(), &scheme.into()), "{line}");
    }
    // So do they after an attack, whose lines keep what they had.
    let attacked = run(&["attack", "replace", "-s", "0.05", name]);
    let piped = folder.path().join("attacked.jsonl");
    fs::write(&piped, &attacked.stdout).expect("writable");
    let output = run(&["detect", "-k", &key, piped.to_str().expect("UTF-8")]);
    assert_eq!(stdout(&output).matches("\nmarked").count() + usize::from(stdout(&output).starts_with("marked")), 2);
    // Another scheme that is asked about is contradicted, once.
    let output = run(&["detect", "-k", &key, "--scheme", "gm1:green,h=1,gamma=64/256", name]);
    assert_eq!(stderr(&output).matches("names the scheme gm1:gumbel,h=2, which is not asked about").count(), 1);
}

#[test]
fn keys_and_tokenizers_are_shown() {
    let (folder, key) = key();
    fs::write(folder.path().join("broken.key"), "gmk1 and no more").expect("writable");
    let output = run(&["key", "show", folder.path().to_str().expect("UTF-8")]);
    let id = greenmark::Key::parse_file(&fs::read(&key).expect("a key file")).expect("a key").id().to_string();
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), format!("{id}  {key}\n")));
    assert!(stderr(&output).contains("broken.key"));
    let output = run(&["tokenizer", "show", "demo"]);
    assert_eq!(stdout(&output), "ca8610a49363a1be  demo  5897 tokens\n");
    let file = folder.path().join("t.json");
    let output = run(&["tokenizer", "export", &key, "-o", file.to_str().expect("UTF-8")]);
    assert_eq!((output.status.code(), file.exists()), (Some(2), false), "a key is no model");
}
