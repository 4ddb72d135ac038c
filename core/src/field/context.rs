//! The h tokens before a position. SPEC §4.

use crate::{scheme::ContextWidth, token::TokenId};

/// The context of the next position: the last h ids pushed, oldest first.
///
/// Holds the ids by value and costs O(1) a push, whatever the length of the text.
#[derive(Debug, Clone)]
pub(crate) struct ContextWindow {
    ids: [TokenId; ContextWidth::MAX],
    width: usize,
    /// Ids pushed so far, counted no further than `width`.
    filled: usize,
}

impl ContextWindow {
    pub(crate) fn new(width: ContextWidth) -> Self {
        Self { ids: [0; ContextWidth::MAX], width: width.get(), filled: 0 }
    }

    /// Returns the h ids before the next position, or `None` while fewer than h have been pushed.
    pub(crate) fn context(&self) -> Option<&[TokenId]> {
        (self.filled == self.width).then(|| &self.ids[..self.width])
    }

    pub(crate) fn push(&mut self, token: TokenId) {
        let Some(last) = self.width.checked_sub(1) else { return };
        if self.filled < self.width {
            self.ids[self.filled] = token;
            self.filled += 1;
        } else {
            self.ids.copy_within(1..self.width, 0);
            self.ids[last] = token;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_is_the_last_h_ids() {
        let ids: Vec<TokenId> = (100..140).collect();
        for h in 0..=16 {
            let mut window = ContextWindow::new(ContextWidth::new(h).expect("in range"));
            for i in 0..ids.len() {
                let expected = i.checked_sub(h.into()).map(|from| &ids[from..i]);
                assert_eq!(window.context(), expected, "h = {h}, position {i}");
                window.push(ids[i]);
            }
        }
    }
}
