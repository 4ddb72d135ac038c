//! Tables in Markdown.

/// Prints the header of a table.
///
/// - `first`: names of columns, between them `|`. `more`: further ones, one by one or likewise.
pub fn print_header(first: &str, more: impl IntoIterator<Item = String>) {
    let columns = joined(first, more);
    println!("| {columns} |\n|{}", "---|".repeat(columns.matches('|').count() + 1));
}

/// Prints a row of a table; the parameters are as in [`print_header`].
pub fn print_row(first: &str, more: impl IntoIterator<Item = String>) {
    println!("| {} |", joined(first, more));
}

fn joined(first: &str, more: impl IntoIterator<Item = String>) -> String {
    more.into_iter().fold(first.to_owned(), |row, cell| row + " | " + &cell)
}
