//! One word for one thing: names that `docs/glossary.md` has retired stand in no identifier of the code, the contract, the database or
//! the command line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Backend, fresh, rows};
use triage::app::App;
use triage::clock::Clock;

/// The names behind the last heading of the glossary, in backticks.
fn retired() -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/glossary.md")).expect("the glossary");
    let (_, list) = page.split_once("## Retired names").expect("a list of retired names");
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, endings, found);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
            found.push(path);
        }
    }
}

/// The words of an identifier: `KinBook` and `kin_book` are `kin` and `book`.
fn words(identifier: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = '_';
    for c in identifier.chars() {
        if c == '_' || c.is_uppercase() && before.is_lowercase() {
            words.push(String::new());
        }
        if c != '_' {
            words.last_mut().unwrap().extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

/// Whether an identifier has a retired name in it, word by word.
fn has(identifier: &str, name: &str) -> bool {
    let (words, name) = (words(identifier), words(name));
    words.windows(name.len()).any(|some| some == name)
}

/// Identifiers of a source; comments are prose, and so are strings.
fn identifiers(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    // An address in a string is no comment.
    let code = |line: &str| match line.trim_start() {
        comment if comment.starts_with("//") => "\n".to_owned(),
        _ => line.split(" //").next().unwrap_or_default().to_owned() + "\n",
    };
    let code: String = text.lines().map(code).collect();
    // A quote as a character opens no string.
    let code = code.replace("'\"'", " ");
    let mut found = BTreeSet::new();
    let mut rest = code.as_str();
    while !rest.is_empty() {
        let (raw, quote) = (rest.find("r#\"").unwrap_or(rest.len()), rest.find('"').unwrap_or(rest.len()));
        let (start, open, close) = if raw < quote { (raw, 3, "\"#") } else { (quote, 1, "\"") };
        let names = rest[..start].split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        found.extend(
            names.filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic())).map(str::to_owned),
        );
        let Some(text) = rest.get(start + open..) else { break };
        let mut end = 0;
        // What is escaped closes nothing.
        while let Some(at) = text[end..].find(close) {
            let escaped =
                close == "\"" && text[..end + at].ends_with('\\') && !text[..end + at].ends_with("\\\\");
            end += at + close.len();
            if !escaped {
                break;
            }
        }
        rest = if end == 0 { "" } else { &text[end..] };
    }
    found
}

#[test]
fn no_retired_name_is_left_in_code_or_contract() {
    let mut sources = Vec::new();
    for folder in ["src", "benches", "tests", "proto"] {
        files(&root().join(folder), &["rs", "proto"], &mut sources);
    }
    let retired = retired();
    assert!(retired.len() > 5 && sources.len() > 100);
    let mut breaches = Vec::new();
    // Stored forms keep their names: that is what they are for. A test says in a sentence what it tests.
    for path in sources.iter().filter(|path| !path.starts_with(root().join("src/stored"))) {
        for identifier in identifiers(path).iter().filter(|name| words(name).len() < 5) {
            let names = retired.iter().filter(|name| has(identifier, name));
            breaches.extend(names.map(|name| format!("{}: `{identifier}` says `{name}`", path.display())));
        }
    }
    assert!(breaches.is_empty(), "see docs/glossary.md:\n{}", breaches.join("\n"));
}

#[tokio::test]
async fn no_retired_name_is_left_in_the_database() {
    let (config, _directory) = fresh(Backend::Sqlite);
    let app = App::open(config.clone(), Clock::System).await.unwrap();
    let names = "SELECT m.name || ' ' || p.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'";
    let names = rows::rows(&config, names).await;
    app.context.store.close().await;
    assert!(names.len() > 100);
    let retired = retired();
    let says = |names: &String| names.split(' ').any(|one| retired.iter().any(|name| has(one, name)));
    let left: Vec<_> = names.iter().filter(|names| says(names)).collect();
    assert!(left.is_empty(), "{left:?}");
}
