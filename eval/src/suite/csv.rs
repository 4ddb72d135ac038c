//! The rates of every detector, tidy: a row for each mark, attack, length and detector.

use ::csv::{Terminator, WriterBuilder};

use super::results::{ALPHAS, CellRow, Estimate, Rate, Results};

/// Returns all cells as CSV (RFC 4180), with names of columns. A field is empty where nothing was
/// measured; options are a JSON object.
///
/// # Panics
/// Never: memory takes every row, and rows are as long as the head.
pub fn csv(results: &Results) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    let rows = results.cells.iter().flat_map(rows);
    for row in std::iter::once(head()).chain(rows) {
        writer.write_record(row).expect("rows are as long as the head, and memory takes them");
    }
    let bytes = writer.into_inner().expect("memory takes everything");
    String::from_utf8(bytes).expect("fields are text")
}

/// Endings of the columns of a mean.
const ESTIMATE: [&str; 4] = ["", "_low", "_high", "_n"];
/// Endings of the columns of a rate.
const RATE: [&str; 5] = ["_hits", "_n", "", "_low", "_high"];

fn head() -> Vec<String> {
    let estimate = |name: &'static str| ESTIMATE.map(|part| format!("{name}{part}"));
    let rates = |name: &'static str| {
        ALPHAS.into_iter().flat_map(move |alpha| RATE.map(|part| format!("{name}_{alpha:e}{part}")))
    };
    let mut head = ["mark", "attack", "strength", "options", "tokens", "n", "refused"].map(str::to_owned).to_vec();
    head.extend(estimate("achieved"));
    head.push("detector".to_owned());
    head.extend(rates("tpr"));
    head.extend(rates("fpr"));
    head.extend(["median_ln_p", "auc"].map(str::to_owned));
    for name in ["word_edit_rate", "chrf", "similarity", "perplexity_factor"] {
        head.extend(estimate(name));
    }
    head
}

fn rows(cell: &CellRow) -> Vec<Vec<String>> {
    let rates = cell.detection.named();
    let median_ln_p = cell.median_ln_p.named();
    let rows = rates.into_iter().zip(median_ln_p).enumerate();
    rows.map(|(at, ((detector, rates), (_, median_ln_p)))| {
        let false_positives = cell.false_positives.as_ref().map(|all| all.named()[at].1);
        let auc = cell.auc.as_ref().map(|all| *all.named()[at].1);
        let options = serde_json::Value::Object(cell.options.clone()).to_string();
        let mut row = vec![cell.mark.clone(), cell.attack.clone(), cell.strength.to_string(), options];
        row.extend([cell.tokens, cell.n, cell.refused].map(|n| n.to_string()));
        row.extend(estimate(cell.achieved));
        row.push(detector.to_owned());
        row.extend(rates.iter().flat_map(|&found| rate(Some(found))));
        row.extend((0..ALPHAS.len()).flat_map(|level| rate(false_positives.map(|rates| rates[level]))));
        row.extend([median_ln_p.to_string(), auc.map(|auc| auc.to_string()).unwrap_or_default()]);
        let damage = cell.damage;
        for mean in [damage.word_edit_rate, damage.chrf, damage.similarity, damage.perplexity_factor] {
            row.extend(estimate(mean));
        }
        row
    })
    .collect()
}

fn estimate(mean: Option<Estimate>) -> [String; ESTIMATE.len()] {
    mean.map(|Estimate { value, low, high, n }| [value.to_string(), low.to_string(), high.to_string(), n.to_string()])
        .unwrap_or_default()
}

fn rate(rate: Option<Rate>) -> [String; RATE.len()] {
    let fields = |rate: Rate| {
        let value = if rate.n == 0 { String::new() } else { rate.value().to_string() };
        [rate.hits.to_string(), rate.n.to_string(), value, rate.low.to_string(), rate.high.to_string()]
    };
    rate.map(fields).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::suite::specimen;

    /// Fields of each row by their columns' names.
    fn parsed(text: &str) -> Vec<HashMap<String, String>> {
        ::csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.expect("a row")).collect()
    }

    #[test]
    fn every_figure_of_every_cell_comes_back() {
        let results = specimen::results(1);
        let rows = parsed(&csv(&results));
        assert_eq!(rows.len(), 5 * results.cells.len());
        for (cell, rows) in results.cells.iter().zip(rows.chunks(5)) {
            for (at, row) in rows.iter().enumerate() {
                let number = |name: &str| row[name].parse::<f64>().ok();
                let (detector, rates) = cell.detection.named()[at];
                assert_eq!((&*row["mark"], &*row["attack"], &*row["detector"]), (&*cell.mark, &*cell.attack, detector));
                let options: serde_json::Value = serde_json::from_str(&row["options"]).expect("JSON");
                assert_eq!(options, serde_json::Value::Object(cell.options.clone()));
                let counts = [cell.tokens, cell.n, cell.refused].map(|n| Some(n as f64));
                assert_eq!(["tokens", "n", "refused"].map(number), counts);
                assert_eq!(number("strength"), Some(cell.strength));
                let false_positives = cell.false_positives.as_ref().map(|all| all.named()[at].1);
                for (level, alpha) in ["1e-2", "1e-4", "1e-6"].into_iter().enumerate() {
                    for (name, rate) in
                        [("tpr", Some(rates[level])), ("fpr", false_positives.map(|rates| rates[level]))]
                    {
                        let fields = RATE.map(|part| number(&format!("{name}_{alpha}{part}")));
                        let expected = rate.map(|r| [r.hits as f64, r.n as f64, r.value(), r.low, r.high].map(Some));
                        assert_eq!(fields, expected.unwrap_or_default(), "{name} {alpha}");
                    }
                }
                assert_eq!(number("median_ln_p"), Some(*cell.median_ln_p.named()[at].1));
                assert_eq!(number("auc"), cell.auc.as_ref().map(|all| *all.named()[at].1));
                let damage = cell.damage;
                let means = [
                    ("achieved", cell.achieved),
                    ("word_edit_rate", damage.word_edit_rate),
                    ("chrf", damage.chrf),
                    ("similarity", damage.similarity),
                    ("perplexity_factor", damage.perplexity_factor),
                ];
                for (name, mean) in means {
                    let fields = ESTIMATE.map(|part| number(&format!("{name}{part}")));
                    let expected = mean.map(|m| [m.value, m.low, m.high, m.n as f64].map(Some));
                    assert_eq!(fields, expected.unwrap_or_default(), "{name}");
                }
            }
        }
    }

    #[test]
    fn names_are_quoted_and_lines_end_as_rfc_4180_has_it() {
        let mut results = specimen::results(2);
        results.cells.truncate(1);
        results.cells[0].attack = "a \"quoted\", name\nof two lines".to_owned();
        let text = csv(&results);
        assert!(text.contains("\"a \"\"quoted\"\", name\nof two lines\""), "{text}");
        assert!(text.ends_with("\r\n"));
        assert_eq!(parsed(&text)[0]["attack"], results.cells[0].attack);
    }

    #[test]
    fn no_cells_give_the_head_alone() {
        let mut results = specimen::results(1);
        results.cells.clear();
        assert_eq!(csv(&results).lines().count(), 1);
    }
}
