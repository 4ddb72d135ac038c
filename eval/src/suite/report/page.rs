//! HTML: sections, tables, figures, and the page around them.

use greenmark_text::fmt::escape;

use super::plot::Plot;

/// A section of the page, by its anchor and heading.
pub(super) struct Section {
    id: &'static str,
    heading: &'static str,
    body: String,
}

pub(super) fn section(id: &'static str, heading: &'static str, body: &str) -> Section {
    Section { id, heading, body: body.to_owned() }
}

/// Returns a plot with its caption.
pub(super) fn figure(number: usize, plot: &Plot) -> String {
    let Plot { file, title, caption, svg } = plot;
    let id = file.trim_end_matches(".svg");
    format!(
        "<figure id=\"{id}\">\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Figure {number}\">\n{svg}</div>\n\
         <figcaption><b>Figure {number}.</b> {}. {}</figcaption>\n</figure>\n",
        escape(title),
        escape(caption)
    )
}

/// Content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// Names a row.
    Row,
    /// Words.
    Text,
    /// A figure.
    Number,
}

/// A table that scrolls in its own box.
pub(super) struct Table {
    columns: Vec<Column>,
    html: String,
}

impl Table {
    /// - `caption`, `heads`: HTML.
    pub(super) fn new(caption: &str, heads: &[(Column, &str)]) -> Self {
        let mut html = format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\">\n<table>\n<caption>{caption}</caption>\n<thead><tr>"
        );
        for (column, head) in heads {
            html += &format!("<th scope=\"col\"{}>{head}</th>", class(*column));
        }
        html += "</tr></thead>\n<tbody>\n";
        Self { columns: heads.iter().map(|(column, _)| *column).collect(), html }
    }

    /// - `cells`: HTML, one a column.
    pub(super) fn row(&mut self, cells: &[String]) {
        self.html += "<tr>";
        for (column, cell) in self.columns.iter().zip(cells) {
            self.html += &match column {
                Column::Row => format!("<th scope=\"row\">{cell}</th>"),
                _ => format!("<td{}>{cell}</td>", class(*column)),
            };
        }
        self.html += "</tr>\n";
    }

    pub(super) fn html(self) -> String {
        self.html + "</tbody>\n</table>\n</div>\n"
    }
}

fn class(column: Column) -> &'static str {
    if column == Column::Number { " class=\"n\"" } else { "" }
}

const STYLE: &str = r##":root { color-scheme: light dark; --ink: #1b1f1c; --paper: #fcfcfa; --faint: #5f6661; --line: #d9ddd8; --box: #f3f4f1; --link: #0b5f2a; --shade: #0005; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6e9e6; --paper: #151815; --faint: #a0a8a2; --line: #3a423c; --box: #1e231f; --link: #8fd6a3; --shade: #fff5; } }
* { box-sizing: border-box; }
body { font: 1rem/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 76rem; margin: 2.5rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.5rem; line-height: 1.3; } h2 { font-size: 1.2rem; margin: 0 0 .8rem; } h1, h2 { overflow-wrap: anywhere; }
p, li, dd { max-width: 46rem; overflow-wrap: break-word; } a { color: var(--link); }
section { border-top: 1px solid var(--line); padding: 1.6rem 0 .8rem; scroll-margin-top: 1rem; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .2rem 1.2rem; }
dt { color: var(--faint); } dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
code { font: .92em ui-monospace, monospace; } pre { background: var(--box); padding: .7rem .9rem; border-radius: .3rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.scroll { overflow-x: auto; background: linear-gradient(to right, var(--paper) 40%, transparent) left / 3rem 100%, linear-gradient(to left, var(--paper) 40%, transparent) right / 3rem 100%, linear-gradient(to right, var(--shade), transparent) left / 1rem 100%, linear-gradient(to left, var(--shade), transparent) right / 1rem 100%; background-repeat: no-repeat; background-attachment: local, local, scroll, scroll; } .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
figure { margin: 1.2rem 0 2.4rem; max-width: 60rem; } ul { max-width: 46rem; padding-left: 1.2rem; } nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; max-width: none; } .k { white-space: nowrap; } figcaption { color: var(--faint); font-size: .92rem; max-width: 46rem; }
figure svg { display: block; width: 100%; min-width: 40rem; height: auto; }
figure svg [fill="#FFFFFF"] { fill: var(--paper); } figure svg [fill="#000000"] { fill: var(--ink); } figure svg [stroke="#000000"] { stroke: var(--ink); }
table { border-collapse: collapse; font-size: .88rem; line-height: 1.4; font-variant-numeric: tabular-nums; margin: .3rem 0 1.8rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; } caption span { font-weight: 400; color: var(--faint); }
th, td { text-align: left; vertical-align: top; padding: .22rem .5rem; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { vertical-align: bottom; color: var(--faint); border-bottom: 1px solid var(--faint); }
tbody th, thead th:first-child { position: sticky; left: 0; background: var(--paper); padding-left: 0; min-width: 8rem; max-width: 15rem; }
.n { text-align: right; white-space: nowrap; } thead .n { white-space: normal; } small { color: var(--faint); font-size: .82em; }
@media (max-width: 40rem) { body { margin-top: 1.2rem; padding: 0 .9rem; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; } tbody th, thead th:first-child { max-width: 9rem; min-width: 6rem; } }
@media print { @page { margin: 14mm; } body { max-width: none; margin: 0; padding: 0; font-size: 9.5pt; } nav { display: none; } .scroll { overflow: visible; } table { font-size: 6.8pt; } th, td { padding: .1rem .3rem; } tbody th { position: static; } thead { display: table-header-group; } tr, figure { break-inside: avoid; } h2 { break-after: avoid; } figure svg { min-width: 0; } }
"##;

/// Returns the page.
///
/// - `title`: as it came.
pub(super) fn whole(title: &str, sections: &[Section]) -> String {
    let title = escape(title);
    let links =
        sections.iter().map(|section| format!("<li><a href=\"#{}\">{}</a></li>\n", section.id, section.heading));
    let links: String = links.collect();
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<nav aria-label=\"Contents\"><ul>\n{links}</ul></nav>\n<main>\n"
    );
    for Section { id, heading, body } in sections {
        html += &format!("<section id=\"{id}\">\n<h2>{heading}</h2>\n{body}</section>\n");
    }
    html + "</main>\n</body>\n</html>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_cell_a_column() {
        let mut table = Table::new("c", &[(Column::Row, "attack"), (Column::Number, "n")]);
        table.row(&["replace".to_owned(), "7".to_owned()]);
        let html = table.html();
        assert!(html.contains("<tr><th scope=\"row\">replace</th><td class=\"n\">7</td></tr>"), "{html}");
    }
}
