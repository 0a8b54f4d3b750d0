//! The page for the vendor of the intake system, `docs/integrate.md` and its Chinese twin: its calls are made as they are written
//! down, its table of fields is what the contract says. `make integrate` writes answers and table again.

mod fields;
mod wire;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use rstest::rstest;
use triage::domain::caller::Role;

use self::wire::Exchange;
use crate::support::{Backend, TestApp};

const PAGES: [&str; 2] = ["docs/integrate.md", "docs/integrate.zh-CN.md"];

const CORE: [&str; 6] = [
    "IntakeService/Submit",
    "IntakeService/ListChanges",
    "UnitService/Pull",
    "UnitService/SignFor",
    "UnitService/Decide",
    "UnitService/CloseFile",
];

/// One test at a time reads a page and writes it.
static WRITING: Mutex<()> = Mutex::new(());

fn path(page: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(page)
}

fn read(page: &str) -> String {
    fs::read_to_string(path(page)).unwrap()
}

/// Puts what `change` makes of each page in its place, when that is asked for.
fn update(pages: &[&str], change: impl Fn(&str) -> String) {
    if env::var_os("UPDATE_PAGES").is_some() {
        let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        for page in pages {
            fs::write(path(page), change(&read(page))).unwrap();
        }
    }
}

/// A block of JSON: the words behind its fence, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    words: String,
    text: String,
}

const OPEN: &str = "```json ";
const CLOSE: &str = "```";

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        if let Some(words) = line.strip_prefix(OPEN) {
            blocks.push(Block { words: words.to_owned(), text: String::new() });
            open = true;
        } else if line == CLOSE {
            open = false;
        } else if let Some(block) = blocks.last_mut().filter(|_| open) {
            block.text += line;
            block.text.push('\n');
        }
    }
    blocks
}

/// The page with other blocks in the places of its own.
fn with_blocks(page: &str, blocks: &[Block]) -> String {
    let mut blocks = blocks.iter();
    let mut written = String::new();
    let mut open = false;
    for line in page.lines() {
        if line == CLOSE {
            open = false;
        }
        if !open {
            written += line;
            written.push('\n');
        }
        if line.starts_with(OPEN) {
            written += &blocks.next().unwrap().text;
            open = true;
        }
    }
    written
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_calls_are_answered_as_the_page_says(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    let intake = app.called_by(&app.token(Role::Intake, None).await);
    let east = app.called_by(&app.token(Role::Unit, Some("east")).await);
    let mut exchange = Exchange::default();
    let page = read(PAGES[0]);
    let written = blocks(&page);
    let mut seen = Vec::new();
    let mut called = Vec::new();
    for block in &written {
        let text = match block.words.split(' ').collect::<Vec<_>>()[..] {
            ["request", method, caller] => {
                let caller = if caller == "intake" { &intake } else { &east };
                called.push(method.to_owned());
                exchange.call(caller.clone(), method, &block.text).await
            }
            ["answer"] => exchange.answer(),
            ["refusal"] => exchange.refusal(),
            _ => panic!("a block is a request, its answer or its refusal, not `{}`", block.words),
        };
        seen.push(Block { words: block.words.clone(), text });
    }
    app.stop().await;
    if backend == Backend::Sqlite {
        update(&PAGES, |page| with_blocks(page, &seen));
    }
    assert!(CORE.iter().all(|core| called.iter().any(|method| method == core)), "{called:?}");
    for (written, seen) in blocks(&read(PAGES[0])).iter().zip(&seen) {
        assert_eq!(written.text, seen.text, "{}: run `make integrate` if that is wanted", written.words);
    }
}

#[test]
fn both_languages_show_the_same_calls() {
    let [english, chinese] = PAGES.map(|page| blocks(&read(page)));
    assert!(english.len() >= 2 * CORE.len());
    assert_eq!(english, chinese);
}

#[test]
fn the_fields_are_those_of_the_contract() {
    let page = PAGES[1];
    let table = fields::table(&CORE);
    update(&[page], |written| fields::with_table(written, &table));
    let written = read(page);
    assert!(written == fields::with_table(&written, &table), "{page} is not current: run `make integrate`");
}
