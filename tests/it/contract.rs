//! What `src/grpc/generated/` keeps is what the contract makes: `make proto` writes it again. It is kept so that a build needs neither
//! a compiler of `proto/` nor the crates of one.

use std::fs;
use std::path::Path;

#[path = "../../ops/proto/src/generate.rs"]
mod generate;

const GENERATED: [&str; 3] = ["triage.v1.rs", "triage.v1.binpb", "silent.rs"];

#[test]
fn the_generated_code_is_made_of_the_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = tempfile::tempdir().unwrap();
    generate::generate(&root.join("proto"), made.path()).unwrap();
    let kept = root.join("src/grpc/generated");
    for name in GENERATED {
        let [made, kept] = [made.path(), &kept].map(|folder| fs::read(folder.join(name)).unwrap_or_default());
        assert!(made == kept, "src/grpc/generated/{name} is not current; run `make proto` and commit it");
    }
    let made = fs::read_dir(made.path()).unwrap().count();
    let kept = fs::read_dir(kept).unwrap().count();
    assert_eq!((made, kept), (GENERATED.len(), GENERATED.len()), "nothing else is generated or kept");
}
