//! Prints the texts of documents: `cargo run --example read -- FILE…`

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        for found in greenmark_documents::read(&path, &std::fs::read(&path)?) {
            match found.content {
                Ok(document) => println!(
                    "{} ({}, {:?})\n{}",
                    found.name,
                    document.format.as_str(),
                    document.encoding,
                    document.text
                ),
                Err(error) => println!("{}: {error}", found.name),
            }
        }
    }
    Ok(())
}
