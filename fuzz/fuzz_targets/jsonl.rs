//! JSON Lines as they are read, against `serde_json::Value`.
//!
//! Input: a file, any bytes at all.

#![no_main]

use greenmark_text::lines::{Content, LineError, prompts, text_lines};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const NAME: &str = "input";

fuzz_target!(|input: &[u8]| {
    let lines: Vec<(usize, &[u8])> =
        (1..).zip(input.split(|&byte| byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty()).collect();

    for prefer_ids in [false, true] {
        let found: Vec<_> = text_lines(input, NAME.into(), prefer_ids).collect();
        assert_eq!(found.len(), lines.len(), "a line is a text or a complaint");
        for (found, &(number, line)) in found.into_iter().zip(&lines) {
            let value = serde_json::from_slice::<Value>(line).ok();
            let found = found.map_err(|error| check_complaint(&error, number, line)).ok();
            let Some(text) = found else {
                let expected = value.as_ref().and_then(|value| content(value, prefer_ids));
                assert!(expected.is_none() || may_name_twice(line), "line {number} refused");
                continue;
            };
            // What the line does not ask for is skipped without a look at how deep or large it is; Value looks.
            let Some(value) = value else { continue };
            assert!(value.is_object(), "line {number}: {value}");
            assert_eq!(text.id, id(&value, number).expect("a name"));
            let mut rest = serde_json::Map::new();
            for member in text.rest() {
                let object: serde_json::Map<String, Value> =
                    serde_json::from_str(&format!("{{{}}}", member.written)).expect("a member as it is written");
                assert!(object.len() == 1 && object.contains_key(&member.name), "line {number}");
                rest.extend(object);
            }
            let mut expected = value.as_object().expect("an object").clone();
            expected.retain(|name, _| !["id", "text", "tokens"].contains(&&**name));
            assert_eq!(rest, expected, "line {number}");
            let found = match text.content {
                Content::Characters(text) => Value::from(text),
                Content::Ids(ids) => Value::from(ids),
            };
            assert_eq!(Some(&found), content(&value, prefer_ids), "line {number}");
        }
    }

    let found: Vec<_> = prompts(input, NAME.into()).collect();
    assert_eq!(found.len(), lines.len(), "a line is a prompt or a complaint");
    for (found, &(number, line)) in found.into_iter().zip(&lines) {
        let value = serde_json::from_slice::<Value>(line).ok();
        match found {
            Ok(prompt) => {
                assert_eq!(prompt.line, number as u64);
                let Some(value) = value else { continue };
                assert_eq!(Some(prompt.prompt.as_str()), value["prompt"].as_str());
                assert_eq!(prompt.id, id(&value, number).expect("a name"));
            }
            Err(error) => {
                check_complaint(&error, number, line);
                let is_prompt = |value: &Value| value["prompt"].is_string() && id(value, number).is_some();
                assert!(!value.as_ref().is_some_and(is_prompt) || may_name_twice(line), "line {number} refused");
            }
        }
    }
});

/// A complaint names the line, a column within it, and nothing that moves a terminal's cursor.
fn check_complaint(error: &LineError, number: usize, line: &[u8]) {
    let message = error.to_string();
    let rest = message.strip_prefix(&format!("{NAME}, line {number}")).expect("the place comes first");
    assert!(!message.chars().any(char::is_control), "{message:?}");
    if let Some(rest) = rest.strip_prefix(", column ") {
        let (column, what) = rest.split_once(": ").expect("a complaint after the place");
        let column: usize = column.parse().expect("a number");
        assert!(column <= line.len() + 1, "column {column} of {}", line.len());
        assert!(!what.is_empty());
    } else {
        assert!(rest.starts_with(": "), "{message:?}");
    }
}

/// What a line holds, if all that it has of `id`, `text` and `tokens` is well formed.
fn content(value: &Value, prefer_ids: bool) -> Option<&Value> {
    let member = |name| Some(&value[name]).filter(|value| !value.is_null());
    let (text, tokens) = (member("text"), member("tokens"));
    let is_id = |id: &Value| id.as_u64().is_some_and(|id| id <= u32::MAX.into());
    let sound = value.is_object()
        && id(value, 0).is_some()
        && text.is_none_or(Value::is_string)
        && tokens.is_none_or(|ids| ids.as_array().is_some_and(|ids| ids.iter().all(is_id)));
    let (first, second) = if prefer_ids { (tokens, text) } else { (text, tokens) };
    first.or(second).filter(|_| sound)
}

fn id(value: &Value, number: usize) -> Option<String> {
    match &value["id"] {
        Value::Null => Some(number.to_string()),
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => id.as_u64().map(|id| id.to_string()),
        _ => None,
    }
}

/// Whether a member may stand twice in a line, which is refused; Value takes the last. An escape may spell a name.
fn may_name_twice(line: &[u8]) -> bool {
    let times = |name: &[u8]| line.windows(name.len()).filter(|part| *part == name).count();
    line.contains(&b'\\')
        || [&b"\"id\""[..], b"\"text\"", b"\"tokens\"", b"\"prompt\""].iter().any(|name| times(name) > 1)
}
