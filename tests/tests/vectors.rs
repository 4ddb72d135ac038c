//! Every vector file, natively: a test each. What the cases ask is in `greenmark_tests::replay`. SPEC §11.

use std::collections::BTreeSet;

use greenmark_tests::replay::REPLAYS;

macro_rules! replay {
    ($($name:ident)*) => {
        const TESTED: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                let file = stringify!($name).replace('_', "-");
                let replay = REPLAYS.iter().find(|replay| replay.name == file).expect("a vector file");
                replay.run(replay.file);
            }
        )*
    };
}

replay! {
    keys schemes field words scores gumbel_scores accumulated samples
    tails binomial_tail gamma_tail weighted search stream normalise
}

#[test]
fn no_vector_file_is_left_out() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors")).expect("the vectors are there");
    let files: BTreeSet<String> = folder
        .map(|entry| entry.expect("readable").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, REPLAYS.iter().map(|replay| replay.name.to_owned()).collect());
    assert_eq!(files, TESTED.iter().map(|name| name.replace('_', "-")).collect());
}
