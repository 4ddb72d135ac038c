//! A report's words on the run, on reading its figures, and on their limits.

use greenmark_text::fmt::{count, escape};

use crate::suite::{
    fmt,
    results::{ALPHAS, Damage, Estimate, Results},
};

/// Everything that makes the same figures again.
pub(super) fn run(results: &Results) -> String {
    let run = &results.run;
    let texts = results.cells.iter().map(|cell| cell.n);
    let texts = match (texts.clone().min(), texts.max()) {
        (Some(least), Some(most)) if least < most => format!("{least} to {most} a cell, each under a key of its own"),
        (Some(n), _) => format!("{n} a cell, each under a key of its own"),
        _ => "none".to_owned(),
    };
    let sha256 = run.model_sha256.as_deref().unwrap_or("none: the model is part of the program");
    let rows = [
        ("suite", escape(&run.suite)),
        ("date", format!("{} (UTC)", escape(&run.date))),
        ("Greenmark", escape(&run.version)),
        (
            "commit",
            run.commit.as_deref().map_or_else(|| "unknown".to_owned(), |c| format!("<code>{}</code>", escape(c))),
        ),
        ("machine", escape(&run.machine)),
        ("time", fmt::duration(run.seconds)),
        ("model", escape(&run.model)),
        ("its SHA-256", format!("<code>{}</code>", escape(sha256))),
        ("temperature", run.temperature.to_string()),
        ("seed", run.seed.to_string()),
        ("texts", texts),
        ("words and sentences of attacks from", escape(&run.others)),
        ("command", format!("<pre><code>{}</code></pre>", escape(&run.command))),
    ];
    let rows: String = rows.iter().map(|(term, value)| format!("<dt>{term}</dt><dd>{value}</dd>\n")).collect();
    format!("<p>{}</p>\n<dl>\n{rows}</dl>\n", escape(&run.about))
}

/// Returns the words on reading the figures, and on their limits.
pub(super) fn limits(results: &Results) -> String {
    let n = results.cells.iter().map(|cell| cell.n).filter(|&n| n > 0).max();
    let coarse = n.map_or_else(String::new, |n| format!(" With n = {n} that is {:.1e}.", 3.0 / n as f64));
    let (likened, reread) =
        (sample(results, |damage| damage.similarity), sample(results, |damage| damage.perplexity_factor));
    let paragraphs = [
        "The p-values are exact tails, or bounds that cannot be exceeded more often than they say, over the choice of the key, for any text that does not depend on it (SPEC §7). So the level of a test holds \
         by proof, not by this run; what this run measures is power."
            .to_owned(),
        format!(
            "A share of n texts is known no more finely than about 3/n: where none of n is found, the rate may still be as high as that (at 95 %).{coarse} The false positives here can therefore speak \
             of p ≤ {}, hardly of {} and not of {}. Intervals of shares are those of Clopper and Pearson, of means those of the normal law, all at 95 % and each by itself: among many, one in twenty misses.",
            fmt::level(ALPHAS[0]),
            fmt::level(ALPHAS[1]),
            fmt::level(ALPHAS[2])
        ),
        "Cells of a mark are made of the same texts and keys, and shorter texts are the beginnings of longer ones. Figures of two attacks are not independent, and a difference between them is often surer \
         than the two intervals suggest."
            .to_owned(),
        format!(
            "What is left of a text is measured by program. Words edited and chrF count changed letters, whatever they do to the sense. Sentence similarity is the cosine of two embeddings, {likened}; it knows \
             little of facts and names. All three make much of characters that a reader does not see (homoglyphs, zero-width), which leave the text as it was to the eye; and none sees that a \
             text has become clumsy, which its perplexity does: that is told of the default mark alone, as it takes long, {reread}, and of no text that an attack made three times as long."
        ),
        "An attack changes the share of places that its strength says, drawn at random, without knowing the key or asking a detector; where a text has no such place it is as it was. Texts that an attack could \
         not be made on are counted as refused and are not among n. An adversary who asks a detector, or has learnt from many marked texts, does better."
            .to_owned(),
        format!(
            "All of it is of one model ({}), at temperature {}, and of its own texts: another model with less choice at each token carries less of a mark.",
            escape(&results.run.model),
            results.run.temperature
        ),
    ];
    paragraphs.iter().map(|said| format!("<p>{said}</p>\n")).collect()
}

/// Returns the number of texts of a cell that something was measured on.
fn sample(results: &Results, of: fn(&Damage) -> Option<Estimate>) -> String {
    let all: Vec<usize> = results.cells.iter().filter_map(|cell| of(&cell.damage)).map(|mean| mean.n).collect();
    let without = if all.len() < results.cells.len() { ", and not in every cell" } else { "" };
    match (all.iter().min(), all.iter().max()) {
        (Some(least), Some(most)) if least < most => format!("of {least} to {most} texts of a cell{without}"),
        (Some(&n), _) => format!("of {} of a cell{without}", count(n as u64, "text")),
        _ => "of no cell here".to_owned(),
    }
}
