use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashSet},
    ops::ControlFlow,
    rc::Rc,
};

use greenmark::{Detector, Embedder, Scheme};
use greenmark_lm::{
    DemoModel, Event, GenerateOptions, LogitsHook, MarkHook, NoHook, Request, Sampling, SamplingParams, TokenId,
    generate, text_rng,
};
use greenmark_text::{Tokenizer, demo_tokenizer};

use super::{Counts, Forger, Inserting, Learner, Scored, Words, strip};
use greenmark_eval::corpus;

const DELTA: f64 = 2.0;

/// Texts of 200 tokens by the demo model, as a detector reads them.
fn write<H: LogitsHook>(
    tokenizer: &Tokenizer,
    indices: std::ops::Range<u64>,
    hook: impl FnMut(u64) -> H,
) -> Vec<Vec<TokenId>> {
    let prompt = tokenizer.encode("Once upon a").expect("ASCII");
    let options = GenerateOptions {
        max_tokens: 200,
        min_tokens: 0,
        sampling: Sampling::new(SamplingParams::default()).expect("valid"),
        seed: 1,
        stop: tokenizer.eos_ids().to_vec(),
        ignore_stop: true,
        batch: None,
    };
    let requests = indices.map(|index| Request { index, prompt: prompt.clone() });
    let mut texts = BTreeMap::new();
    generate(&mut DemoModel::new().expect("built in"), requests, &options, hook, |event| {
        if let Event::Finished { index, ids, .. } = event {
            texts.insert(index, tokenizer.encode(&tokenizer.decode_text(&ids)).expect("its own text"));
        }
        ControlFlow::Continue(())
    })
    .expect("the demo model writes");
    texts.into_values().collect()
}

#[test]
fn a_token_that_comes_oftener_than_it_should_is_believed_green_in_its_context_alone() {
    // Unmarked, 0 and 1 come after 7 alike, each every fourth time.
    let text = |zeros: usize, ones: usize, others: usize| -> Vec<TokenId> {
        let after = [vec![0; zeros], vec![1; ones], vec![2; others]].concat();
        after.into_iter().flat_map(|token| [7, token]).collect()
    };
    let mut unmarked = Counts::new(1);
    unmarked.read(&text(250, 250, 500), Scored::All);
    let mut learner = Learner::new(&unmarked, Scored::All, 0.25, DELTA);
    assert_eq!(learner.belief(&[7], 0, 0.25, 0), 0.25, "nothing is known");
    assert!(!learner.knows(&[7]));
    learner.read(&text(50, 10, 40));
    assert!(learner.knows(&[7]) && learner.marked().tokens() == 200);
    assert!(learner.belief(&[7], 0, 0.25, 0) > 0.99);
    assert!(learner.belief(&[7], 1, 0.25, 0) < 0.01);
    assert_eq!(learner.belief(&[8], 0, 0.25, 0), 0.25, "another context says nothing");
    // What is written in a marked text is likelier green, the more so the less the model expected
    // it.
    let [expected, unexpected] = [0.9, 0.01].map(|p| learner.belief(&[8], 0, p, 1));
    assert!(0.25 < expected && expected < unexpected, "{expected} {unexpected}");
}

#[test]
fn gumbel_marks_new_contexts_alone() {
    let unmarked = Counts::new(1);
    let mut once = Learner::new(&unmarked, Scored::NewContexts, 0.25, DELTA);
    let mut always = Learner::new(&unmarked, Scored::All, 0.25, DELTA);
    for learner in [&mut once, &mut always] {
        learner.read(&[7, 0, 7, 1, 7, 1]);
    }
    assert!(once.belief(&[7], 0, 0.1, 0) > once.belief(&[7], 1, 0.1, 0));
    assert!(always.belief(&[7], 0, 0.1, 0) < always.belief(&[7], 1, 0.1, 0));
}

#[test]
fn the_greenest_word_goes_first_and_no_more_than_the_budget() {
    let unmarked = Counts::new(0);
    let mut learner = Learner::new(&unmarked, Scored::All, 0.25, DELTA);
    // 1 is everywhere in marked text, 2 nowhere.
    learner.read(&[1; 100]);
    let place = |own, other, p| strip::Place { own, others: vec![(other, p)] };
    let ids = [3, 1, 2, 4];
    let places = [place(0.1, 5, 0.1), place(0.1, 2, 0.1), place(0.1, 1, 0.1), place(0.1, 5, 0.1)];
    let stripped = strip::strip(&learner, &ids, &places, &[0, 1, 4]);
    assert_eq!(stripped[0], ids);
    assert_eq!(stripped[1], [3, 2, 2, 4]);
    assert!(!stripped[2].contains(&1), "{:?}", stripped[2]);
    assert_eq!(strip::strip(&learner, &[], &[], &[3]), [Vec::<TokenId>::new()]);
}

/// One list is learnt from 50 texts; from none, nothing.
#[test]
fn at_width_0_the_demo_model_is_stolen_from() {
    let tokenizer = demo_tokenizer().expect("built in");
    let words = Words::new(&tokenizer);
    let scheme: Scheme = "gm1:green,h=0,gamma=64/256".parse().expect("canonical");
    let mut unmarked = Counts::new(0);
    let plain = write(&tokenizer, 1000..1100, |_| NoHook);
    plain.iter().for_each(|ids| unmarked.read(ids, Scored::All));
    let (n, alpha) = (4, 1e-6);
    let (mut stripped, mut forged) = ([0, 0], [0, 0]);
    for number in 0..2 {
        let key = corpus::key(1, number);
        let embedder = Embedder::new(&key, scheme);
        let mut detector = Detector::new(&key, scheme);
        let mut is_found = |ids: &[TokenId]| {
            let ids = tokenizer.encode(&tokenizer.decode_text(ids)).expect("text");
            detector.detect(&ids).is_significant(alpha)
        };
        let victims = write(&tokenizer, 2000..2000 + 2 * n, |_| MarkHook::new(&embedder));
        let victims: Vec<&[TokenId]> =
            victims.iter().map(Vec::as_slice).filter(|ids| is_found(ids)).take(n as usize).collect();
        assert_eq!(victims.len(), n as usize);
        let mut model = DemoModel::new().expect("built in");
        let places = strip::places(&mut model, &words, 0, &victims).expect("the demo model reads");
        let nothing = Learner::new(&unmarked, Scored::All, 0.25, DELTA);
        let mut much = nothing.clone();
        write(&tokenizer, 0..50, |_| MarkHook::new(&embedder)).iter().for_each(|ids| much.read(ids));
        for (i, learner) in [&nothing, &much].into_iter().enumerate() {
            for (ids, places) in victims.iter().zip(&places) {
                let after = strip::strip(learner, ids, places, &[20]).remove(0);
                assert!(after.iter().zip(*ids).filter(|(a, b)| a != b).count() <= 20);
                stripped[i] += u32::from(!is_found(&after));
            }
            let surprise = Cell::default();
            let texts = write(&tokenizer, 3000..3000 + n, |_| Forger::new(learner, 5.0, &surprise));
            if i == 0 {
                assert_eq!(texts, write(&tokenizer, 3000..3000 + n, |_| NoHook), "who knows nothing changes nothing");
            }
            forged[i] += texts.iter().map(|ids| u32::from(is_found(ids))).sum::<u32>();
        }
    }
    assert_eq!(forged[0], 0);
    assert!(forged[1] >= 7, "{forged:?} of 8");
    assert!(stripped[1] == 8 && stripped[0] < 8, "{stripped:?} of 8");
}

/// Notes what the mark hears of.
struct Ear(Rc<RefCell<Vec<TokenId>>>);

impl LogitsHook for Ear {
    fn push(&mut self, token: TokenId) {
        self.0.borrow_mut().push(token);
    }
}

#[test]
fn the_mark_hears_of_an_inserted_token_before_each_word_or_every_second_one() {
    let tokenizer = demo_tokenizer().expect("built in");
    let words = Words::new(&tokenizer);
    let inserted = *tokenizer.encode("#").expect("ASCII").first().expect("a token");
    for every in [0, 1, 2] {
        let heard: Rc<RefCell<Vec<TokenId>>> = Rc::default();
        let ids = RefCell::new(Vec::new());
        write(&tokenizer, 0..1, |index| {
            Both(Inserting::new(Ear(Rc::clone(&heard)), &words, inserted, every, text_rng(1, index)), &ids)
        });
        let (mut expected, mut begun) = (Vec::new(), 0);
        for &id in &*ids.borrow() {
            if words.begins(id) && !expected.is_empty() {
                begun += 1;
                if every > 0 && begun % every == 0 {
                    expected.push(inserted);
                }
            }
            expected.push(id);
        }
        assert!(begun > 80, "{begun} words");
        assert_eq!(*heard.borrow(), expected, "every {every}");
    }
}

/// A hook, and what was written under it.
struct Both<'a, H>(H, &'a RefCell<Vec<TokenId>>);

impl<H: LogitsHook> LogitsHook for Both<'_, H> {
    fn adjust(&mut self, logits: &mut [f32]) {
        self.0.adjust(logits);
    }
    fn push(&mut self, token: TokenId) {
        self.1.borrow_mut().push(token);
        self.0.push(token);
    }
}

/// As many words as the model would have begun anyway.
#[test]
fn what_begins_a_word_does_so_as_often_as_without() {
    let tokenizer = demo_tokenizer().expect("built in");
    let words = Words::new(&tokenizer);
    let share = |texts: Vec<Vec<TokenId>>| {
        let all: Vec<TokenId> = texts.concat();
        all.iter().filter(|&&id| words.begins(id)).count() as f64 / all.len() as f64
    };
    let without = share(write(&tokenizer, 0..40, |_| NoHook));
    let with = share(write(&tokenizer, 0..40, |index| Inserting::new(NoHook, &words, 0, 1, text_rng(2, index))));
    // Five standard errors of the difference, of 8000 tokens each; tokens of one text are not quite
    // independent.
    assert!((without - with).abs() < 5.0 * (2.0f64 * 0.25 / 8000.0).sqrt(), "{without} {with}");
    let distinct: HashSet<bool> = (0..300).map(|id| words.begins(id)).collect();
    assert_eq!(distinct.len(), 2);
}
