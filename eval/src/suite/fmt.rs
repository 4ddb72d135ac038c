//! Figures and names as people read them.

use greenmark_text::fmt::{escape, printable};

use super::results::{CellRow, Estimate, Kind, Rate};

/// Returns the sign for a missing figure.
pub(crate) fn none() -> String {
    "–".to_owned()
}

/// "0.85".
pub(crate) fn mean(mean: Option<Estimate>) -> Option<String> {
    mean.map(|mean| format!("{:.2}", mean.value))
}

/// "0.995 (0.97–1.00)": three digits, as hits of two hundred come in halves of a hundredth.
pub(crate) fn rate(rate: Rate) -> String {
    if rate.n == 0 {
        return none();
    }
    format!("{:.3} ({})", rate.value(), interval(rate.low, rate.high))
}

/// "0.79–0.90"; two negative numbers would look like something else.
pub(crate) fn interval(low: f64, high: f64) -> String {
    if low < 0.0 { format!("{low:.2} to {high:.2}") } else { format!("{low:.2}–{high:.2}") }
}

/// "0.986"; what is less than 1 does not look like it.
pub(crate) fn auc(auc: f64) -> String {
    if (0.9995..1.0).contains(&auc) { "> 0.999".to_owned() } else { format!("{auc:.3}") }
}

/// "1e-6".
pub(crate) fn level(alpha: f64) -> String {
    format!("{alpha:e}")
}

/// "green, h=1, γ=64/256, δ=2" of "gm1:green,h=1,gamma=64/256, delta 2".
pub(crate) fn mark(mark: &str) -> String {
    let short = mark.strip_prefix("gm1:").unwrap_or(mark).replace(",h=", ", h=");
    printable(&short.replace(",gamma=", ", γ=").replace(", delta ", ", δ="))
}

/// Returns the noun for what attacks of a kind work on.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Words => "words",
        Kind::Characters => "characters",
        Kind::Structure => "structure",
        Kind::Rewriting => "rewritten by program",
        Kind::Several => "several at once",
    }
}

/// Returns true if nothing was done to the texts.
pub(crate) fn is_none(cell: &CellRow) -> bool {
    cell.attack == "none"
}

/// Not longer than so many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", head.trim_end_matches(['.', ',', ' ']))
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// "1 h 23 min".
pub(crate) fn duration(seconds: f64) -> String {
    match seconds.max(0.0).round() as u64 {
        s @ 0..60 => format!("{s} s"),
        s @ 60..3600 => format!("{} min {} s", s / 60, s % 60),
        s => format!("{} h {} min", s / 3600, s % 3600 / 60),
    }
}

/// Returns a name in HTML.
pub(crate) fn mark_html(name: &str) -> String {
    escape(&mark(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_names() {
        assert_eq!(mark("gm1:green,h=1,gamma=64/256, delta 2"), "green, h=1, γ=64/256, δ=2");
        assert_eq!(mark("gm1:gumbel,h=2,dual"), "gumbel, h=2,dual");
        assert_eq!(mark("none"), "none");
        assert_eq!(rate(Rate { hits: 17, n: 20, low: 0.621, high: 0.968 }), "0.850 (0.62–0.97)");
        assert_eq!(rate(Rate { hits: 0, n: 0, low: 0.0, high: 1.0 }), "–");
        assert_eq!((level(1e-2), level(1e-6)), ("1e-2".to_owned(), "1e-6".to_owned()));
        assert_eq!([0.98649, 0.99949, 0.99951, 1.0].map(auc), ["0.986", "0.999", "> 0.999", "1.000"]);
        assert_eq!([5.0, 83.4, 5000.0].map(duration), ["5 s", "1 min 23 s", "1 h 23 min"]);
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("by 0.123", 6), "by 0…");
        assert_eq!(list(&["a", "b", "c"].map(str::to_owned)), "a, b and c");
        assert_eq!(interval(-0.1, 0.2), "-0.10 to 0.20");
    }
}
