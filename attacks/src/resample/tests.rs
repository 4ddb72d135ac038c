use std::ops::ControlFlow;

use greenmark::{Delta, Detector, Embedder, Key, Scheme};
use greenmark_lm::{DemoModel, Event, GenerateOptions, LlamaModel, MarkHook, Request, generate};
use greenmark_text::{demo_tokenizer, model_path};

use super::*;

const TEXT: &str = "Once upon a time there was a fox who lived by the river. Every morning she went to look for food, and every \
    evening she came home to her children. One day it rained, and the river rose.\n\nThe fox was afraid.\n";

fn demo(options: ResampleOptions) -> Resample {
    Resample::new(Box::new(DemoModel::new().expect("embedded")), demo_tokenizer().expect("embedded"), "demo", options)
        .expect("sound options")
}

fn attacked(attack: &mut Resample, text: &str, share: f64, seed: u64) -> Attacked {
    attack.attack(&[text], Strength::new(share).expect("a share"), seed).remove(0).expect("attacked")
}

/// Returns every combination of a usual span with several drafts or one.
fn every_way() -> impl Iterator<Item = Resample> {
    let ways = [1, 5, 20].into_iter().flat_map(|span| [1, 4].map(|candidates| (span, candidates)));
    ways.map(|(span, candidates)| demo(ResampleOptions { span, candidates, ..ResampleOptions::default() }))
}

#[test]
fn strength_zero_is_the_identity() {
    for mut attack in every_way() {
        // A special token, bytes that the vocabulary may lack, characters of several tokens.
        for text in [TEXT, "", "word", " \n", "naïve <|endoftext|> \u{1}\0 日本語 \u{1f469}\u{200d}\u{1f467}\u{fffd}"]
        {
            let found = attacked(&mut attack, text, 0.0, 7);
            assert_eq!((&*found.text, found.changed), (text, 0), "{:?}", attack.options);
        }
    }
}

#[test]
fn the_share_asked_for_is_written_anew() {
    for mut attack in every_way() {
        for share in [0.1, 0.35, 0.5, 1.0] {
            let found = attacked(&mut attack, TEXT, share, 3);
            assert_eq!(found.changed, (share * found.places as f64).round() as usize, "{:?} {share}", attack.options);
            assert_ne!(found.text, TEXT);
        }
        assert_eq!(attacked(&mut attack, TEXT, 0.001, 3).changed, 1, "a strength strikes");
    }
}

#[test]
fn the_same_seed_gives_the_same_and_another_another() {
    for mut attack in every_way() {
        let mut found = |seed| attacked(&mut attack, TEXT, 0.5, seed).text;
        let first = found(1);
        assert_eq!(first, found(1));
        assert_ne!(first, found(2));
    }
}

#[test]
fn a_text_does_not_depend_on_its_companions() {
    // The demo model prefers one text at a time, so the lockstep is driven here.
    let mut attack = demo(ResampleOptions { span: 5, ..ResampleOptions::default() });
    let half = Strength::new(0.5).expect("a share");
    let texts = [TEXT, "The fox was afraid of the river, and so was the dog.", "", &TEXT[..70]];
    let mut runs: Vec<Run<'_>> = texts.iter().map(|text| attack.plan(text, half, 4).expect("short")).collect();
    attack.rewrite(&mut runs.iter_mut().collect::<Vec<_>>()).expect("sound");
    for (run, text) in runs.into_iter().zip(texts) {
        let together = run.finish(&attack.tokenizer);
        assert_eq!(together, attacked(&mut attack, text, 0.5, 4));
    }
}

#[test]
fn characters_are_never_cut() {
    let text = "The 日本語 fox \u{1f98a} said \u{1f469}\u{200d}\u{1f467} naïve things — «often».";
    for mut attack in every_way() {
        let places = attacked(&mut attack, text, 0.0, 1).places;
        for seed in 0..20 {
            let found = attacked(&mut attack, text, 0.5, seed);
            assert!(!found.text.contains(char::REPLACEMENT_CHARACTER), "{}", found.text);
            assert_eq!(found.places, places);
        }
    }
}

#[test]
fn drafts_that_lead_on_are_kept() {
    // Mean ln p of the whole text, by the model that wrote it.
    let fluency = |text: &str| {
        let mut model = DemoModel::new().expect("embedded");
        let ids = demo_tokenizer().expect("embedded").encode(text).expect("short");
        let sequence = model.open();
        let mut total = 0.0;
        for pair in ids.windows(2) {
            total += Logits::of(&mut model, &[(sequence, &pair[..1])]).expect("sound").ln_p(0, pair[1]);
        }
        total / (ids.len() - 1) as f64
    };
    // Pairs: both strike the same places of a text.
    let gains: Vec<f64> = (0..30)
        .map(|seed| {
            let with = |candidates| {
                let mut attack = demo(ResampleOptions { candidates, ..ResampleOptions::default() });
                fluency(&attacked(&mut attack, TEXT, 0.3, seed).text)
            };
            with(4) - with(1)
        })
        .collect();
    let (mean, error) = mean_and_error(&gains);
    assert!(mean > 4.0 * error && mean > 0.1, "{mean} ± {error}");
}

#[test]
fn half_of_a_marked_text_written_anew_is_marked_much_less() {
    let scheme: Scheme = "gm1:green,h=1,gamma=64/256".parse().expect("canonical");
    let tokenizer = demo_tokenizer().expect("embedded");
    let key = Key::from_bytes([9; 32]);
    let embedder = Embedder::new(&key, scheme).delta(Delta::new(2.0).expect("positive"));
    let options = GenerateOptions {
        max_tokens: 300,
        min_tokens: 0,
        sampling: Sampling::new(SamplingParams::default()).expect("sound"),
        seed: 11,
        stop: tokenizer.eos_ids().to_vec(),
        ignore_stop: true,
        batch: None,
    };
    let prompt = tokenizer.encode("One morning").expect("short");
    let requests = (0..8).map(|index| Request { index, prompt: prompt.clone() });
    let mut texts = Vec::new();
    let hook = |_| MarkHook::new(&embedder);
    generate(&mut DemoModel::new().expect("embedded"), requests, &options, hook, |event| {
        if let Event::Finished { ids, .. } = event {
            texts.push(tokenizer.decode_text(&ids));
        }
        ControlFlow::Continue(())
    })
    .expect("written");
    let ln_p = |text: &str| Detector::new(&key, scheme).detect(&tokenizer.encode(text).expect("short")).ln_p;
    assert_eq!(texts.len(), 8);
    for span in [1, 5, 20] {
        let mut attack = demo(ResampleOptions { span, ..ResampleOptions::default() });
        let (before, lost): (Vec<f64>, Vec<f64>) = texts
            .iter()
            .map(|text| {
                let (before, after) = (ln_p(text), ln_p(&attacked(&mut attack, text, 0.5, 1).text));
                (before, after - before)
            })
            .unzip();
        let ((before, _), (lost, error)) = (mean_and_error(&before), mean_and_error(&lost));
        // Measured: of 46 nats 34 to 37 are lost, within 1.7.
        assert!(
            before < -40.0 && lost > -before / 2.0 && lost > 8.0 * error,
            "span {span}: from ln p {before}, {lost} ± {error} more"
        );
    }
}

/// Returns the mean, and its standard error.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

#[test]
fn a_long_text_and_wrong_options_are_refused() {
    let new = |options| {
        let (model, tokenizer) = (DemoModel::new().expect("embedded"), demo_tokenizer().expect("embedded"));
        Resample::new(Box::new(model), tokenizer, "demo", options).map(|_| ()).expect_err("refused").to_string()
    };
    let sound = ResampleOptions::default();
    assert_eq!(new(ResampleOptions { span: 0, ..sound }), "a span has one token at least");
    assert_eq!(new(ResampleOptions { candidates: 0, ..sound }), "a span needs one candidate at least");
    assert!(new(ResampleOptions { temperature: -1.0, ..sound }).starts_with("temperature"));
}

#[test]
#[ignore = "needs SmolLM2"]
fn smollm2_attacks_many_texts_as_it_attacks_one() {
    let path = model_path("smollm2").expect("SmolLM2");
    let model = LlamaModel::load(&path).expect("a model");
    let tokenizer = Tokenizer::from_file(&path).expect("a tokenizer");
    let options = ResampleOptions { span: 5, ..ResampleOptions::default() };
    let mut attack = Resample::new(Box::new(model), tokenizer, "smollm2", options).expect("sound options");
    let (third, texts) = (Strength::new(0.3).expect("a share"), [TEXT, &TEXT[..100]]);
    let together = attack.attack(&texts, third, 1);
    for (text, together) in texts.iter().zip(together) {
        let found = attacked(&mut attack, text, 0.3, 1);
        assert_eq!(together.expect("attacked"), found);
        assert_ne!(found.text, *text);
        assert_eq!(found.changed, (0.3 * found.places as f64).round() as usize);
    }
    let long = "fox ".repeat(10_000);
    let error = attack.attack(&[&long], third, 1).remove(0).expect_err("too long");
    assert!(error.to_string().contains("tokens, and the model attends to"), "{error}");
}
