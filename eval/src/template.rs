//! Templates of reports.

use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig};

/// Returns what renders a report: lines of statements alone leave no line, and a name that is not
/// defined is an error.
pub(crate) fn environment() -> Environment<'static> {
    let mut syntax = SyntaxConfig::builder();
    let syntax = syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
    let mut environment = Environment::new();
    environment.set_syntax(syntax.expect("the usual delimiters"));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}
