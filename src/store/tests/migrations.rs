//! Migrations are append-only: the text of each is what it was when it was merged.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::store::MIGRATIONS;

/// A migration that is edited leaves every database that had it with another schema than the program takes it to have.
#[test]
fn no_migration_was_edited_and_each_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let list = fs::read_to_string(root.join("SHA256SUMS")).unwrap();
    let listed: BTreeMap<&str, &str> =
        list.lines().map(|line| line.split_once("  ").unwrap()).map(|(sum, file)| (file, sum)).collect();
    let mut found = BTreeMap::new();
    for database in ["sqlite", "postgres"] {
        for entry in fs::read_dir(root.join(database)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{database}/{}", path.file_name().unwrap().display());
            found.insert(name, hex::encode(Sha256::digest(fs::read(&path).unwrap())));
        }
    }
    let found: BTreeMap<&str, &str> = found.iter().map(|(file, sum)| (file.as_str(), sum.as_str())).collect();
    assert_eq!(
        found, listed,
        "a merged migration is never edited: write another one. A new one is added to migrations/SHA256SUMS \
         (`make sums`)"
    );
    let names: Vec<String> =
        MIGRATIONS.iter().map(|(number, name, ..)| format!("{number:04}_{name}.sql")).collect();
    for database in ["sqlite", "postgres"] {
        let of_folder: Vec<&str> =
            found.keys().filter_map(|file| file.strip_prefix(database)?.strip_prefix('/')).collect();
        assert_eq!(of_folder, names, "{database}");
    }
    assert!((1..).zip(MIGRATIONS).all(|(number, migration)| migration.0 == number), "a number is left out");
}
