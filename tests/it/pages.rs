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

/// Every article of Order 121 that asks something of a bureau stands in the table, with a test that is there.
#[test]
fn every_article_of_the_order_is_answered_for() {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/law.md")).expect("the page");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| 第"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    let mut sources = String::new();
    let mut folders = vec![root.join("src"), root.join("tests/it")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|end| end == "rs") {
                sources += &fs::read_to_string(entry).expect("a source");
            }
        }
    }
    for article in 7..=45_usize {
        let tens = if article < 20 { "" } else { DIGITS[article / 10] };
        let ten = if article < 10 { "" } else { "十" };
        let name = format!("第{tens}{ten}{}条", DIGITS[article % 10]);
        let row =
            rows.iter().find(|row| row[1] == name).unwrap_or_else(|| panic!("{name} is not in docs/law.md"));
        for path in row[4].split(' ').map(|path| path.trim_matches('`')).filter(|path| *path != "-") {
            assert!(root.join(path).exists(), "{name}: {path}");
        }
        let test = row[5].trim_matches('`');
        let missing = test != "-" && !sources.contains(&format!("fn {test}("));
        assert!(!missing, "{name}: no test {test}");
        assert!(test != "-" || row[3].contains("不由本系统办理") || row[3].contains("尚未提供"), "{name}");
    }
}
