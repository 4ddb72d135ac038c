//! Every vector file, natively: a test each. What the cases ask is in `greenmark_tests::replay`.
//! SPEC §11.

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
    keys key_files subkeys schemes field words scores gumbel_scores accumulated samples samples_edges
    tails binomial_tail gamma_tail weighted search search_edges stream looks normalise normalise_edges
}

/// Files that need tokenizers or profiles, and the tests that replay them.
const ELSEWHERE: [(&str, &str); 3] = [
    ("evidence", "text/src/json/tests.rs"),
    ("fingerprint", "tests/tests/fingerprint.rs"),
    ("registry", "text/tests/registry.rs"),
];

#[test]
fn no_vector_file_is_left_out() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors")).expect("the vectors are there");
    let files: BTreeSet<String> = folder
        .map(|entry| entry.expect("readable").path())
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    let tested: BTreeSet<String> = TESTED.iter().map(|name| name.replace('_', "-")).collect();
    assert_eq!(tested, REPLAYS.iter().map(|replay| replay.name.to_owned()).collect());
    let others = ELSEWHERE.iter().map(|&(name, _)| name.to_owned());
    assert_eq!(files, tested.into_iter().chain(others).collect());
    for (name, test) in ELSEWHERE {
        let test = std::fs::read_to_string(format!("{}/../{test}", env!("CARGO_MANIFEST_DIR"))).expect("a test");
        assert!(test.contains(&format!("{name}.json")), "{name}.json has no test");
    }
}
