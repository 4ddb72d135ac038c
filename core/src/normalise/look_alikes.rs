//! Characters that are read as other ones. SPEC §9.5.

/// Returns the plain form of a space, line separator, quotation mark or dash that the form NFKD
/// leaves alone. SPEC §9.5 step 5.
pub(super) fn plain(c: char) -> Option<char> {
    match c {
        '\u{1680}' => Some(' '),
        '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{2010}'..='\u{2013}' => Some('-'),
        '\u{2018}'..='\u{201b}' => Some('\''),
        '\u{201c}'..='\u{201f}' => Some('"'),
        _ => None,
    }
}

/// Returns the ASCII letter that a letter looks like. SPEC §9.5, table.
///
/// Upper- and lower-case letters below U+10000, not of the script Latin or in its phonetic blocks
/// (U+0250–02AF, 1D00–1DBF), whose prototype in confusables.txt of Unicode 18 (UTS #39) is an ASCII
/// letter. The prototype of I is l there: a capital that looks like it is an I.
pub(super) fn look_alike(c: char) -> Option<char> {
    if c < '\u{250}' {
        return None;
    }
    Some(match c {
        '\u{391}' | '\u{410}' | '\u{13aa}' => 'A',
        '\u{251}' | '\u{3b1}' | '\u{430}' => 'a',
        '\u{392}' | '\u{412}' | '\u{13f4}' | '\u{2c82}' => 'B',
        '\u{42c}' | '\u{13cf}' => 'b',
        '\u{421}' | '\u{13df}' | '\u{2ca4}' => 'C',
        '\u{441}' | '\u{1c83}' | '\u{1d04}' | '\u{2ca5}' | '\u{abaf}' => 'c',
        '\u{13a0}' => 'D',
        '\u{501}' | '\u{13e7}' => 'd',
        '\u{395}' | '\u{415}' | '\u{13ac}' => 'E',
        '\u{435}' | '\u{4bd}' => 'e',
        '\u{3dc}' => 'F',
        '\u{284}' | '\u{584}' => 'f',
        '\u{50c}' | '\u{13c0}' | '\u{13f3}' => 'G',
        '\u{261}' | '\u{581}' | '\u{1d83}' => 'g',
        '\u{397}' | '\u{41d}' | '\u{13bb}' | '\u{2c8e}' => 'H',
        '\u{4ba}' | '\u{4bb}' | '\u{570}' | '\u{10b9}' | '\u{13c2}' => 'h',
        '\u{399}' | '\u{406}' | '\u{4c0}' | '\u{2c92}' => 'I',
        '\u{269}' | '\u{26a}' | '\u{3b9}' | '\u{456}' | '\u{582}' | '\u{13a5}' | '\u{2c93}' | '\u{a647}'
        | '\u{ab75}' => 'i',
        '\u{37f}' | '\u{408}' | '\u{13ab}' => 'J',
        '\u{3f3}' | '\u{458}' | '\u{575}' => 'j',
        '\u{39a}' | '\u{41a}' | '\u{13e6}' | '\u{2c94}' => 'K',
        '\u{13de}' | '\u{2cd0}' => 'L',
        '\u{4cf}' => 'l',
        '\u{39c}' | '\u{3fa}' | '\u{41c}' | '\u{13b7}' | '\u{2c98}' => 'M',
        '\u{39d}' | '\u{2c9a}' => 'N',
        '\u{578}' | '\u{57c}' => 'n',
        '\u{39f}' | '\u{41e}' | '\u{555}' | '\u{1cbf}' | '\u{2c9e}' => 'O',
        '\u{3bf}' | '\u{3c3}' | '\u{3ed}' | '\u{43e}' | '\u{585}' | '\u{10ff}' | '\u{1c82}' | '\u{1d0f}'
        | '\u{1d11}' | '\u{2c9f}' => 'o',
        '\u{3a1}' | '\u{420}' | '\u{13e2}' | '\u{2ca2}' | '\u{2cce}' => 'P',
        '\u{3c1}' | '\u{3f8}' | '\u{440}' | '\u{2ca3}' | '\u{2ccf}' => 'p',
        '\u{51a}' => 'Q',
        '\u{51b}' | '\u{563}' | '\u{566}' => 'q',
        '\u{13a1}' | '\u{13d2}' => 'R',
        '\u{433}' | '\u{1d26}' | '\u{2c85}' | '\u{ab81}' => 'r',
        '\u{405}' | '\u{54f}' | '\u{10bd}' | '\u{10fd}' | '\u{13d5}' | '\u{13da}' | '\u{1cbd}' => 'S',
        '\u{455}' | '\u{abaa}' => 's',
        '\u{3a4}' | '\u{422}' | '\u{13a2}' | '\u{2ca6}' => 'T',
        '\u{54d}' => 'U',
        '\u{28b}' | '\u{3c5}' | '\u{57d}' | '\u{1d1c}' => 'u',
        '\u{474}' | '\u{13d9}' => 'V',
        '\u{3bd}' | '\u{475}' | '\u{1d20}' | '\u{aba9}' => 'v',
        '\u{51c}' | '\u{13b3}' | '\u{13d4}' => 'W',
        '\u{26f}' | '\u{448}' | '\u{461}' | '\u{51d}' | '\u{561}' | '\u{1d21}' | '\u{2cbd}' | '\u{ab83}'
        | '\u{aba4}' => 'w',
        '\u{3a7}' | '\u{425}' | '\u{2cac}' => 'X',
        '\u{445}' => 'x',
        '\u{3a5}' | '\u{423}' | '\u{4ae}' | '\u{13a9}' | '\u{13bd}' | '\u{2ca8}' => 'Y',
        '\u{263}' | '\u{28f}' | '\u{3b3}' | '\u{443}' | '\u{4af}' | '\u{10e7}' | '\u{1d8c}' | '\u{2ca9}' => 'y',
        '\u{396}' | '\u{10cd}' | '\u{13c3}' | '\u{2c8c}' => 'Z',
        '\u{1d22}' | '\u{2c8d}' | '\u{2d2d}' | '\u{ab93}' => 'z',
        _ => return None,
    })
}
