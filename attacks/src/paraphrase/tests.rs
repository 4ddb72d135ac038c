use std::{cell::RefCell, rc::Rc};

use super::*;

const TEXT: &str = "One is here. Two is there.\n\n  Three is far! Four is near?\n";

/// Answers by a rule, and remembers what it was asked.
struct Fake {
    rule: fn(&str) -> Answer,
    asked: Rc<RefCell<Vec<String>>>,
}

impl Chat for Fake {
    fn options(&self) -> Map<String, Value> {
        Map::new()
    }
    fn batch(&self) -> usize {
        2
    }
    fn answer(&mut self, questions: &[Question], _: u64) -> Vec<Answer> {
        self.asked.borrow_mut().extend(questions.iter().map(|question| question.unit.clone()));
        questions.iter().map(|question| (self.rule)(&question.unit)).collect()
    }
}

fn fake(unit: Unit, rule: fn(&str) -> Answer) -> (Paraphrase, Rc<RefCell<Vec<String>>>) {
    let asked = Rc::default();
    (Paraphrase::new(Box::new(Fake { rule, asked: Rc::clone(&asked) }), unit), asked)
}

fn attacked(attack: &mut Paraphrase, text: &str, share: f64, seed: u64) -> Result<Attacked, AttackError> {
    attack.attack(&[text], Strength::new(share).expect("a share"), seed).remove(0)
}

fn loud(unit: &str) -> Answer {
    Ok(Some(format!("Here is the rewritten text: \"{}\"", unit.to_uppercase())))
}

#[test]
fn units_are_rewritten_where_they_stand() {
    for (unit, places) in [(Unit::Sentence, 4), (Unit::Paragraph, 2), (Unit::Text, 1)] {
        let (mut attack, asked) = fake(unit, loud);
        let found = attacked(&mut attack, TEXT, 1.0, 1).expect("answered");
        assert_eq!(found, Attacked { text: TEXT.to_uppercase(), changed: places, places, unusable: 0 }, "{unit:?}");
        assert_eq!(asked.borrow().len(), places);
        for text in [TEXT, "", " \n", "…"] {
            assert_eq!(attacked(&mut attack, text, 0.0, 1).expect("nothing is asked").text, text);
        }
        assert_eq!(asked.borrow().len(), places, "strength 0 asks nothing");
    }
}

#[test]
fn the_share_is_drawn_by_the_seed() {
    let (mut attack, _) = fake(Unit::Sentence, loud);
    let mut found = |seed| attacked(&mut attack, TEXT, 0.5, seed).expect("answered");
    assert_eq!((found(1).changed, found(1)), (2, found(1)));
    assert!((2..20).any(|seed| found(seed) != found(1)));
}

#[test]
fn what_cannot_be_used_stays_and_is_counted() {
    let (mut attack, _) = fake(Unit::Sentence, |unit| match &unit[..3] {
        "One" => Ok(None),
        "Two" => Ok(Some(String::new())),
        "Thr" => Ok(Some("word ".repeat(100))),
        _ => Ok(Some("Is four near?".into())),
    });
    let found = attacked(&mut attack, TEXT, 1.0, 1).expect("answered");
    let text = TEXT.replace("Four is near?", "Is four near?");
    assert_eq!(found, Attacked { text, changed: 1, places: 4, unusable: 3 });
}

#[test]
fn a_failure_is_of_its_text_alone() {
    let (mut attack, _) = fake(Unit::Sentence, |unit| match unit {
        "Bad." => Err("down".into()),
        unit => loud(unit),
    });
    let all = Strength::new(1.0).expect("a share");
    let found = attack.attack(&["Good.", "Good. Bad.", "Well."], all, 1);
    assert_eq!(found[0].as_ref().map(|found| &*found.text), Ok("GOOD."));
    assert_eq!(found[1], Err(AttackError::Model { attack: "paraphrase", reason: "down".into() }));
    assert_eq!(found[2].as_ref().map(|found| &*found.text), Ok("WELL."));
}
