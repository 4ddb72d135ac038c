//! Links within a text: addresses of pages, files and mail boxes.
//!
//! Who puts a text in other words leaves its links alone, as they would lead nowhere. So do the
//! attacks that imitate a writer; those that are noise, without regard to sense, take the words of
//! a link as any others.

use std::ops::Range;

use super::split::Words;

/// Returns the places of links in a text, in order: `scheme://…`, `www.…`, `mailto:…` and
/// `user@host`.
///
/// Rather more than a browser would open, as what is found is only left alone. But a name with dots
/// alone, as `example.org`, is none: it may be two sentences without a blank between them.
pub(super) fn links(text: &str) -> Vec<Range<usize>> {
    let mut links = Vec::new();
    let mut at = 0;
    for chunk in text.split_inclusive(parts) {
        let begin = address(chunk);
        let (before, address) = chunk.split_at(begin.unwrap_or(chunk.len()));
        links.extend(mailboxes(before).map(|mailbox| at + mailbox.start..at + mailbox.end));
        if let Some(begin) = begin {
            links.push(at + begin..at + begin + end(address.trim_end_matches(parts)));
        }
        at += chunk.len();
    }
    links
}

/// Returns true if no link goes beyond this character.
fn parts(c: char) -> bool {
    c.is_whitespace() || c.is_control() || "<>\"“”„«»`|—".contains(c)
}

/// Returns the start of an address of a page, or of a mailbox with its scheme, that goes on to the
/// end.
fn address(chunk: &str) -> Option<usize> {
    let follows =
        |at: usize, also: &[char]| chunk[at..].starts_with(|c: char| c.is_alphanumeric() || also.contains(&c));
    let with_scheme = chunk.match_indices("://").find_map(|(at, sign)| {
        let scheme = chunk[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c)).len();
        let letter = chunk[scheme..at].find(|c: char| c.is_ascii_alphabetic())?;
        follows(at + sign.len(), &['/', '[']).then_some(scheme + letter)
    });
    let small = chunk.to_ascii_lowercase();
    let named = ["www.", "mailto:"].into_iter().filter_map(|name| {
        let mut found = small.match_indices(name).map(|(at, _)| at);
        found.find(|&at| !small[..at].ends_with(char::is_alphanumeric) && follows(at + name.len(), &[]))
    });
    named.chain(with_scheme).min()
}

/// Addresses of mailboxes without their scheme.
fn mailboxes(chunk: &str) -> impl Iterator<Item = Range<usize>> {
    chunk.match_indices('@').filter_map(|(at, _)| {
        let (before, after) = (&chunk[..at], &chunk[at + 1..]);
        let user = before.trim_end_matches(|c: char| c.is_alphanumeric() || "._%+-".contains(c)).len();
        let user = user + before[user..].find(char::is_alphanumeric)?;
        let rest = after.trim_start_matches(|c: char| c.is_alphanumeric() || ".-".contains(c)).len();
        let host = after[..after.len() - rest].trim_end_matches(['.', '-']);
        let is_host = host.starts_with(char::is_alphanumeric) && host.contains(char::is_alphabetic);
        is_host.then(|| user..at + 1 + host.len())
    })
}

/// Returns the end of an address. Marks and closing brackets after it belong to the sentence,
/// except brackets that it opens.
fn end(address: &str) -> usize {
    const BRACKETS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    const MARKS: &str = ".,;:!?…'’*_";
    let mut open = [0_usize; BRACKETS.len()];
    let mut end = 0;
    for (at, c) in address.char_indices() {
        if let Some(kind) = BRACKETS.iter().position(|&(opening, _)| opening == c) {
            open[kind] += 1;
        } else if let Some(kind) = BRACKETS.iter().position(|&(_, closing)| closing == c) {
            if open[kind] > 0 {
                open[kind] -= 1;
                end = at + c.len_utf8();
            }
        } else if !MARKS.contains(c) {
            end = at + c.len_utf8();
        }
    }
    end
}

/// Returns a test of places in a text, ascending: true if a place meets a link.
pub(super) fn meets_link(text: &str) -> impl FnMut(Range<usize>) -> bool + use<> {
    let mut links = links(text).into_iter().peekable();
    move |place| {
        while links.next_if(|link| link.end <= place.start).is_some() {}
        links.peek().is_some_and(|link| link.start < place.end)
    }
}

/// Returns for each word true if it belongs to a link.
pub(super) fn linked(words: &Words<'_>) -> Vec<bool> {
    words.places().into_iter().map(meets_link(words.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        links(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn links_are_found_whole_and_nothing_else_is() {
        let text = "See https://example.org/a_(b)?q=old&r=1#end, (ftp://files.example.org/big.zip) or WWW.example.org/house. \
            Write to jo.doe+news@mail.example.org or MAILTO:root@localhost?subject=Hi; [a page](http://x.org/y), \"http://ä.example/ü\"! \
            <http://[::1]:80/>—(jo@x.org,root@localhost).";
        assert_eq!(
            found(text),
            [
                "https://example.org/a_(b)?q=old&r=1#end",
                "ftp://files.example.org/big.zip",
                "WWW.example.org/house",
                "jo.doe+news@mail.example.org",
                "MAILTO:root@localhost?subject=Hi",
                "http://x.org/y",
                "http://ä.example/ü",
                "http://[::1]:80/",
                "jo@x.org",
                "root@localhost",
            ]
        );
        for text in [
            "",
            "@",
            "He left.She stayed at 5:30, i.e. late; and/or example.org, e.g./i.e.",
            "Who?Me! @someone: a::b, c//d, ://, www. and www",
            "mailto: awww.x @5 5@3 -@x a@- b@",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }

    #[test]
    fn any_text_is_looked_through_in_time() {
        for part in ["a", "@", "a@", "://", "a://", "www.", "mailto:", "http://x)", "http://x(", "é.", "a-"] {
            let text = part.repeat(300_000);
            assert!(links(&text).iter().all(|link| text.get(link.clone()).is_some()), "{part}");
        }
    }

    #[test]
    fn words_of_links_are_told_from_the_others() {
        let words = Words::of("Go to www.example.org/a-house, or to http://x.org/y's house: jo@x.org.");
        let linked = linked(&words);
        let free: Vec<&str> =
            words.at.iter().zip(&linked).filter(|(_, linked)| !**linked).map(|(&at, _)| words.pieces[at]).collect();
        assert_eq!(free, ["Go", "to", "or", "to", "house"]);
    }
}
