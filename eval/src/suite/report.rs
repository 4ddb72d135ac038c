//! A page and plots of what a run found, to read, cite and make again.
//!
//! | module | holds |
//! |---|---|
//! | `findings` | the chief findings in sentences, computed |
//! | `page` | HTML: sections, tables, figures, the page around them |
//! | `plot` | the plots |
//! | `reading` | how to read a report, and what it cannot say |
//! | `tables` | the tables |

mod findings;
mod page;
mod plot;
mod reading;
mod tables;

use anyhow::Result;

use super::{choice::Choice, results::Results};

/// Returns one page with everything: it asks for nothing from outside.
///
/// # Errors
/// If a plot cannot be drawn, which an image in memory gives no cause to.
pub fn html(results: &Results) -> Result<String> {
    let choice = Choice::of(results);
    let sections = [
        page::section("run", "What was run", &reading::run(results)),
        page::section("findings", "Findings", &findings::html(results, &choice)),
        page::section("plots", "Plots", &figures(results, &choice)?),
        page::section("quality", "What the marks cost", &tables::quality(results)),
        page::section("marks", "Detection by mark", &tables::marks(&choice)),
        page::section("lengths", "Detection by length", &tables::lengths(results, &choice)),
        page::section("detectors", "Detectors side by side", &tables::detectors(results, &choice)),
        page::section("attacks", "The attacks", &tables::attacks(results, &choice)),
        page::section("skipped", "What was left out", &tables::skipped(results)),
        page::section("reading", "How to read this, and its limits", &reading::limits(results)),
    ];
    let run = &results.run;
    let title = format!("Greenmark evaluation: {} suite, {}, {}", run.suite, run.model, run.date);
    Ok(page::whole(&title, &sections))
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

fn figures(results: &Results, choice: &Choice<'_>) -> Result<String> {
    let plots = plot::all(results, choice)?;
    if plots.is_empty() {
        return Ok("<p>Nothing was measured that a plot could show.</p>\n".to_owned());
    }
    Ok(plots.iter().enumerate().map(|(at, plot)| page::figure(at + 1, plot)).collect())
}

#[cfg(test)]
mod tests {
    use greenmark_text::fmt::escape;

    use super::*;
    use crate::suite::{choice::found, fmt, results::Skipped, specimen};

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
            assert!(html.contains(&fmt::rate_html(found(cell))), "{cell:?}");
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
