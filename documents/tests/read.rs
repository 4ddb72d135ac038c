//! Documents as they come: each format, archives of them, and files that are none.

use std::io::{Cursor, Write};

use greenmark_documents::{Document, DocumentError, read};

/// Two paragraphs, with signs beyond ASCII.
const TEXT: &str = "A first paragraph, long enough to fill a line of a page and to be broken there once or twice, as paragraphs are.\n\n\
    “A second one,” she said — naïve, in Straße 5.\n";

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
        zip.write_all(content).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

fn docx() -> Vec<u8> {
    let paragraphs: String =
        TEXT.trim().split("\n\n").map(|text| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")).collect();
    let xml = format!("<?xml version='1.0'?><w:document xmlns:w='w'><w:body>{paragraphs}</w:body></w:document>");
    zip(&[("[Content_Types].xml", b"<Types/>"), ("word/document.xml", xml.as_bytes())])
}

fn odt() -> Vec<u8> {
    let paragraphs: String = TEXT.trim().split("\n\n").map(|text| format!("<text:p>{text}</text:p>")).collect();
    let xml =
        format!("<o:document-content xmlns:o='o' xmlns:text='t'><o:text>{paragraphs}</o:text></o:document-content>");
    zip(&[("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", xml.as_bytes())])
}

/// A page of lines in Helvetica, in Windows-1252, 14 points apart; an empty line leaves a gap.
fn pdf(lines: &[&str]) -> Vec<u8> {
    let mut content = b"BT /F 12 Tf 14 TL 72 720 Td\n".to_vec();
    for line in lines {
        content.push(b'(');
        content.extend_from_slice(&encoding_rs::WINDOWS_1252.encode(line).0);
        content.extend_from_slice(b") Tj T*\n");
    }
    content.extend_from_slice(b"ET");
    let mut out = b"%PDF-1.4\n".to_vec();
    let objects: [Vec<u8>; 5] = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>".to_vec(),
        [format!("<</Length {}>>stream\n", content.len()).as_bytes(), &content, b"\nendstream"].concat(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>".to_vec(),
    ];
    let mut places = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        places.push(out.len());
        out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let start = out.len();
    out.extend_from_slice(b"xref\n0 6\n0000000000 65535 f \n");
    places.iter().for_each(|place| out.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes()));
    out.extend_from_slice(format!("trailer<</Size 6/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").as_bytes());
    out
}

fn text_pdf() -> Vec<u8> {
    pdf(&[
        "A first paragraph, long enough to fill a line of a page and to",
        "be broken there once or twice, as paragraphs are.",
        "",
        "“A second one,” she said — naïve, in Straße 5.",
    ])
}

fn only(name: &str, bytes: &[u8]) -> Result<Document, DocumentError> {
    let mut found = read(name, bytes);
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found.remove(0).content
}

#[test]
fn every_format_has_the_same_text() {
    let html = TEXT.trim().split("\n\n").map(|text| format!("<p>{text}</p>")).collect::<String>();
    let mail =
        format!("From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}", TEXT.replace('\n', "\r\n"));
    let html_mail = format!("From: a@b.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}");
    for (name, bytes, format) in [
        ("a.txt", TEXT.as_bytes().to_vec(), "text"),
        ("a.md", TEXT.as_bytes().to_vec(), "text"),
        ("a.docx", docx(), "docx"),
        ("a.odt", odt(), "odt"),
        ("a.html", html.as_bytes().to_vec(), "html"),
        ("a.eml", mail.into_bytes(), "eml"),
        ("b.eml", html_mail.into_bytes(), "eml"),
        ("a.pdf", text_pdf(), "pdf"),
        ("by its bytes", text_pdf(), "pdf"),
    ] {
        let document = only(name, &bytes).expect("a document");
        assert_eq!((document.text.as_str(), document.format.as_str()), (TEXT, format), "{name}");
    }
}

#[test]
fn archives_and_attachments_are_opened() {
    let inner = zip(&[("b.txt", b"inner"), ("__MACOSX/b.txt", b"no"), (".hidden", b"no")]);
    let archive = zip(&[("a.docx", &docx()), ("folder/inner.zip", &inner), ("c.png", b"\x89PNG\r\n")]);
    let found = read("all.zip", &archive);
    let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["all.zip/a.docx", "all.zip/folder/inner.zip/b.txt", "all.zip/c.png"]);
    assert_eq!(found[1].content.as_ref().expect("text").text, "inner");
    assert_eq!(found[2].content, Err(DocumentError::NoText { what: "an image" }));

    let mail = "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nSee below.\n\
        --x\nContent-Type: text/plain; name=\"a.txt\"\nContent-Disposition: attachment; filename=\"a.txt\"\n\nThe text.\n--x--\n";
    let found = read("m.eml", mail.as_bytes());
    let texts: Vec<_> =
        found.iter().map(|f| (f.name.as_str(), f.content.as_ref().expect("text").text.trim())).collect();
    assert_eq!(texts, [("m.eml", "See below."), ("m.eml/a.txt", "The text.")]);
}

#[test]
fn what_has_no_text_says_why() {
    let error = |name: &str, bytes: &[u8]| only(name, bytes).expect_err(name);
    assert_eq!(error("scan.pdf", &pdf(&[])), DocumentError::NoTextLayer);
    assert_eq!(error("empty.html", b"<!doctype html><title>x</title>"), DocumentError::Empty);
    assert_eq!(error("program", b"\x7fELF\x02\x01\x01\0\0\0"), DocumentError::Binary);
    assert!(matches!(error("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), DocumentError::NoText { .. }));
    assert!(matches!(error("cut.docx", &docx()[..200]), DocumentError::Broken { format: "zip", .. }));
    assert!(matches!(error("cut.pdf", b"%PDF-1.7\n1 0 obj"), DocumentError::Broken { format: "pdf", .. }));
    let not_xml = zip(&[("word/document.xml", b"<w:p><w:t>a</w:p>")]);
    assert!(matches!(error("bad.docx", &not_xml), DocumentError::Broken { format: "docx", .. }));
    // An empty file is an empty text.
    assert_eq!(only("empty.txt", b"").expect("a text").text, "");
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let mut bomb = b"text".to_vec();
    for _ in 0..5 {
        bomb = zip(&[("deeper.zip", &bomb)]);
    }
    assert_eq!(only("bomb.zip", &bomb), Err(DocumentError::Deep));
    let zeros = vec![b' '; 150 << 20];
    let found = read("large.zip", &zip(&[("a.txt", &zeros), ("b.txt", &zeros), ("c.txt", b"c")]));
    let contents: Vec<_> =
        found.iter().map(|found| found.content.as_ref().map(|d| d.text.len()).map_err(Clone::clone)).collect();
    assert_eq!(contents, [Ok(150 << 20), Err(DocumentError::Large), Err(DocumentError::Large)]);
}

/// Whatever a file holds, it is answered or refused.
#[test]
fn broken_files_are_no_panic() {
    let mut state = 7u64;
    let mut random = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize
    };
    let html = b"<!doctype html><ul><li>a<li>b</ul><p>c &amp; d<pre>e</pre>".to_vec();
    for (name, whole) in [("a.docx", docx()), ("a.odt", odt()), ("a.pdf", text_pdf()), ("a.html", html)] {
        for _ in 0..500 {
            let mut bytes = whole.clone();
            for _ in 0..1 + random() % 8 {
                let at = random() % bytes.len();
                match random() % 3 {
                    0 => bytes[at] = random() as u8,
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, random() as u8),
                }
            }
            let _ = read(name, &bytes);
        }
    }
}
