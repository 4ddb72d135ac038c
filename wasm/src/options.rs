//! Questions, as JavaScript asks them.

use std::sync::Arc;

use greenmark::{DEFAULT_ALPHA, Scheme};
use greenmark_text::Ask;
use js_sys::Array;
#[cfg(feature = "text")]
use js_sys::Reflect;
use wasm_bindgen::{convert::TryFromJsValue, prelude::*};

use crate::{
    Key,
    arguments::{list, unreadable},
    convert::Fallible,
};

#[wasm_bindgen]
extern "C" {
    /// Profiles, keys, schemes, α and the tokenizer.
    #[wasm_bindgen(typescript_type = "DetectOptions")]
    pub type DetectOptions;
    #[cfg(feature = "text")]
    #[wasm_bindgen(method, getter, structural, catch)]
    fn profiles(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn keys(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn scheme(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn alpha(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn search(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn segments(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn normalise(this: &DetectOptions) -> Result<JsValue, JsValue>;
    #[cfg(feature = "text")]
    #[wasm_bindgen(method, getter, structural, catch)]
    fn tokenizer(this: &DetectOptions) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = Object, js_name = keys, catch)]
    fn own_keys(options: &JsValue) -> Result<Array, JsValue>;

    /// An object of a class of this package: its `clone` can be taken out of JavaScript's hands
    /// without taking the caller's.
    type Handle;
    #[wasm_bindgen(method, catch)]
    fn clone(this: &Handle) -> Result<JsValue, JsValue>;
}

/// A question, checked.
pub(crate) struct Question {
    asks: Vec<Asked>,
    pub(crate) alpha: f64,
    pub(crate) searches: bool,
    pub(crate) normalises: bool,
    /// The option that lacks the tokenizer without which a text cannot be read.
    #[cfg_attr(not(feature = "text"), expect(dead_code, reason = "ids need no tokenizer"))]
    pub(crate) unread: Option<String>,
}

/// One question: an [`Ask`] that holds its key.
struct Asked {
    /// In a box, like the next: what moves leaves a copy behind that nothing erases.
    key: Box<greenmark::Key>,
    /// The key that a profile's key comes from.
    stored: Option<Box<greenmark::Key>>,
    scheme: Scheme,
    tokenizer: Option<Arc<greenmark_text::Tokenizer>>,
    profile: Option<String>,
}

impl Question {
    /// Reads the options: profiles first, then the keys that no profile names, under each scheme.
    /// SPEC §12.4.
    pub(crate) fn read(options: &DetectOptions) -> Fallible<Self> {
        const KNOWN: [&str; 7] = ["profiles", "keys", "scheme", "alpha", "search", "normalise", "tokenizer"];
        only(options, "options", if cfg!(feature = "text") { &KNOWN } else { &KNOWN[1..] }, &["segments"])?;
        let mut asks = profiles(options)?;
        let unread = asks.iter().position(|ask| ask.tokenizer.is_none());
        let mut missing = unread.map(|at| format!("options.profiles[{at}].tokenizer"));
        let schemes = schemes(given(options.scheme(), "options.scheme")?)?;
        let tokenizer = tokenizer(options)?;
        let keys = keys(options, !asks.is_empty())?;
        for key in &keys {
            let is_named =
                |ask: &Asked| ask.profile.is_some() && (*ask.key == *key || ask.stored.as_deref() == Some(key));
            if asks.iter().any(is_named) {
                continue;
            }
            if tokenizer.is_none() {
                missing.get_or_insert_with(|| "options.tokenizer".into());
            }
            let of_key = schemes.iter().map(|&scheme| Asked {
                key: Box::new(key.clone()),
                stored: None,
                scheme,
                tokenizer: tokenizer.clone(),
                profile: None,
            });
            asks.extend(of_key);
        }
        if asks.is_empty() {
            return Err(JsError::new("options.keys: no key is given"));
        }
        Ok(Self {
            asks,
            alpha: alpha(options.alpha())?,
            searches: search(options)?,
            normalises: boolean(options.normalise(), "options.normalise", true)?,
            unread: missing,
        })
    }

    pub(crate) fn asks(&self) -> impl Iterator<Item = Ask<'_>> {
        self.asks.iter().map(|asked| Ask {
            key: &asked.key,
            scheme: asked.scheme,
            tokenizer: asked.tokenizer.clone(),
            profile: asked.profile.as_deref().map(Into::into),
        })
    }
}

#[cfg(feature = "text")]
impl Question {
    /// The tokenizer of all questions, if they have one: a stream of text has one stream of ids.
    pub(crate) fn one_tokenizer(&self) -> Fallible<Option<Arc<greenmark_text::Tokenizer>>> {
        if self.unread.is_some() {
            return Ok(None);
        }
        let mut tokenizers = self.asks.iter().filter_map(|ask| ask.tokenizer.as_ref());
        let Some(first) = tokenizers.next() else { return Ok(None) };
        if tokenizers.any(|other| other.fingerprint() != first.fingerprint()) {
            return Err(JsError::new("options.profiles: a stream is read with one tokenizer, and several are given"));
        }
        Ok(Some(first.clone()))
    }
}

/// The option `keys`.
///
/// Its list has its room from the start: what moves leaves a copy behind that nothing erases.
///
/// - `has_profiles`: whether it may do without a key.
fn keys(options: &DetectOptions, has_profiles: bool) -> Fallible<Vec<greenmark::Key>> {
    let given = given(options.keys(), "options.keys")?;
    if has_profiles && given.is_undefined() {
        return Ok(Vec::new());
    }
    let given = list(&given, "options.keys", "an array of Key")?;
    let mut keys = Vec::with_capacity(given.length() as usize);
    for (at, key) in given.iter().enumerate() {
        let key: Option<Key> = class(key);
        keys.push(key.ok_or_else(|| JsError::new(&format!("options.keys[{at}] is no Key, or was freed")))?.0);
    }
    Ok(keys)
}

#[cfg(not(feature = "text"))]
#[expect(clippy::unnecessary_wraps, reason = "the other build's are read")]
fn profiles(_: &DetectOptions) -> Fallible<Vec<Asked>> {
    Ok(Vec::new())
}

#[cfg(feature = "text")]
fn profiles(options: &DetectOptions) -> Fallible<Vec<Asked>> {
    let given = given(options.profiles(), "options.profiles")?;
    if given.is_undefined() {
        return Ok(Vec::new());
    }
    let asked = |(at, ask): (usize, JsValue)| {
        let name = format!("options.profiles[{at}]");
        only(&ask, &name, &["profile", "key", "tokenizer"], &[])?;
        let member = |member| {
            let value = Reflect::get(&ask, &JsValue::from_str(member)).map_err(|_| unreadable(&name))?;
            Ok::<_, JsError>((value, format!("{name}.{member}")))
        };
        let (profile, of_profile) = member("profile")?;
        let profile: Option<crate::Profile> = class(profile);
        let profile = profile.ok_or_else(|| JsError::new(&format!("{of_profile} is no Profile, or was freed")))?;
        let (stored, of_key) = member("key")?;
        let stored: Option<Key> = class(stored);
        let stored = stored.ok_or_else(|| JsError::new(&format!("{of_key} is no Key, or was freed")))?.0;
        let (tokenizer, of_tokenizer) = member("tokenizer")?;
        let tokenizer = optional_tokenizer(tokenizer, &of_tokenizer)?;
        if let Some(tokenizer) = &tokenizer {
            profile.check(tokenizer)?;
        }
        Ok(Asked {
            key: Box::new(profile.used_key(&stored)?),
            stored: Some(Box::new(stored)),
            scheme: profile.0.scheme,
            tokenizer: tokenizer.map(|tokenizer| tokenizer.0),
            profile: Some(profile.0.name.as_str().into()),
        })
    };
    list(&given, "options.profiles", "an array")?.iter().enumerate().map(asked).collect()
}

#[cfg(not(feature = "text"))]
#[expect(clippy::unnecessary_wraps, reason = "the other build's is read")]
fn tokenizer(_: &DetectOptions) -> Fallible<Option<Arc<greenmark_text::Tokenizer>>> {
    Ok(None)
}

#[cfg(feature = "text")]
fn tokenizer(options: &DetectOptions) -> Fallible<Option<Arc<greenmark_text::Tokenizer>>> {
    let given = given(options.tokenizer(), "options.tokenizer")?;
    Ok(optional_tokenizer(given, "options.tokenizer")?.map(|tokenizer| tokenizer.0))
}

#[cfg(feature = "text")]
fn optional_tokenizer(given: JsValue, name: &str) -> Fallible<Option<crate::Tokenizer>> {
    if given.is_undefined() || given.is_null() {
        return Ok(None);
    }
    let missing = || JsError::new(&format!("{name} is no Tokenizer, or was freed"));
    class(given).map(Some).ok_or_else(missing)
}

/// `options.search`, or its former name, which this release still takes.
fn search(options: &DetectOptions) -> Fallible<bool> {
    let former = given(options.segments(), "options.segments")?;
    if former.is_undefined() {
        return boolean(options.search(), "options.search", true);
    }
    if !given(options.search(), "options.search")?.is_undefined() {
        return Err(JsError::new("options.segments is the former name of options.search: give one of them"));
    }
    boolean(Ok(former), "options.segments", true)
}

fn schemes(given: JsValue) -> Fallible<Vec<Scheme>> {
    if given.is_undefined() {
        return Ok(vec![Scheme::DEFAULT]);
    }
    let schemes = if given.is_object() {
        list(&given, "options.scheme", "a string or an array of strings")?
    } else {
        Array::of1(&given)
    };
    if schemes.length() == 0 {
        return Err(JsError::new("options.scheme: no scheme is given"));
    }
    schemes.iter().map(|one| scheme(Ok(one))).collect()
}

fn alpha(option: Given) -> Fallible<f64> {
    match number(option, "options.alpha")?.unwrap_or(DEFAULT_ALPHA) {
        alpha if alpha > 0.0 && alpha < 1.0 => Ok(alpha),
        alpha => Err(JsError::new(&format!("options.alpha is {alpha}, not between 0 and 1"))),
    }
}

/// An option as it is read: reading may run the caller's code, and throw.
pub(crate) type Given = Result<JsValue, JsValue>;

/// Returns the value of an option.
pub(crate) fn given(option: Given, name: &str) -> Fallible<JsValue> {
    option.map_err(|_| unreadable(name))
}

/// A boolean option, or what holds where it is not given.
pub(crate) fn boolean(option: Given, name: &str, otherwise: bool) -> Fallible<bool> {
    let given = given(option, name)?;
    if given.is_undefined() {
        return Ok(otherwise);
    }
    given.as_bool().ok_or_else(|| JsError::new(&format!("{name} is neither true nor false")))
}

/// The option `scheme`, or the default.
pub(crate) fn scheme(option: Given) -> Fallible<Scheme> {
    let given = given(option, "options.scheme")?;
    if given.is_undefined() {
        return Ok(Scheme::DEFAULT);
    }
    let text = given.as_string().ok_or_else(|| JsError::new("options.scheme is no string"))?;
    Ok(text.parse()?)
}

/// A number option.
pub(crate) fn number(option: Given, name: &str) -> Fallible<Option<f64>> {
    let given = given(option, name)?;
    if given.is_undefined() {
        return Ok(None);
    }
    given.as_f64().map(Some).ok_or_else(|| JsError::new(&format!("{name} is no number")))
}

/// Refuses an option that does not exist: a misspelt one would silently not count.
///
/// - `former`: names that are still taken, and not offered.
pub(crate) fn only(options: &JsValue, name: &str, known: &[&str], former: &[&str]) -> Fallible<()> {
    if !options.is_object() {
        return Err(JsError::new(&format!("{name}: an object is needed")));
    }
    for member in own_keys(options).map_err(|_| unreadable(name))?.iter() {
        let member = member.as_string().unwrap_or_default();
        if !known.contains(&&*member) && !former.contains(&&*member) {
            return Err(JsError::new(&format!("{name}.{member} is no option (there are: {})", known.join(", "))));
        }
    }
    Ok(())
}

/// A key that is an argument.
pub(crate) fn key(given: JsValue) -> Fallible<Key> {
    class(given).ok_or_else(|| JsError::new("key: a Key is needed that was not freed"))
}

/// A class of this package, cloned out of an object of it.
pub(crate) fn class<T: TryFromJsValue>(object: JsValue) -> Option<T> {
    if !object.is_object() {
        return None;
    }
    let clone = object.unchecked_ref::<Handle>().clone().ok()?;
    T::try_from_js_value(clone).ok()
}
