//! What fuzzing begins with, and what it once found, is read again: `fuzz/corpus`, by the same targets as `make fuzz` runs.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/targets.rs"]
mod targets;

type Target = fn(&[u8]);

#[test]
fn the_corpus_is_read_without_a_finding() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let targets: [(&str, Target); 4] = [
        ("cells", targets::cells),
        ("csv", targets::csv),
        ("gb18030", targets::gb18030),
        ("sheet", targets::sheet),
    ];
    for (name, target) in targets {
        let files = fs::read_dir(root.join(name)).unwrap().map(|file| file.unwrap().path());
        let files: Vec<_> = files.collect();
        assert!(!files.is_empty(), "{name}");
        for file in files {
            target(&fs::read(&file).unwrap());
        }
    }
}
