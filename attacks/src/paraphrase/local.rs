//! A chat model on this machine.

use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow,
};

use anyhow::{Result, ensure};
use greenmark_lm::{
    ChatTemplate, Event, Finish, GenerateOptions, LanguageModel, LogitsHook, Request, Sampling, SamplingParams,
    TokenId, generate,
};
use greenmark_text::Tokenizer;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::{Answer, Chat, Question};

/// A language model with its chat template.
pub(crate) struct LocalChat {
    model: Box<dyn LanguageModel>,
    tokenizer: Tokenizer,
    template: ChatTemplate,
    name: String,
    sampling: Sampling,
}

impl LocalChat {
    /// - `name`: what reports call the model.
    /// - `temperature`: 0 is greedy.
    ///
    /// # Errors
    /// A temperature out of range, or a tokenizer that knows no end of an answer.
    pub(crate) fn new(
        model: Box<dyn LanguageModel>,
        tokenizer: Tokenizer,
        template: ChatTemplate,
        name: &str,
        temperature: f64,
    ) -> Result<Self> {
        ensure!(!tokenizer.eos_ids().is_empty(), "{}: no token ends an answer", tokenizer.name());
        let sampling = Sampling::new(SamplingParams { temperature, ..SamplingParams::default() })?;
        Ok(Self { model, tokenizer, template, name: name.into(), sampling })
    }

    /// Returns the ids that the model continues, and the length at which an answer has gone astray.
    fn encode(&self, question: &Question) -> Result<(Vec<TokenId>, usize), String> {
        let prompt =
            self.template.encode(&self.tokenizer, None, &question.prompt).map_err(|error| error.to_string())?;
        let unit = self.tokenizer.encode(&question.unit).map_err(|error| error.to_string())?;
        Ok((prompt, 4 * unit.len() + 16))
    }
}

impl Chat for LocalChat {
    fn options(&self) -> Map<String, Value> {
        let options = json!({"model": self.name, "temperature": self.sampling.params().temperature});
        options.as_object().cloned().unwrap_or_default()
    }

    fn batch(&self) -> usize {
        // A text has several questions; half as many texts keep the batch full.
        (self.model.preferred_batch() / 2).max(1)
    }

    fn answer(&mut self, questions: &[Question], seed: u64) -> Vec<Answer> {
        // A question is known by its content, so that its answer depends on nothing else, and is asked
        // once.
        let names: Vec<u64> = questions.iter().map(|question| name_of(&question.prompt)).collect();
        let mut answers: HashMap<u64, Answer> = HashMap::new();
        let mut requests: BTreeMap<u64, (Vec<TokenId>, usize)> = BTreeMap::new();
        for (&index, question) in names.iter().zip(questions) {
            match self.encode(question) {
                Ok(request) => drop(requests.insert(index, request)),
                Err(reason) => drop(answers.insert(index, Err(reason))),
            }
        }
        let budgets: HashMap<u64, usize> = requests.iter().map(|(&index, (_, budget))| (index, *budget)).collect();
        let stop = self.tokenizer.eos_ids().to_vec();
        let options = GenerateOptions {
            max_tokens: usize::MAX,
            min_tokens: 0,
            sampling: self.sampling,
            seed,
            stop: stop.clone(),
            ignore_stop: false,
            batch: None,
        };
        let result = generate(
            self.model.as_mut(),
            requests.into_iter().map(|(index, (prompt, _))| Request { index, prompt }),
            &options,
            |index| Budget { left: budgets.get(&index).copied().unwrap_or(0), stop: &stop },
            |event| {
                match event {
                    Event::Finished { index, ids, reason } => {
                        let is_whole =
                            reason == Finish::Eos && budgets.get(&index).is_some_and(|&budget| ids.len() < budget);
                        answers.insert(index, Ok(is_whole.then(|| self.tokenizer.decode_text(&ids))));
                    }
                    Event::Refused { index, error } => drop(answers.insert(index, Err(error.to_string()))),
                    _ => {}
                }
                ControlFlow::Continue(())
            },
        );
        let reason = result.err().map_or_else(|| "the model gave no answer".to_owned(), |error| error.to_string());
        names.iter().map(|name| answers.get(name).cloned().unwrap_or_else(|| Err(reason.clone()))).collect()
    }
}

fn name_of(prompt: &str) -> u64 {
    let hash = Sha256::digest(prompt);
    hash.iter().take(8).fold(0, |name, &byte| name << 8 | u64::from(byte))
}

/// Ends an answer that has gone astray.
struct Budget<'s> {
    /// Tokens that may yet come.
    left: usize,
    stop: &'s [TokenId],
}

impl LogitsHook for Budget<'_> {
    fn adjust(&mut self, logits: &mut [f32]) {
        if self.left == 0 {
            logits.fill(f32::NEG_INFINITY);
            self.stop
                .iter()
                .filter_map(|&token| logits.get_mut(token as usize).map(|logit| *logit = 0.0))
                .for_each(drop);
        }
    }

    fn push(&mut self, _: TokenId) {
        self.left = self.left.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use greenmark_lm::{DemoModel, Loaded};
    use greenmark_text::demo_tokenizer;

    use super::*;
    use crate::{Attack, Strength, Unit, paraphrase::Paraphrase};

    fn question(text: &str) -> Question {
        Question { prompt: text.into(), unit: text.into() }
    }

    #[test]
    fn an_answer_that_goes_astray_is_ended_and_not_taken() {
        // The demo model follows no instructions: it goes on telling.
        let template = ChatTemplate::new("{{ messages[0].content }}", "", "");
        let (model, tokenizer) = (DemoModel::new().expect("embedded"), demo_tokenizer().expect("embedded"));
        let mut chat = LocalChat::new(Box::new(model), tokenizer, template, "demo", 1.0).expect("sound");
        let questions = [question("Once upon a time"), question(""), question("Once upon a time")];
        let answers = chat.answer(&questions, 1);
        assert_eq!(answers[0], Ok(None));
        assert_eq!(answers[2], answers[0]);
        assert!(answers[1].is_err(), "{answers:?}");
    }

    #[test]
    #[ignore = "needs SmolLM2"]
    fn smollm2_rewrites_sentences_alike_alone_and_together() {
        let Loaded { model, tokenizer, chat } = Loaded::named("smollm2", None).expect("SmolLM2");
        let template = chat.expect("a template");
        let chat = LocalChat::new(model, tokenizer, template, "smollm2", 0.7).expect("sound");
        let mut attack = Paraphrase::new(Box::new(chat), Unit::Sentence);
        let all = Strength::new(1.0).expect("a share");
        let texts =
            ["The river rose after the rain. Nobody had expected that.", "Most children like to play outside.\n"];
        let together = attack.attack(&texts, all, 1);
        for (text, together) in texts.iter().zip(together) {
            let found = attack.attack(&[text], all, 1).remove(0).expect("answered");
            assert_eq!(together.expect("answered"), found);
            assert_eq!(found.changed + found.unusable, found.places);
            assert_ne!(found.text, *text);
        }
    }
}
