//! A page and plots of what a run found, to read, cite and make again.
//!
//! | module | holds |
//! |---|---|
//! | `findings` | the chief findings in sentences, computed |
//! | `page.html` | the template of the page |
//! | `plot` | the plots |

mod findings;
mod plot;

use anyhow::Result;
use greenmark_text::fmt::escape;
use minijinja::value::Serde;
use serde_json::{Value, json};

use super::{
    choice::{Choice, distinct, found, options},
    fmt,
    results::{ALPHAS, Results},
};
use crate::template::environment;

/// Returns one page with everything: it asks for nothing from outside.
///
/// # Errors
/// If a plot cannot be drawn, which an image in memory gives no cause to.
pub fn html(results: &Results) -> Result<String> {
    let (run, choice) = (&results.run, Choice::of(results));
    let values = json!({
        "title": format!("Greenmark evaluation: {} suite, {}, {}", run.suite, run.model, run.date),
        "run": run,
        "results": results,
        "time": fmt::duration(run.seconds),
        "temperature": run.temperature.to_string(),
        "tokens": choice.tokens,
        "findings": findings::html(results, &choice),
        "plots": plot::all(results, &choice)?,
        "marks": choice.marks.iter().map(|mark| by_attack(&choice, mark)).collect::<Vec<_>>(),
        "lengths": choice.chief.iter().filter_map(|mark| by_length(results, &choice, mark)).collect::<Vec<_>>(),
        "false_positives": false_positives(results),
        "attacks": attacks(results, &choice),
    });
    let mut environment = environment();
    environment.set_formatter(|out, _, value| {
        let text = value.to_string();
        Ok(out.write_str(&if value.is_safe() { text } else { escape(&text) })?)
    });
    environment.add_filter("auc", fmt::auc);
    environment.add_filter("digits", |value: f64, digits: usize| format!("{value:.digits$}"));
    environment.add_filter("exponent", |value: f64| format!("{value:.1e}"));
    environment.add_filter("mark", |mark: String| fmt::mark(&mark));
    Ok(environment.render_named_str("page.html", include_str!("report/page.html"), Serde(values))?)
}

/// Returns the cells of a mark at the chief length.
fn by_attack(choice: &Choice<'_>, mark: &str) -> Value {
    let rows = choice.series(mark).into_iter().flat_map(|series| {
        let cells = series.cells.iter().map(|cell| json!({ "title": series.title(cell), "cell": cell }));
        cells.collect::<Vec<_>>()
    });
    json!({ "name": mark, "is_chief": choice.chief.contains(&mark), "rows": rows.collect::<Vec<_>>() })
}

/// Returns the rates of a mark at every length; `None` where one was measured. An attack that was
/// made at one length alone is in the table of its mark.
fn by_length(results: &Results, choice: &Choice<'_>, mark: &str) -> Option<Value> {
    let cells = || results.cells.iter().filter(|cell| cell.mark == mark);
    let mut lengths = distinct(cells().map(|cell| cell.tokens));
    lengths.sort_unstable();
    let series = choice.grouped(cells());
    let rows = series.iter().flat_map(|series| {
        let alike = series.strengths().filter(|alike| alike.len() > 1);
        alike.map(|alike| {
            let at = |&tokens| alike.iter().find(|cell| cell.tokens == tokens).map(|cell| found(cell));
            json!({ "title": series.title(alike[0]), "rates": lengths.iter().map(at).collect::<Vec<_>>() })
        })
    });
    let heads = std::iter::once("attack, strength".to_owned()).chain(lengths.iter().map(|n| format!("{n} tokens")));
    let (rows, heads) = (rows.collect::<Vec<_>>(), heads.collect::<Vec<_>>());
    (lengths.len() > 1).then(|| json!({ "name": mark, "rows": rows, "heads": heads }))
}

/// Returns the hits of all cells together, by detector and level; nothing if no unmarked text was
/// attacked.
fn false_positives(results: &Results) -> Vec<Value> {
    let all: Vec<_> = results.cells.iter().filter_map(|cell| cell.false_positives).collect();
    let names = all.first().into_iter().flat_map(|rates| rates.named().map(|(name, _)| name)).enumerate();
    let rows = names.map(|(at, detector)| {
        let sums = (0..ALPHAS.len()).map(|level| {
            let rates = all.iter().map(|rates| rates.named()[at].1[level]);
            let (hits, n) = rates.fold((0, 0), |(hits, n), rate| (hits + rate.hits, n + rate.n));
            json!({ "hits": hits, "n": n })
        });
        json!({ "detector": detector, "sums": sums.collect::<Vec<_>>() })
    });
    rows.collect()
}

/// Returns each attack with what it models, as the attack itself says.
fn attacks(results: &Results, choice: &Choice<'_>) -> Vec<Value> {
    let all = choice.grouped(results.cells.iter().filter(|cell| !fmt::is_none(cell))).into_iter();
    all.map(|series| json!({ "name": series.attack, "about": series.about, "options": options(series.options) }))
        .collect()
}

/// Returns the plots by themselves: a file's name and an SVG each. Those that nothing was measured
/// for are left out.
///
/// # Errors
/// As [`html`].
pub fn plots(results: &Results) -> Result<Vec<(String, String)>> {
    let plots = plot::all(results, &Choice::of(results))?;
    Ok(plots.into_iter().map(|plot| (plot.file.to_owned(), plot.svg)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{results::Skipped, specimen};

    /// No figure says where it comes from, so the page is searched for what would ask for
    /// something.
    fn asks_for_something(html: &str) -> bool {
        let without_namespace = html.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        ["http:", "https:", "src=", "<script", "<link", "url(", "@import", "<iframe", "<img", "onload"]
            .iter()
            .any(|sign| without_namespace.contains(sign))
    }

    #[test]
    fn the_page_is_whole_and_asks_for_nothing() {
        let results = specimen::results(1);
        let html = html(&results).expect("a page");
        assert!(!asks_for_something(&html));
        for skipped in &results.skipped {
            assert!(html.contains(&escape(&skipped.what)) && html.contains(&escape(&skipped.why)));
        }
        for attack in results.cells.iter().map(|cell| &cell.attack) {
            assert!(html.contains(&escape(attack)), "{attack}");
        }
        for cell in results.cells.iter().filter(|cell| cell.tokens == 200) {
            let rate = found(cell);
            let interval = fmt::interval(rate.low, rate.high);
            assert!(html.contains(&format!("{:.3} <small>{interval}</small>", rate.value())), "{cell:?}");
        }
        let run = &results.run;
        for fact in [&run.command, &run.machine, &run.date, &run.version, run.commit.as_ref().expect("a commit")] {
            assert!(html.contains(&escape(fact)), "{fact}");
        }
        for id in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
        }
        assert_eq!(html.matches("<figure").count(), 5);
    }

    #[test]
    fn hostile_names_stay_text() {
        let mut results = specimen::results(1);
        let hostile = "</title></svg><script>alert('\"&\u{1}')</script><img src=x onerror=a>";
        let run = &mut results.run;
        for text in [&mut run.suite, &mut run.about, &mut run.date, &mut run.version, &mut run.machine, &mut run.model]
        {
            *text = hostile.to_owned();
        }
        for text in [&mut run.others, &mut run.command] {
            *text = hostile.to_owned();
        }
        run.commit = Some(hostile.to_owned());
        run.model_sha256 = Some(hostile.to_owned());
        results.run.chief_marks.iter_mut().for_each(|mark| *mark += hostile);
        results.attacks.iter_mut().for_each(|row| {
            for text in [&mut row.attack, &mut row.place, &mut row.models, &mut row.source, &mut row.limits] {
                *text += hostile;
            }
        });
        results.marks.iter_mut().for_each(|row| row.mark += hostile);
        results.cells.iter_mut().for_each(|cell| {
            cell.mark += hostile;
            cell.attack += hostile;
            cell.options.insert(hostile.to_owned(), hostile.into());
        });
        results.skipped.push(Skipped { what: hostile.to_owned(), why: hostile.to_owned() });
        let html = html(&results).expect("a page");
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains('\u{1}'));
        assert!(html.contains("&lt;script&gt;"));
        for (file, svg) in plots(&results).expect("plots") {
            roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
    }

    #[test]
    fn plots_are_small_well_formed_and_named() {
        let plots = plots(&specimen::results(3)).expect("plots");
        let files: Vec<&str> = plots.iter().map(|(file, _)| &**file).collect();
        assert_eq!(
            files,
            [
                "detection-against-similarity.svg",
                "detection-against-chrf.svg",
                "detection-against-strength.svg",
                "detection-against-length.svg",
                "detection-against-perplexity.svg"
            ]
        );
        for (file, svg) in &plots {
            assert!(svg.len() <= 60_000, "{file}: {} bytes", svg.len());
            let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{file}: {error}"));
            let first = document.root_element().first_element_child().expect("a child");
            assert!(first.has_tag_name("title") || first.tag_name().name() == "title", "{file}");
            assert!(first.text().is_some_and(|title| !title.is_empty()), "{file}");
            assert!(document.descendants().any(|node| node.tag_name().name() == "text"), "{file}");
        }
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let mut results = specimen::results(1);
        results.run.commit = None;
        results.run.model_sha256 = None;
        for cell in &mut results.cells {
            cell.damage.word_edit_rate = None;
            cell.damage.similarity = None;
            cell.damage.perplexity_factor = None;
            (cell.achieved, cell.auc, cell.false_positives) = (None, None, None);
        }
        let files: Vec<String> = plots(&results).expect("plots").into_iter().map(|(file, _)| file).collect();
        assert!(!files.iter().any(|file| file.contains("similarity")) && files.len() == 4, "{files:?}");
        html(&results).expect("a page");
        for cell in &mut results.cells {
            cell.damage.chrf = None;
            cell.n = 0;
            cell.detection = specimen::nothing();
        }
        assert!(plots(&results).expect("no plots").is_empty());
        html(&results).expect("a page");
        results.skipped.clear();
        results.marks.clear();
        results.cells.clear();
        assert!(plots(&results).expect("no plots").is_empty());
        assert!(html(&results).expect("a page").contains("Nothing was left out"));
    }
}
