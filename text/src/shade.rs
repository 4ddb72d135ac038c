//! Shades in which positions are shown.

use greenmark::{Family, Position};

/// One of four ways in which a token is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// It has no context: too few tokens precede it.
    Unscored,
    /// It repeats what was counted before.
    Repeated,
    /// Counted, and red or of a low score.
    Plain,
    /// Counted, and green or of a high score.
    Favoured,
}

impl Shade {
    /// Returns the shade of a position under a scheme of this family.
    pub fn of(position: Position, family: Family) -> Self {
        match position {
            Position::Unscored => Self::Unscored,
            Position::Repeated => Self::Repeated,
            Position::Scored(score) if family.favours(score) => Self::Favoured,
            Position::Scored(_) => Self::Plain,
        }
    }
}
