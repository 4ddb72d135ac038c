//! Replay of the test vectors, called from JavaScript.

use std::cell::RefCell;

use greenmark_tests::replay::{REPLAYS, Replay};
use wasm_bindgen::prelude::*;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Records the message of a panic, of which JavaScript sees only a trap.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
}

/// Returns the names of the vector files.
#[wasm_bindgen]
pub fn names() -> Vec<String> {
    REPLAYS.iter().map(|replay| replay.name.to_owned()).collect()
}

/// Returns the text of the vector file of this name, as compiled in.
#[wasm_bindgen]
pub fn file(name: &str) -> String {
    find(name).file.to_owned()
}

/// Runs every case of `file` as a case of the vector file `name`, and returns their number.
///
/// # Panics
/// At the first case that fails, which is a trap. [`panic_message`] then names the case.
#[wasm_bindgen]
pub fn replay(name: &str, file: &str) -> usize {
    find(name).run(file)
}

/// Returns the message of the last panic.
#[wasm_bindgen(js_name = panicMessage)]
pub fn panic_message() -> String {
    PANIC.with_borrow(Clone::clone)
}

fn find(name: &str) -> &'static Replay {
    REPLAYS.iter().find(|replay| replay.name == name).expect("the name of a vector file")
}
