//! Small pieces of text that every frontend prints alike.

/// Formats a number of things: "1 token", "2 tokens".
pub fn count(n: u64, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// Returns a name or message with U+FFFD for each character that could forge a line or reach into
/// the terminal (control characters), turn the direction of what follows, or has no place in XML.
pub fn printable(text: &str) -> String {
    let is_safe = |c: char| {
        !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
    };
    text.chars().map(|c| if is_safe(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Escapes text for HTML and XML, within elements and quoted attributes. Characters that neither
/// allows become U+FFFD; line breaks and tabs stay.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' | '\r' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push(char::REPLACEMENT_CHARACTER),
            c if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

/// Formats bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_counted() {
        assert_eq!([0, 1, 2].map(|n| count(n, "text")), ["0 texts", "1 text", "2 texts"]);
    }

    #[test]
    fn no_name_forges_a_line_or_turns_it() {
        assert_eq!(printable("a\nb\u{1b}[1m\u{202e}c\u{ffff}é"), "a\u{fffd}b\u{fffd}[1m\u{fffd}c\u{fffd}é");
    }

    #[test]
    fn markup_stays_text() {
        assert_eq!(escape("<a b=\"c\">&\u{7}\n\u{fffe}"), "&lt;a b=&quot;c&quot;&gt;&amp;\u{fffd}\n\u{fffd}");
    }

    #[test]
    fn bytes_have_two_digits() {
        assert_eq!(hex(&[0, 0x0f, 0xff]), "000fff");
    }
}
