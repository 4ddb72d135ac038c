//! Options of JavaScript's calls.

use std::sync::Arc;

use greenmark::{DEFAULT_ALPHA, Scheme};
use greenmark_text::Ask;
use js_sys::{Array, Reflect};
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

    #[wasm_bindgen(js_namespace = Object, js_name = keys, catch)]
    fn own_keys(options: &JsValue) -> Result<Array, JsValue>;

    /// An object of a class of this package. Its clone can be moved out of JavaScript without
    /// taking the caller's object.
    type Handle;
    #[wasm_bindgen(method, catch)]
    fn clone(this: &Handle) -> Result<JsValue, JsValue>;
}

/// An object of options.
///
/// Reading a member may run the caller's code, and throw, which is an error here.
pub(crate) struct Options<'a> {
    object: &'a JsValue,
    name: &'a str,
}

impl<'a> Options<'a> {
    /// Takes an object, and refuses a member that is no option: a misspelt one would silently not
    /// count.
    ///
    /// - `name`: name of the object in errors.
    /// - `former`: names that are still accepted, but not listed.
    pub(crate) fn new(object: &'a JsValue, name: &'a str, known: &[&str], former: &[&str]) -> Fallible<Self> {
        if !object.is_object() {
            return Err(JsError::new(&format!("{name}: an object is needed")));
        }
        for member in own_keys(object).map_err(|_| unreadable(name))?.iter() {
            let member = member.as_string().unwrap_or_default();
            if !known.contains(&&*member) && !former.contains(&&*member) {
                return Err(JsError::new(&format!("{name}.{member} is no option (there are: {})", known.join(", "))));
            }
        }
        Ok(Self { object, name })
    }

    fn path(&self, member: &str) -> String {
        format!("{}.{member}", self.name)
    }

    /// Returns the value of an option; `None` if it is undefined.
    pub(crate) fn get(&self, member: &str) -> Fallible<Option<JsValue>> {
        let value = Reflect::get(self.object, &member.into()).map_err(|_| unreadable(&self.path(member)))?;
        Ok(Some(value).filter(|value| !value.is_undefined()))
    }

    /// Returns a boolean option, or the default if it is not given.
    pub(crate) fn boolean(&self, member: &str, default: bool) -> Fallible<bool> {
        let Some(given) = self.get(member)? else { return Ok(default) };
        given.as_bool().ok_or_else(|| JsError::new(&format!("{} is neither true nor false", self.path(member))))
    }

    /// Returns a number option.
    pub(crate) fn number(&self, member: &str) -> Fallible<Option<f64>> {
        let Some(given) = self.get(member)? else { return Ok(None) };
        given.as_f64().map(Some).ok_or_else(|| JsError::new(&format!("{} is no number", self.path(member))))
    }

    /// Returns an option that is a whole number from 0 to `most`, or the default if it is not
    /// given.
    #[cfg(feature = "text")]
    pub(crate) fn whole(&self, member: &str, default: u64, most: u64) -> Fallible<u64> {
        let value = self.number(member)?.unwrap_or(default as f64);
        if value.fract() != 0.0 || !(0.0..=most as f64).contains(&value) {
            let path = self.path(member);
            return Err(JsError::new(&format!("{path} is {value}, not a whole number from 0 to {most}")));
        }
        Ok(value as u64)
    }

    /// Returns the option `scheme`, or the default scheme.
    pub(crate) fn scheme(&self) -> Fallible<Scheme> {
        self.get("scheme")?.map_or(Ok(Scheme::DEFAULT), scheme)
    }

    /// Returns the option `tokenizer`, if it is given.
    #[cfg(feature = "text")]
    fn tokenizer(&self) -> Fallible<Option<crate::Tokenizer>> {
        let given = self.get("tokenizer")?.filter(|given| !given.is_null());
        given.map(|given| instance(given, &self.path("tokenizer"), "Tokenizer")).transpose()
    }
}

/// The question that some options ask, checked.
pub(crate) struct Question {
    asks: Vec<Asked>,
    pub(crate) alpha: f64,
    pub(crate) searches: bool,
    pub(crate) normalises: bool,
    /// Path of the option with a missing tokenizer, without which no text can be read.
    #[cfg_attr(not(feature = "text"), expect(dead_code, reason = "ids need no tokenizer"))]
    pub(crate) unread: Option<String>,
}

/// One question: an [`Ask`] that holds its key.
struct Asked {
    /// In a box, like the next: a move would leave a copy behind that nothing erases.
    key: Box<greenmark::Key>,
    /// Key from which a profile's key comes.
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
        let known = if cfg!(feature = "text") { &KNOWN } else { &KNOWN[1..] };
        let options = Options::new(options, "options", known, &["segments"])?;
        #[cfg(feature = "text")]
        let (mut asks, tokenizer) = (profiles(&options)?, options.tokenizer()?.map(|tokenizer| tokenizer.0));
        #[cfg(not(feature = "text"))]
        let (mut asks, tokenizer): (Vec<Asked>, Option<Arc<greenmark_text::Tokenizer>>) = Default::default();
        let unread = asks.iter().position(|ask| ask.tokenizer.is_none());
        let mut missing = unread.map(|at| format!("options.profiles[{at}].tokenizer"));
        let schemes = schemes(&options)?;
        let keys = keys(&options, !asks.is_empty())?;
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
            alpha: alpha(&options)?,
            searches: searches(&options)?,
            normalises: options.boolean("normalise", true)?,
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
    /// Returns the size of the largest vocabulary that is asked about; `None` without a tokenizer.
    pub(crate) fn vocab_size(&self) -> Option<usize> {
        self.asks.iter().filter_map(|ask| Some(ask.tokenizer.as_ref()?.vocab_size())).max()
    }

    /// Returns the tokenizer of all questions, if each has one: a stream of text has one stream of
    /// ids.
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

/// Returns the option `keys`.
///
/// The list gets its capacity at the start: a move would leave a copy behind that nothing erases.
///
/// - `has_profiles`: true if no key is needed.
fn keys(options: &Options<'_>, has_profiles: bool) -> Fallible<Vec<greenmark::Key>> {
    let given = options.get("keys")?;
    if has_profiles && given.is_none() {
        return Ok(Vec::new());
    }
    let given = list(&given.unwrap_or_default(), "options.keys", "an array of Key")?;
    let mut keys = Vec::with_capacity(given.length() as usize);
    for (at, key) in given.iter().enumerate() {
        keys.push(instance::<Key>(key, &format!("options.keys[{at}]"), "Key")?.0);
    }
    Ok(keys)
}

#[cfg(feature = "text")]
fn profiles(options: &Options<'_>) -> Fallible<Vec<Asked>> {
    let Some(given) = options.get("profiles")? else { return Ok(Vec::new()) };
    let asked = |(at, ask): (usize, JsValue)| {
        let name = format!("options.profiles[{at}]");
        let ask = Options::new(&ask, &name, &["profile", "key", "tokenizer"], &[])?;
        let profile = ask.get("profile")?.unwrap_or_default();
        let profile: crate::Profile = instance(profile, &ask.path("profile"), "Profile")?;
        let stored: Key = instance(ask.get("key")?.unwrap_or_default(), &ask.path("key"), "Key")?;
        let tokenizer = ask.tokenizer()?;
        if let Some(tokenizer) = &tokenizer {
            profile.check(tokenizer)?;
        }
        Ok(Asked {
            key: Box::new(profile.used_key(&stored.0)?),
            stored: Some(Box::new(stored.0)),
            scheme: profile.0.scheme,
            tokenizer: tokenizer.map(|tokenizer| tokenizer.0),
            profile: Some(profile.0.name.as_str().into()),
        })
    };
    list(&given, "options.profiles", "an array")?.iter().enumerate().map(asked).collect()
}

/// Returns the option `search`, also by its former name, which this release still accepts.
fn searches(options: &Options<'_>) -> Fallible<bool> {
    if options.get("segments")?.is_none() {
        return options.boolean("search", true);
    }
    if options.get("search")?.is_some() {
        return Err(JsError::new("options.segments is the former name of options.search: give one of them"));
    }
    options.boolean("segments", true)
}

fn schemes(options: &Options<'_>) -> Fallible<Vec<Scheme>> {
    let Some(given) = options.get("scheme")? else { return Ok(vec![Scheme::DEFAULT]) };
    if !given.is_object() {
        return Ok(vec![scheme(given)?]);
    }
    let schemes = list(&given, "options.scheme", "a string or an array of strings")?;
    if schemes.length() == 0 {
        return Err(JsError::new("options.scheme: no scheme is given"));
    }
    schemes.iter().map(scheme).collect()
}

fn scheme(given: JsValue) -> Fallible<Scheme> {
    Ok(given.as_string().ok_or_else(|| JsError::new("options.scheme is no string"))?.parse()?)
}

fn alpha(options: &Options<'_>) -> Fallible<f64> {
    match options.number("alpha")?.unwrap_or(DEFAULT_ALPHA) {
        alpha if alpha > 0.0 && alpha < 1.0 => Ok(alpha),
        alpha => Err(JsError::new(&format!("options.alpha is {alpha}, not between 0 and 1"))),
    }
}

/// Returns an object of a class of this package, cloned out of JavaScript's.
pub(crate) fn instance<T: TryFromJsValue>(given: JsValue, name: &str, class: &str) -> Fallible<T> {
    let clone = given.is_object().then(|| given.unchecked_ref::<Handle>().clone().ok()).flatten();
    let instance = clone.and_then(|clone| T::try_from_js_value(clone).ok());
    instance.ok_or_else(|| JsError::new(&format!("{name} is no {class}, or was freed")))
}
