//! What attacks are made of and work on, by their names.

use crate::attack::{METHODS, Method};

/// The attacks that a name is made of: "replace 0.1, delete 0.05" has two.
pub(super) fn methods(attack: &str) -> Vec<Method> {
    let names = attack.split(|c: char| !(c.is_alphanumeric() || c == '-'));
    names.filter_map(|name| METHODS.into_iter().find(|method| method.about().name == name)).collect()
}

/// What the attacks of a name work on: words, characters, structure, or that several of them come together.
pub(super) fn kind(attack: &str) -> Kind {
    match methods(attack)[..] {
        [] => Kind::Other,
        [Method::Plain(attack)] => match attack.name {
            "homoglyphs" | "zero-width" | "spaces" | "disguise" | "case" | "punctuation" | "typos" => Kind::Characters,
            "shuffle-sentences" | "truncate" | "format" | "paste" | "mix" => Kind::Structure,
            _ => Kind::Words,
        },
        [_] => Kind::Model,
        _ => Kind::Other,
    }
}

/// What attacks work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Words,
    Characters,
    Structure,
    Model,
    Other,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Characters => "characters",
            Self::Structure => "structure",
            Self::Model => "by a language model",
            Self::Other => "several, others",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attacks_are_known_by_their_names() {
        assert_eq!(kind("replace"), Kind::Words);
        assert_eq!(kind("zero-width"), Kind::Characters);
        assert_eq!(kind("resample, span 5"), Kind::Model);
        assert_eq!(kind("paraphrase, by sentence"), Kind::Model);
        assert_eq!(kind("replace 0.1, delete 0.05"), Kind::Other);
        assert_eq!(kind("unheard of"), Kind::Other);
    }
}
