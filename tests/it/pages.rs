//! Pages of `docs/`: those made from the code, and what pages refer to.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The files below `folder` whose names end like this; not what was built.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let is_built = entry.ends_with("target") || entry.ends_with(".git");
            if entry.is_dir() && !is_built {
                folders.push(entry);
            } else if entry.extension().is_some_and(|end| end == ending) {
                found.push(entry);
            }
        }
    }
    found
}

#[test]
fn every_link_of_a_page_leads_to_a_file() {
    let mut broken = Vec::new();
    for page in files(Path::new(env!("CARGO_MANIFEST_DIR")), "md") {
        let text = fs::read_to_string(&page).expect("a page");
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
        for link in links.filter(|link| !link.is_empty() && !link.contains(':')) {
            if !page.with_file_name(link).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

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
    let sources: String = [root.join("src"), root.join("tests/it")]
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .map(|source| fs::read_to_string(source).expect("a source"))
        .collect();
    let name = |article: usize| {
        let tens = if article < 20 { "" } else { DIGITS[article / 10] };
        let ten = if article < 10 { "" } else { "十" };
        format!("第{tens}{ten}{}条", DIGITS[article % 10])
    };
    // Those of Order 20 that ask something of a bureau are counterparts, each.
    for article in (7..=39).map(name) {
        let answered = rows.iter().any(|row| row[2].split('、').any(|of| of.starts_with(&article)));
        assert!(answered, "第20号{article} is no counterpart in docs/law.md");
    }
    // Every test that is named anywhere on the page is there.
    for test in page.split('`').skip(1).step_by(2).filter(|word| word.matches('_').count() > 2) {
        assert!(sources.contains(&format!("fn {test}(")), "docs/law.md: no test {test}");
    }
    for name in (7..=45).map(name) {
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

/// What `docs/dengbao.md` names as proof is there: a module of these tests, or a test in it.
#[test]
fn the_tests_that_stand_for_a_clause_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/dengbao.md")).unwrap();
    let named: Vec<(&str, &str)> = page.split('`').filter_map(|word| word.split_once("::")).collect();
    let named: Vec<_> =
        named.into_iter().filter(|(room, _)| !["service", "identity"].contains(room)).collect();
    assert!(named.len() > 20, "{}", named.len());
    for (room, test) in named {
        let text = fs::read_to_string(root.join(format!("tests/it/{room}.rs"))).unwrap_or_default();
        assert!(!text.is_empty(), "no tests of {room}");
        assert!(test.is_empty() || text.contains(&format!("fn {test}(")), "{room}::{test}");
    }
}
