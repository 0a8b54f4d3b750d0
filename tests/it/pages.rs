//! Pages of `docs/` that are made from the code.

use std::{env, fs, path::Path};

#[test]
fn the_life_of_a_file_is_as_the_code_has_it() {
    let page = triage::statute::life::page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/life-of-a-file.md");
    if env::var_os("UPDATE_PAGES").is_some() {
        fs::write(&path, &page).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/life-of-a-file.md is not current; run `make life` and commit the page");
}
