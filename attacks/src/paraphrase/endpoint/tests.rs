use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Instant,
};

use super::*;

/// Answer of the server to a request: status, further headers, body; or none for a while.
enum Reply {
    With(u16, &'static str, String),
    After(Duration),
}

/// An endpoint that answers its n-th request by a rule, and remembers what it was sent.
struct Server {
    url: String,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Server {
    fn start(rule: impl Fn(usize) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/v1", listener.local_addr().expect("bound"));
        let requests: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = read(&stream);
                let mut seen = seen.lock().expect("no panic");
                let reply = rule(seen.len());
                seen.push(request);
                drop(seen);
                match reply {
                    Reply::With(status, headers, body) => write(stream, status, headers, &body),
                    Reply::After(pause) => {
                        thread::spawn(move || {
                            thread::sleep(pause);
                            write(stream, 200, "", &said("too late"));
                        });
                    }
                }
            }
        });
        Self { url, requests }
    }

    fn requests(&self) -> Vec<(String, Value)> {
        self.requests.lock().expect("no panic").clone()
    }
}

/// Returns the head of a request, and its body.
fn read(stream: &TcpStream) -> (String, Value) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head).expect("a request") > 2 {}
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.expect("a length")];
    reader.read_exact(&mut body).expect("a body");
    (head, serde_json::from_slice(&body).expect("JSON"))
}

fn write(mut stream: TcpStream, status: u16, headers: &str, body: &str) {
    // The client may have left.
    let length = body.len();
    let _ =
        write!(stream, "HTTP/1.1 {status} x\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}");
}

fn said(text: &str) -> String {
    json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}).to_string()
}

fn ok(text: &str) -> Reply {
    Reply::With(200, "", said(text))
}

fn options(url: &str) -> EndpointOptions {
    EndpointOptions {
        url: url.into(),
        model: "m".into(),
        key: Some(Secret("sk-secret".into())),
        temperature: 0.5,
        timeout: Duration::from_secs(20),
        retries: 2,
        pause: Duration::from_millis(5),
        cache: None,
    }
}

/// Returns what one question comes to.
fn ask(options: EndpointOptions) -> Answer {
    let question = Question { prompt: "Say it otherwise: no.".into(), unit: "no".into() };
    Endpoint::new(options).expect("sound").answer(&[question], 7).remove(0)
}

#[test]
fn a_question_is_asked_as_openai_has_it() {
    let server = Server::start(|_| ok("By no means."));
    assert_eq!(ask(options(&(server.url.clone() + "/"))), Ok(Some("By no means.".into())));
    let requests = server.requests();
    let (head, body) = &requests[0];
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("\r\nauthorization: bearer sk-secret\r\n"), "{head}");
    let messages = json!([{"role": "user", "content": "Say it otherwise: no."}]);
    assert_eq!(body, &json!({"model": "m", "temperature": 0.5, "seed": 7, "messages": messages}));
    assert_eq!(requests.len(), 1);

    let server = Server::start(|_| ok("No."));
    assert_eq!(ask(EndpointOptions { key: None, ..options(&server.url) }), Ok(Some("No.".into())));
    assert!(!server.requests()[0].0.to_lowercase().contains("authorization"));
}

#[test]
fn what_may_pass_is_tried_again() {
    for (status, headers) in [(500, ""), (503, ""), (429, "Retry-After: 0\r\n")] {
        let server =
            Server::start(move |n| if n < 2 { Reply::With(status, headers, String::new()) } else { ok("No.") });
        assert_eq!(ask(options(&server.url)), Ok(Some("No.".into())), "{status}");
        assert_eq!(server.requests().len(), 3);
    }
    let server = Server::start(|_| Reply::With(500, "", json!({"error": {"message": "on fire"}}).to_string()));
    let error = ask(options(&server.url)).expect_err("broken");
    assert!(error.ends_with("/v1/chat/completions: HTTP status 500: on fire (3 attempts)"), "{error}");
}

#[test]
fn an_endpoint_is_obeyed_when_it_names_a_time() {
    let server =
        Server::start(|n| if n == 0 { Reply::With(429, "Retry-After: 1\r\n", String::new()) } else { ok("No.") });
    let begin = Instant::now();
    assert!(ask(options(&server.url)).is_ok());
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_slow_endpoint_is_asked_again_and_given_up() {
    let impatient = |url| EndpointOptions { timeout: Duration::from_millis(300), ..options(url) };
    let slow = Duration::from_secs(30);
    let server = Server::start(move |n| if n == 0 { Reply::After(slow) } else { ok("No.") });
    assert_eq!(ask(impatient(&server.url)), Ok(Some("No.".into())));
    let server = Server::start(move |_| Reply::After(slow));
    let error = ask(impatient(&server.url)).expect_err("slow");
    assert!(error.ends_with("no answer within 0.3 s (3 attempts)"), "{error}");
}

#[test]
fn an_endpoint_that_is_down_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let url = format!("http://127.0.0.1:{port}/v1");
    let error = ask(options(&url)).expect_err("down");
    assert!(error.starts_with(&url) && error.ends_with("(3 attempts)"), "{error}");
    assert!(error.to_lowercase().contains("refused"), "{error}");
}

#[test]
fn a_refusal_is_final_and_keeps_the_key() {
    let body = json!({"error": {"message": "Incorrect API key provided: sk-secret."}}).to_string();
    let server = Server::start(move |_| Reply::With(401, "", body.clone()));
    let error = ask(options(&server.url)).expect_err("refused");
    assert!(error.ends_with("HTTP status 401: Incorrect API key provided: [key]."), "{error}");
    assert_eq!(server.requests().len(), 1);
    let endpoint = Endpoint::new(options(&server.url)).expect("sound");
    assert!(!format!("{endpoint:?} {:?}", endpoint.options()).contains("secret"));
}

#[test]
fn a_key_does_not_travel_on() {
    let elsewhere = Server::start(|_| ok("No."));
    let header: &'static str = format!("Location: {}/chat/completions\r\n", elsewhere.url).leak();
    for status in [301, 302, 307, 308] {
        let server = Server::start(move |_| Reply::With(status, header, String::new()));
        let error = ask(options(&server.url)).expect_err("points elsewhere");
        assert!(error.ends_with("it points elsewhere (a redirect), which is not followed"), "{error}");
    }
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn nonsense_is_named_and_not_repeated() {
    for (body, expected) in [
        ("<html>\n  hello</html>".to_owned(), "the answer is not JSON: <html> hello</html>".to_owned()),
        (String::new(), "the answer is not JSON: it is empty".into()),
        ("{\"choices\": []}".into(), "the answer has no choices: {\"choices\": []}".into()),
        ("[1]".into(), "the answer has no choices: [1]".into()),
        ("{\"choices\": [{}]}".into(), "the answer's message has no text: {\"choices\": [{}]}".into()),
        ("é".repeat(1000), format!("the answer is not JSON: {} …", "é".repeat(160))),
    ] {
        let sent = body.clone();
        let server = Server::start(move |_| Reply::With(200, "", sent.clone()));
        let error = ask(options(&server.url)).expect_err("nonsense");
        assert!(error.ends_with(&expected), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
    let endless = Server::start(|_| Reply::With(200, "", "x".repeat(5 << 20)));
    let error = ask(options(&endless.url)).expect_err("too long");
    assert!(error.contains("limit"), "{error}");
}

#[test]
fn an_answer_cut_off_or_withheld_is_none() {
    let message = |content: Value, reason: &str| {
        json!({"choices": [{"message": {"content": content}, "finish_reason": reason}]}).to_string()
    };
    for body in [message(json!("It was"), "length"), message(Value::Null, "stop")] {
        let server = Server::start(move |_| Reply::With(200, "", body.clone()));
        assert_eq!(ask(options(&server.url)), Ok(None));
    }
    let server = Server::start(|_| ok(""));
    assert_eq!(ask(options(&server.url)), Ok(Some(String::new())), "an empty answer is for its reader to judge");
}

#[test]
fn what_was_answered_is_not_paid_for_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let cached = |url: &str| EndpointOptions { cache: Some(folder.path().join("answers")), ..options(url) };
    let questions: Vec<Question> =
        (0..9).map(|n| Question { prompt: format!("Question {n}"), unit: String::new() }).collect();
    // The sixth request and all after it fail: the run breaks off.
    let server = Server::start(|n| if n < 5 { ok("Yes.") } else { Reply::With(400, "", String::new()) });
    let first = Endpoint::new(cached(&server.url)).expect("sound").answer(&questions, 7);
    let answered = first.iter().flatten().count();
    assert!(answered == 5 && server.requests().len() <= 5 + TOGETHER, "{first:?}");

    // The same endpoint, mended. Its URL is part of what is cached, so the server is the same one by
    // name.
    *server.requests.lock().expect("no panic") = Vec::new();
    let second = Endpoint::new(cached(&server.url)).expect("sound").answer(&questions, 7);
    assert!(second.iter().all(|answer| answer == &Ok(Some("Yes.".into()))), "{second:?}");
    assert_eq!(server.requests().len(), 4);
    // Another seed, model or temperature is another question.
    for other in [
        EndpointOptions { model: "n".into(), ..cached(&server.url) },
        EndpointOptions { temperature: 0.6, ..cached(&server.url) },
    ] {
        let before = server.requests().len();
        let _ = Endpoint::new(other).expect("sound").answer(&questions[..1], 7);
        assert_eq!(server.requests().len(), before + 1);
    }
    // A damaged file is as none.
    for file in std::fs::read_dir(folder.path().join("answers")).expect("there").flatten() {
        let held = std::fs::read_to_string(file.path()).expect("text");
        assert!(!held.contains("secret"));
        std::fs::write(file.path(), &held[..5]).expect("writable");
    }
    let before = server.requests().len();
    let _ = Endpoint::new(cached(&server.url)).expect("sound").answer(&questions[..1], 7);
    assert_eq!(server.requests().len(), before + 1);
}

#[test]
fn an_unsound_endpoint_is_refused_without_its_secrets() {
    let refusal = |url: &str| Endpoint::new(options(url)).expect_err("refused");
    for url in ["", "host", "/v1", "ftp://host/v1", "https://"] {
        assert!(refusal(url).contains("is no URL of an endpoint"), "{url}");
    }
    for url in ["https://me:secret@host/v1", "https://host/v1?key=secret", "https://host/v1#secret"] {
        assert!(!refusal(url).contains("secret"), "{url}");
    }
    let hot = EndpointOptions { temperature: f64::NAN, ..options("http://host") };
    assert!(Endpoint::new(hot).expect_err("refused").starts_with("temperature"));
    let message = Secret::from_env("sk-mistaken").expect_err("not set");
    assert!(message.contains("not set") && !message.contains("mistaken"), "{message}");
}
