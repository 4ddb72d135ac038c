//! `greenmark demo`: a text marked, detected and attacked.

use std::{fmt::Write, ops::ControlFlow};

use anstyle::{AnsiColor, Effects, Style};
use anyhow::{Result, anyhow, bail};
use greenmark::{DEFAULT_ALPHA, Detection, Detector, Embedder, Key, stats::format_p_value};
use greenmark_lm::{Event, MarkHook, Request, generate, text_rng};
use greenmark_text::Shade;
use greenmark_text::Tokenizer;
use rand_chacha::{ChaCha8Rng, rand_core::Rng};
use unicode_width::UnicodeWidthStr;

use crate::{
    Outcome,
    args::{DemoArgs, SamplingArgs},
    evidence::brief,
    models::Writer,
    output::{count, print_styled, printable, stdout_has_colour},
    show::{Piece, coloured, legend, pieces},
    writing,
};

const REPLACED_PERCENT: [u32; 3] = [10, 30, 50];
const HEADING: Style = Style::new().effects(Effects::BOLD);

pub(crate) fn run(args: &DemoArgs) -> Result<Outcome> {
    let seed = args.seed.map_or_else(writing::fresh_seed, Ok)?;
    let scheme = args.scheme;
    let mut rng = text_rng(seed, u64::MAX);
    let (key, wrong_key) = (draw_key(&mut rng), draw_key(&mut rng));
    let embedder = args.strength.apply(Embedder::new(&key, scheme), scheme)?;

    let mut writer = Writer::load(&args.model)?;
    // Refused before anything is said.
    if writer.reader.ids(&args.prompt, None, false)?.is_empty() {
        bail!("the prompt is empty");
    }
    let sampling = SamplingArgs {
        max_tokens: args.max_tokens,
        ignore_eos: true,
        temperature: 1.0,
        top_k: 0,
        top_p: 1.0,
        min_p: 0.0,
        seed: None,
    };
    print_styled(&format!(
        "{HEADING}The prompt{HEADING:#}  {}\n{HEADING}The model {HEADING:#}  {}, {} a text, seed {seed}\n\
         {HEADING}The mark  {HEADING:#}  {scheme}{}\n\n",
        printable(&args.prompt),
        args.model.model,
        count(args.max_tokens.into(), "token"),
        args.strength.describe(scheme),
    ))?;
    let plain = write(&mut writer, &args.prompt, &sampling, seed, None)?;
    let marked = write(&mut writer, &args.prompt, &sampling, seed, Some(&embedder))?;

    let tokenizer = &writer.reader.tokenizer;
    let mut detector = Detector::new(&key, scheme);
    print_styled(&beside(
        &show(tokenizer, &mut detector, "Without the mark", &plain)?,
        &show(tokenizer, &mut detector, "With the mark", &marked)?,
    ))?;
    print_styled(&legend(&[scheme.family()], false, stdout_has_colour()))?;

    let mut report = format!(
        "\n{HEADING}What the detector says{HEADING:#}  (one test of each whole text; marked if p ≤ {DEFAULT_ALPHA:e})\n"
    );
    let ask = |detector: &mut Detector, text: &str| Ok::<_, anyhow::Error>(detector.detect(&tokenizer.encode(text)?));
    let wrong = &mut Detector::new(&wrong_key, scheme);
    row(&mut report, "the text without the mark", &ask(&mut detector, &plain)?);
    row(&mut report, "the text with the mark", &ask(&mut detector, &marked)?);
    row(&mut report, "the same, asked with a wrong key", &ask(wrong, &marked)?);
    let _ = writeln!(report, "\n{HEADING}With words of the marked text replaced by others{HEADING:#}");
    for percent in REPLACED_PERCENT {
        let attacked = replace_words(&marked, &plain, percent, &mut rng);
        row(&mut report, &format!("{percent:>3} % of its words"), &ask(&mut detector, &attacked)?);
    }
    report +=
        "\nA mark says that the text depends on the key. It does not say who wrote it, and its absence says nothing.\n";
    print_styled(&report)?;
    Ok(Outcome::Done)
}

fn draw_key(rng: &mut ChaCha8Rng) -> Key {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    Key::from_bytes(bytes)
}

/// One text by the model, marked if an embedder is given.
fn write(
    writer: &mut Writer,
    prompt: &str,
    sampling: &SamplingArgs,
    seed: u64,
    embedder: Option<&Embedder>,
) -> Result<String> {
    let options = writing::options(sampling, seed, writer.reader.tokenizer.eos_ids(), None)?;
    let request = Request { index: 0, prompt: writer.reader.ids(prompt, None, false)? };
    let hook = |_| embedder.map(MarkHook::new);
    let mut written = Err(anyhow!("the model wrote nothing"));
    generate(writer.model.as_mut(), [request], &options, hook, |event| {
        match event {
            Event::Finished { ids, .. } => written = Ok(ids),
            Event::Refused { error, .. } => written = Err(error.into()),
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    Ok(writer.reader.tokenizer.decode_text(&written?))
}

/// Returns a heading and the coloured text under it, line by line, for a column of half the
/// terminal.
fn show(tokenizer: &Tokenizer, detector: &mut Detector, heading: &str, text: &str) -> Result<Vec<(String, usize)>> {
    let width = text_width();
    let greenmark_text::Encoded { ids, places: ranges } = tokenizer.encode_with_places(text)?;
    let scores = detector.scores(&ids);
    let heading = format!("{heading}: {}", brief(&scores.detection()));
    let mut lines = vec![(format!("{HEADING}{heading}{HEADING:#}"), heading.width())];
    // Lines are broken first, and coloured piece by piece then: escapes have no width.
    let has_colour = stdout_has_colour();
    let mut line = (String::new(), 0);
    let looks: Vec<_> =
        scores.positions().into_iter().map(|position| Shade::of(position, detector.scheme().family())).collect();
    for piece in pieces(text, &ranges, &looks) {
        for part in piece.text.split_inclusive('\n') {
            let word = part.trim_end_matches('\n');
            let shown = coloured(&[Piece { text: word, ..piece }], has_colour);
            let shown_width = if has_colour { word.width() } else { shown.width() };
            if line.1 + shown_width > width {
                lines.push(std::mem::take(&mut line));
            }
            line.0 += &shown;
            line.1 += shown_width;
            if part.ends_with('\n') {
                lines.push(std::mem::take(&mut line));
            }
        }
    }
    lines.push(line);
    Ok(lines)
}

const GAP: usize = 4;
/// A terminal that is narrower has the texts one above the other.
const NARROW: usize = 60;

fn terminal_width() -> usize {
    let said = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|&columns| columns > 0);
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).or_else(said);
    columns.unwrap_or(100).clamp(20, 160)
}

/// Columns that one of the two texts has.
fn text_width() -> usize {
    match terminal_width() {
        width if width < NARROW => width,
        width => (width - GAP) / 2,
    }
}

/// Two columns of lines with their widths; one, where there is no room for two.
fn beside(left: &[(String, usize)], right: &[(String, usize)]) -> String {
    if terminal_width() < NARROW {
        let blank = (String::new(), 0);
        return left.iter().chain([&blank]).chain(right).flat_map(|(line, _)| [line.trim_end(), "\n"]).collect();
    }
    let column = text_width() + GAP;
    let mut out = String::new();
    for i in 0..left.len().max(right.len()) {
        let (line, width) = left.get(i).cloned().unwrap_or_default();
        let pad = column.saturating_sub(width);
        let right = right.get(i).map_or("", |line| &line.0);
        let whole = format!("{line}{:pad$}{right}", "");
        out += whole.trim_end();
        out.push('\n');
    }
    out
}

/// One line of the report: what was asked about, the p-value, and a bar of evidence.
fn row(report: &mut String, what: &str, detection: &Detection) {
    let marked = detection.is_significant(DEFAULT_ALPHA);
    let style = if marked { AnsiColor::Green.on_default().bold() } else { Style::new() };
    let word = if marked { "marked" } else { "no mark found" };
    let p = format_p_value(detection.ln_p, 2);
    // A block for every factor of 100.
    let blocks = (-detection.ln_p / 100_f64.ln()).round() as usize;
    let brief = brief(detection);
    let _ = writeln!(
        report,
        "  {what:<34} {brief:>11}  p = {p:<9} {style}{word:<14}{}{style:#}",
        "▇".repeat(blocks.min(40))
    );
}

/// Replaces a share of the words by words of another text, at places drawn without repetition.
///
/// The attack `replace` would do as well. It finds words by UAX #29, keeps their case and draws
/// from a stream of its own, so the same seed would no longer show the same demo.
fn replace_words(text: &str, other: &str, percent: u32, rng: &mut ChaCha8Rng) -> String {
    let strangers: Vec<&str> = other.split_whitespace().collect();
    let mut words: Vec<&str> = text.split(' ').collect();
    let mut places: Vec<usize> = (0..words.len()).filter(|&i| !words[i].trim().is_empty()).collect();
    let count = places.len() * percent as usize / 100;
    for i in 0..count.min(places.len()) {
        let other = i + below(places.len() - i, rng);
        places.swap(i, other);
        if !strangers.is_empty() {
            words[places[i]] = strangers[below(strangers.len(), rng)];
        }
    }
    words.join(" ")
}

/// Returns a number below `n`, `n` ≥ 1. The bias of the remainder is below 1e-15 here.
fn below(n: usize, rng: &mut ChaCha8Rng) -> usize {
    (rng.next_u64() % n as u64) as usize
}
