//! Makes the report of a run again from its results: `cargo run --release -p greenmark-lab --bin
//! report -- RESULTS.json OUT_DIR`.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};
use greenmark_eval::suite::{
    csv::csv,
    markdown::markdown,
    report::{html, plots},
    results::{FORMAT, Results},
};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, folder] = &arguments[..] else { bail!("two arguments: RESULTS.json OUT_DIR") };
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let results: Results = serde_json::from_str(&text).with_context(|| format!("{file} holds no results"))?;
    ensure!(results.format == FORMAT, "{file} has the format {:?}; this program knows {FORMAT:?}", results.format);
    let folder = Path::new(folder);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let files = [("report.html", html(&results)?), ("results.csv", csv(&results)), ("summary.md", markdown(&results))];
    let files = files.map(|(name, text)| (name.to_owned(), text));
    for (name, text) in files.into_iter().chain(plots(&results)?) {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
