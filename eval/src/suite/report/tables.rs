//! The tables.

use greenmark_text::fmt::escape;

use super::page::{
    Column::{Number, Row, Text},
    Table,
};
use crate::suite::{
    choice::{Choice, distinct, found, options},
    fmt::{self, mark_html, mean_html, rate_html, sampled_html},
    results::{ALPHAS, Rate, Results},
};

/// Returns the table of marks and their effects on unattacked texts.
pub(super) fn quality(results: &Results) -> String {
    if results.marks.is_empty() {
        return "<p>Not measured.</p>\n".to_owned();
    }
    let mut table = Table::new(
        "Unattacked texts <span>(means with 95 % intervals over texts)</span>",
        &[
            (Row, "mark"),
            (Number, "texts"),
            (Number, "tokens"),
            (Number, "perplexity ×"),
            (Number, "−ln p a token, nats"),
            (Number, "repeated 4-grams"),
            (Number, "distinct 1-grams"),
            (Number, "2-grams"),
            (Number, "3-grams"),
        ],
    );
    for row in &results.marks {
        let name = if row.mark == "none" { "no mark".to_owned() } else { mark_html(&row.mark) };
        let figures = [row.perplexity_factor, row.surprise, row.repeated_4grams];
        let figures = figures.into_iter().chain(row.distinct).map(|mean| mean_html(Some(mean)));
        table.row(&[name, row.n.to_string(), row.tokens.to_string()].into_iter().chain(figures).collect::<Vec<_>>());
    }
    "<p>Perplexity is under the model without a mark and as a factor of that of the unmarked texts of the same prompts; 1 is no cost. \
     Distinct n-grams are the different ones over all, in a text.</p>\n"
        .to_owned()
        + &table.html()
}

/// Returns a table for each mark: its attacks at the chief length.
pub(super) fn marks(choice: &Choice<'_>) -> String {
    if choice.marks.is_empty() {
        return "<p>No cells were measured.</p>\n".to_owned();
    }
    let said = format!(
        "<p>Texts of {} tokens. Found: the share with p ≤ α by <code>detect</code>, and its exact 95 % interval. False positives: the unmarked texts of the same prompts, attacked alike, with p ≤ 1e-2 \
         under the key of the marked one. AUC: the chance that a marked text has a smaller p than an unmarked one that was attacked alike. Perplexity × is against the text before the attack. The intervals of the other means are in results.csv; AUC and the median have none.</p>\n",
        choice.tokens
    );
    said + &choice.marks.iter().map(|mark| of_mark(choice, mark)).collect::<String>()
}

fn of_mark(choice: &Choice<'_>, mark: &str) -> String {
    let found_at = ALPHAS.map(|alpha| format!("found at <span class=\"k\">{}</span>", fmt::level(alpha)));
    let mut heads = vec![
        (Row, "attack, strength"),
        (Number, "texts"),
        (Number, "places changed"),
        (Number, "words edited"),
        (Number, "chrF"),
        (Number, "similarity"),
        (Number, "perplexity ×"),
    ];
    heads.extend(found_at.iter().map(|head| (Number, &**head)));
    heads.extend([
        (Number, "AUC"),
        (Number, "median ln p"),
        (Number, "false positives at <span class=\"k\">1e-2</span>"),
    ]);
    let mut table = Table::new(&mark_html(mark), &heads);
    for series in choice.series(mark) {
        for cell in &series.cells {
            let refused = match cell.refused {
                0 => String::new(),
                refused => format!(" <small>({refused} refused)</small>"),
            };
            let damage = cell.damage;
            let plain = |mean| fmt::mean(mean).unwrap_or_else(fmt::none);
            let mut row = vec![
                escape(&series.title(cell)),
                format!("{}{refused}", cell.n),
                plain(cell.achieved),
                plain(damage.word_edit_rate),
                plain(damage.chrf),
                sampled_html(damage.similarity, cell.n),
                sampled_html(damage.perplexity_factor, cell.n),
            ];
            row.extend(cell.detection.detect.map(rate_html));
            row.push(cell.auc.map_or_else(fmt::none, |auc| escape(&fmt::auc(auc.detect))));
            row.push(format!("{:.1}", cell.median_ln_p.detect).replace('-', "−"));
            row.push(cell.false_positives.map_or_else(fmt::none, |rates| of(rates.detect[0])));
            table.row(&row);
        }
    }
    table.html()
}

/// "3 of 200 0.00–0.04": of few hits the number says more than the rate.
fn of(rate: Rate) -> String {
    format!("{} of {} <small>{}</small>", rate.hits, rate.n, fmt::interval(rate.low, rate.high))
}

/// Returns a table for each chief mark: its attacks at every length.
pub(super) fn lengths(results: &Results, choice: &Choice<'_>) -> String {
    let mut html = String::new();
    for mark in &choice.chief {
        let cells = || results.cells.iter().filter(|cell| cell.mark == *mark);
        let mut lengths = distinct(cells().map(|cell| cell.tokens));
        lengths.sort_unstable();
        if lengths.len() < 2 {
            continue;
        }
        let heads: Vec<String> = lengths.iter().map(|tokens| format!("{tokens} tokens")).collect();
        let heads: Vec<_> =
            std::iter::once((Row, "attack, strength")).chain(heads.iter().map(|head| (Number, &**head))).collect();
        let caption = format!("{} <span>(found at p ≤ 1e-6)</span>", mark_html(mark));
        let mut table = Table::new(&caption, &heads);
        for series in choice.grouped(cells()) {
            for alike in series.strengths() {
                // What is measured at one length alone is in the table of its mark.
                if alike.len() < 2 {
                    continue;
                }
                let rates = lengths.iter().map(|&tokens| {
                    let cell = alike.iter().find(|cell| cell.tokens == tokens);
                    cell.map_or_else(fmt::none, |cell| rate_html(found(cell)))
                });
                let name = escape(&series.title(alike[0]));
                table.row(&std::iter::once(name).chain(rates).collect::<Vec<_>>());
            }
        }
        html += &table.html();
    }
    if html.is_empty() { "<p>One length was measured.</p>\n".to_owned() } else { html }
}

/// Returns a table for each chief mark, and one of false positives.
pub(super) fn detectors(results: &Results, choice: &Choice<'_>) -> String {
    let mut html = "<p><b>whole</b>: one test of the whole text as it is. <b>search</b>: a search for passages in it, paid for. <b>normalised</b>: the same of the normalised text. <b>stream</b>: \
         evidence at the best token, valid at any time. <b>detect</b>: both searches, paid for; what <code>greenmark detect</code> decides by.</p>\n"
        .to_owned();
    for mark in &choice.chief {
        let caption = format!("{} <span>(found at p ≤ 1e-6, {} tokens)</span>", mark_html(mark), choice.tokens);
        let mut table = Table::new(
            &caption,
            &[
                (Row, "attack, strength"),
                (Number, "whole"),
                (Number, "search"),
                (Number, "normalised"),
                (Number, "stream"),
                (Number, "detect"),
            ],
        );
        for series in choice.series(mark) {
            for cell in &series.cells {
                let rates = cell.detection.named().map(|(_, rates)| rate_html(rates[ALPHAS.len() - 1]));
                let name = escape(&series.title(cell));
                table.row(&std::iter::once(name).chain(rates).collect::<Vec<_>>());
            }
        }
        html += &table.html();
    }
    html + &all_false_positives(results)
}

/// Hits of all cells together, by detector and level.
fn all_false_positives(results: &Results) -> String {
    let all: Vec<_> = results.cells.iter().filter_map(|cell| cell.false_positives).collect();
    let Some(first) = all.first() else {
        return "<p>No unmarked texts were attacked, so there are no false positives to count.</p>\n".to_owned();
    };
    let heads = ALPHAS.map(|alpha| format!("p ≤ {}", fmt::level(alpha)));
    let heads: Vec<_> = std::iter::once((Row, "detector")).chain(heads.iter().map(|head| (Number, &**head))).collect();
    let mut table = Table::new("Unmarked texts called marked <span>(all cells together)</span>", &heads);
    for (at, (detector, _)) in first.named().into_iter().enumerate() {
        let sums = (0..ALPHAS.len()).map(|level| {
            let rates = all.iter().map(|rates| rates.named()[at].1[level]);
            let (hits, n) = rates.fold((0, 0), |(hits, n), rate| (hits + rate.hits, n + rate.n));
            let share = if n == 0 { fmt::none() } else { format!("{:.1e}", hits as f64 / n as f64) };
            format!("{hits} of {n} <small>{share}</small>")
        });
        table.row(&std::iter::once(detector.to_owned()).chain(sums).collect::<Vec<_>>());
    }
    "<p>The cells share texts and keys, so that the sums below are not of independent trials and have no interval.</p>\n"
        .to_owned()
        + &table.html()
}

/// Each attack with what it models, as the attack itself says.
pub(super) fn attacks(results: &Results, choice: &Choice<'_>) -> String {
    let all = choice.grouped(results.cells.iter().filter(|cell| !fmt::is_none(cell)));
    if all.is_empty() {
        return "<p>No attack was made.</p>\n".to_owned();
    }
    let mut table = Table::new(
        "What was done <span>(a strength is the share of an attack's places that it changes)</span>",
        &[
            (Row, "attack"),
            (Text, "models"),
            (Text, "a place is a"),
            (Text, "does not"),
            (Text, "comes from"),
            (Text, "options"),
        ],
    );
    for series in all {
        let said = series.about.map(|about| [&about.models, &about.place, &about.limits, &about.source]);
        let said = said.map_or_else(Default::default, |said| said.map(|said| escape(said)));
        let name = std::iter::once(escape(series.attack));
        table.row(&name.chain(said).chain([escape(&options(series.options))]).collect::<Vec<_>>());
    }
    table.html()
}

/// Returns the list of what this run skipped.
pub(super) fn skipped(results: &Results) -> String {
    if results.skipped.is_empty() {
        return "<p>Nothing was left out.</p>\n".to_owned();
    }
    let mut table = Table::new("Not in this report", &[(Row, "what"), (Text, "why")]);
    for skipped in &results.skipped {
        table.row(&[escape(&skipped.what), escape(&skipped.why)]);
    }
    table.html()
}
