//! The rules that a machine can check, each breach with its place and what to do instead.
//!
//! Text, not syntax trees: comments and string contents are blanked, `a::{b, c}` is written out, and the rest is
//! looking for words. That needs no dependency and reads rustfmt's output well enough.

use std::{
    fs,
    path::{Path, PathBuf},
};

use Rooms::{AllBut, Only};

/// A room is a top-level module: `src/lane.rs` or all of `src/store/`.
enum Rooms {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

impl Rooms {
    fn has(&self, room: &str) -> bool {
        match self {
            Only(rooms) => rooms.contains(&room),
            AllBut(rooms) => !rooms.contains(&room),
        }
    }
}

/// Which rooms a room may name as `crate::room`. Read downwards: a row names rows above it.
#[rustfmt::skip]
const IMPORTS: &[(&str, Rooms)] = &[
    ("domain",   Only(&[])),
    ("clock",    Only(&["domain"])),
    ("audit",    Only(&["domain"])),
    ("statute",  Only(&["domain"])),
    ("features", Only(&["domain"])),
    ("routing",  Only(&["domain", "statute"])),
    ("whatif",   Only(&["domain", "statute", "routing"])),
    ("identity", Only(&["audit", "domain", "features"])),
    ("model",    Only(&["domain", "features"])),
    ("stored",   Only(&["domain"])),
    ("store",    Only(&["audit", "clock", "domain", "features", "statute", "stored"])),
    ("page",     Only(&["domain"])),
    ("evidence", Only(&["domain", "statute", "model", "page", "routing", "stored"])),
    ("dossier",  Only(&["domain", "statute", "page", "routing", "evidence"])),
    ("figures",  Only(&["domain", "statute", "page"])),
    ("compare",  Only(&["domain", "routing", "whatif", "figures"])),
    ("exchange", Only(&["domain"])),
    ("draft",    Only(&["domain", "exchange", "routing"])),
    ("simulate", Only(&["domain", "statute", "routing", "exchange"])),
    ("lane",     Only(&["clock"])),
    ("intake",   Only(UP_TO_LEDGER)),
    ("queue",    Only(UP_TO_LEDGER)),
    ("training", Only(&["domain", "features", "ledger", "model", "store"])),
    ("ledger",   Only(&["audit", "domain", "statute", "features", "identity", "model", "routing", "store", "stored"])),
    ("engine",   Only(&["clock", "domain", "routing", "model", "ledger", "intake", "queue", "store", "stored"])),
    ("service",  AllBut(&["grpc", "app", "cli", "replay", "training"])),
    ("replay",   Only(&["domain", "engine", "intake", "ledger", "model", "store", "stored"])),
    ("import",   Only(&["clock", "domain", "engine", "exchange", "identity", "intake", "ledger", "lifecycle", "routing", "store", "stored"])),
    ("lifecycle", Only(&["clock"])),
    ("telemetry", Only(&[])),
    ("grpc",     AllBut(&["app", "cli"])),
    ("config",   Only(&["grpc", "service", "store"])),
    ("app",      AllBut(&["cli"])),
    ("cli",      AllBut(&[])),
    ("lib",      AllBut(&[])),
    ("main",     AllBut(&[])),
];
#[rustfmt::skip]
const UP_TO_LEDGER: &[&str] =
    &["domain", "statute", "features", "routing", "identity", "model", "store", "stored", "ledger"];

/// Names, the rooms that may say them, and what the others do instead.
#[rustfmt::skip]
const WALLS: &[(&[&str], Rooms, &str)] = &[
    (&["sqlx"], Only(&["store"]),
        "give src/store/ a verb for it"),
    (&["Faults", "failing"], Only(&["store"]),
        "a store fails on purpose in tests alone"),
    (&["tonic", "tonic_health", "tonic_prost", "tonic_reflection", "tonic_types", "prost", "prost_types"], Only(&["grpc"]),
        "convert to a domain type in src/grpc/"),
    (&["tokio_rustls", "x509_cert", "http_body"], Only(&["grpc"]),
        "connections and certificates are the edge's: give src/grpc/ a verb for it"),
    (&["ring"], Only(&["identity", "grpc"]),
        "signatures are `identity`'s, TLS is the edge's"),
    (&["linfa", "linfa_logistic", "ndarray"], Only(&["model", "training"]),
        "give src/model/ a verb for it"),
    (&["SystemTime", "Instant::now", "tokio::time"], Only(&["clock"]),
        "take the time as an argument, or let clock.rs wait"),
    (&["async", "tokio", "tokio_stream", "tokio_util", "tracing", "std::env", "std::fs", "std::net", "crate::clock::Clock"],
        AllBut(PURE),
        "this room is pure: let the caller do it and pass the value in"),
    (&["[allow("], Only(&[]),
        "say #[expect(.., reason = \"..\")], which complains once it is no longer needed"),
    (&["super::super"], Only(&[]),
        "say crate::room::.., so that the direction of the import can be read"),
];

/// No I/O, no clock, no log: the same input gives the same answer, so one code serves, replays and trains.
const PURE: &[&str] = &[
    "domain", "audit", "statute", "features", "routing", "whatif", "page", "evidence", "dossier", "figures",
    "compare", "draft", "stored",
];

const PANICS: [&str; 6] = [".unwrap()", ".expect(", "panic!", "todo!", "unimplemented!", "unreachable!"];

const FILE_LINES_MAX: usize = 499;
const FUNCTION_LINES_MAX: usize = 60;

#[test]
fn walls_stand() {
    report(sources("src").iter().flat_map(walls));
}

#[test]
fn imports_go_down() {
    report(sources("src").iter().flat_map(imports));
}

#[test]
fn files_and_functions_are_short() {
    report(sources("src").iter().flat_map(sizes));
}

#[test]
fn production_code_does_not_panic() {
    report(sources("src").iter().flat_map(panics));
}

#[test]
fn tests_neither_sleep_nor_hide() {
    report(sources("tests").iter().flat_map(naps));
}

/// A span that records its arguments by itself would record what persons said.
#[test]
fn spans_skip_all_arguments() {
    let bare = |source: &Source| -> Vec<String> {
        let opens = source.lines.iter().enumerate().filter(|(_, line)| line.contains("instrument("));
        let all = |at: usize| {
            source.lines[at..]
                .iter()
                .take_while(|line| !line.contains("fn "))
                .any(|line| line.contains("skip_all"))
        };
        opens
            .filter(|(at, _)| !all(*at))
            .map(|(at, _)| source.breach(at, "say skip_all, and name the ids"))
            .collect()
    };
    report(sources("src").iter().flat_map(bare));
}

/// What is sealed is opened to be shown in one place, which records it; elsewhere only to decide.
#[test]
fn looks_open_what_is_sealed_in_one_place() {
    let openers: [(&str, &[&str]); 3] = [
        ("Opener::looking", &["src/service/look.rs"]),
        // What another identity key makes is shown to nobody.
        (
            "Opener::deciding",
            &["src/ledger/mod.rs", "src/ledger/rekey.rs", "src/replay/mod.rs", "src/service/pull.rs"],
        ),
        // Sealed again, it is shown to nobody.
        (".unseal", &["src/ledger/sealed.rs", "src/identity/seal.rs"]),
    ];
    let advice = "what is shown goes through Service::look; what is decided in a batch through Batch::opener";
    let elsewhere = |source: &Source| -> Vec<String> {
        let closed = openers.iter().filter(|(_, files)| !files.contains(&source.path.as_str()));
        closed.flat_map(|(name, _)| source.without_tests().naming(name, advice)).collect()
    };
    report(sources("src").iter().flat_map(elsewhere));
}

/// The first days of the two orders, however they are written down: as dates, and as days and microseconds since 1970.
#[rustfmt::skip]
const FIRST_DAYS: [&str; 10] = [
    "2026-04-15", "2026-4-15", "2026年4月15日", "2026, 4, 15", "20558", "1776182400",
    "2020-01-01", "2020年1月1日", "18262", "1577808000",
];

#[test]
fn statute_alone_knows_from_when_an_order_holds() {
    let elsewhere = sources("src").into_iter().filter(|source| source.room != "statute");
    report(elsewhere.flat_map(|source| first_days(&source)));
}

/// Strings and comments count: whoever writes the date down would have to change it, too.
fn first_days(source: &Source) -> Vec<String> {
    let whole = fs::read_to_string(root().join(&source.path)).expect("the file can be read");
    let without_tests = source.without_tests().lines;
    let code = whole.lines().zip(&source.lines).zip(&without_tests).enumerate();
    // What only tests see is empty there and is not in the source.
    let production = code.filter(|(_, ((_, all), production))| all == production);
    let says = |line: &str| FIRST_DAYS.iter().any(|day| line.replace('_', "").contains(day));
    production
        .filter(|(_, ((line, _), _))| says(line) && !source.path.ends_with("/tests.rs"))
        .map(|(at, _)| source.breach(at, "an order's first day: ask `statute::RuleSet::governing`"))
        .collect()
}

#[test]
fn the_changelog_is_open() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).expect("CHANGELOG.md can be read");
    assert!(
        changelog.lines().any(|line| line == "## Unreleased"),
        "CHANGELOG.md: put `## Unreleased` back above the newest release"
    );
}

fn walls(source: &Source) -> Vec<String> {
    let shut = WALLS.iter().filter(|(_, rooms, _)| !rooms.has(&source.room));
    shut.flat_map(|(names, _, instead)| names.iter().flat_map(|name| source.naming(name, instead))).collect()
}

fn imports(source: &Source) -> Vec<String> {
    let room = &source.room;
    let Some((_, allowed)) = IMPORTS.iter().find(|(name, _)| name == room) else {
        return vec![
            source.breach(0, &format!("give the room `{room}` a row in IMPORTS of tests/it/tidy.rs")),
        ];
    };
    let barred = IMPORTS.iter().filter(|(name, _)| name != room && !allowed.has(name));
    let path =
        |name: &str| source.naming(&format!("crate::{name}"), &format!("not from `{room}`: pass it a value"));
    barred.flat_map(|(name, _)| path(name)).collect()
}

fn sizes(source: &Source) -> Vec<String> {
    let mut breaches = Vec::new();
    let lines = source.lines.len();
    if lines > FILE_LINES_MAX {
        let advice = format!("{lines} lines, {FILE_LINES_MAX} at most: split it by what changes together");
        breaches.push(source.breach(0, &advice));
    }
    for (at, line) in source.lines.iter().enumerate().filter(|(_, line)| opens_function(line)) {
        let lines = 1 + source.lines[at..].iter().position(|end| closes(line, end)).unwrap_or(0);
        if lines > FUNCTION_LINES_MAX {
            let advice = format!("a function of {lines} lines, {FUNCTION_LINES_MAX} at most: name its parts");
            breaches.push(source.breach(at, &advice));
        }
    }
    breaches
}

fn panics(source: &Source) -> Vec<String> {
    let production = source.without_tests();
    let advice = "return an error, or make the state impossible to write down";
    PANICS.iter().flat_map(|name| production.naming(name, advice)).collect()
}

fn naps(source: &Source) -> Vec<String> {
    let sleeps = ["thread::sleep", "time::sleep"].iter();
    sleeps
        .flat_map(|name| source.naming(name, "wait for the event, or move the manual clock"))
        .chain(source.naming("#[ignore", "a test that does not run is not a test: mend it or delete it"))
        .collect()
}

/// A file as the rules see it.
#[derive(Clone)]
struct Source {
    path: String,
    room: String,
    lines: Vec<String>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let room = path.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs");
        let lines = write_out_groups(blank(text)).lines().map(|line| line.trim_end().to_owned()).collect();
        Self { path: path.to_owned(), room: room.to_owned(), lines }
    }

    fn breach(&self, line: usize, advice: &str) -> String {
        format!("{}:{}: {advice}", self.path, line + 1)
    }

    /// A breach for every line that says `name`.
    fn naming(&self, name: &str, instead: &str) -> Vec<String> {
        let lines = self.lines.iter().enumerate().filter(|(_, line)| says(line, name));
        lines.map(|(at, _)| self.breach(at, &format!("`{name}`: {instead}"))).collect()
    }

    /// With what only tests see left empty: the items under `#[cfg(test)]`, and a file that is such an item.
    fn without_tests(&self) -> Self {
        let Self { path, room, mut lines } = self.clone();
        // Open brackets of the item under the attribute; none outside one.
        let mut depth: Option<i32> = None;
        for line in &mut lines {
            if line.trim_start().starts_with("#[cfg(test)]") {
                depth = depth.or(Some(0));
            }
            let opened =
                |c| i32::from(['{', '(', '['].contains(&c)) - i32::from(['}', ')', ']'].contains(&c));
            depth = depth.map(|depth| depth + line.chars().map(opened).sum::<i32>());
            let ends = depth == Some(0) && line.trim_end().ends_with(['}', ';', ',']);
            if depth.is_some() || path.ends_with("/tests.rs") || path.contains("/tests/") {
                line.clear();
            }
            depth = depth.filter(|_| !ends);
        }
        Self { path, room, lines }
    }
}

/// Does the code say `name`, as a whole word where it begins or ends like one?
fn says(line: &str, name: &str) -> bool {
    line.match_indices(name).any(|(at, _)| {
        let glued = |outer: Option<char>, inner: Option<char>| {
            outer.is_some_and(is_word) && inner.is_some_and(is_word)
        };
        !glued(line[..at].chars().next_back(), name.chars().next())
            && !glued(line[at + name.len()..].chars().next(), name.chars().next_back())
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn opens_function(line: &str) -> bool {
    let modifier = |word: &str| word.starts_with("pub") || ["const", "async", "unsafe"].contains(&word);
    line.split_once("fn ").is_some_and(|(before, _)| before.split_whitespace().all(modifier))
}

/// Does `line` end the item that `start` began? rustfmt puts the end under the beginning.
fn closes(start: &str, line: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    indent(line) == indent(start) && line.ends_with(['}', ';', ','])
}

/// The text without comments, strings and characters; its lines stay where they are.
fn blank(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let hidden = hidden(rest);
        if hidden == 0 {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            code.extend(rest[..hidden].matches('\n'));
            rest = &rest[hidden..];
        }
    }
    code
}

/// How many bytes of `rest` are a comment or a literal that starts here; 0 for code.
fn hidden(rest: &str) -> usize {
    let until = |from, end: &str| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    match rest.as_bytes() {
        [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => until(2, "*/"),
        [b'"', ..] => string(rest),
        [b'r', b'"' | b'#', ..] => {
            let hashes = rest[1..].len() - rest[1..].trim_start_matches('#').len();
            let is_raw_string = rest[1 + hashes..].starts_with('"'); // and not r#type
            if is_raw_string { until(hashes + 2, &format!("\"{}", "#".repeat(hashes))) } else { 0 }
        }
        [b'\'', b'\\', ..] => until(3, "'"),
        [b'\'', ..] if rest.chars().nth(2) == Some('\'') => until(1, "'"), // and not a lifetime
        _ => 0,
    }
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == '"' && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

/// `a::{b, c::{d}}` as `a::b, a::c::d`, lines kept. The last `::{` holds no other, so its `}` is the next one.
fn write_out_groups(mut code: String) -> String {
    while let Some(open) = code.rfind("::{") {
        let Some(length) = code[open..].find('}') else {
            break;
        };
        let start = code[..open].trim_end_matches(|c| is_word(c) || c == ':').len();
        let prefix = &code[start..open];
        let write_out = |item: &str| match item.trim_start() {
            "" => item.to_owned(),
            name => format!("{}{prefix}::{name}", &item[..item.len() - name.len()]),
        };
        let items: Vec<String> = code[open + 3..open + length].split(',').map(write_out).collect();
        code.replace_range(start..=open + length, &items.join(","));
    }
    code
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Made from `proto/` and held by `tests/it/contract.rs`: it is as long as it gets, and is read by nobody.
const GENERATED: &str = "src/grpc/generated";

/// Every Rust file under `folder` that is written by hand, in the order of their names.
fn sources(folder: &str) -> Vec<Source> {
    if folder == GENERATED {
        return Vec::new();
    }
    let entries = fs::read_dir(root().join(folder)).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("the entry can be read").path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let name = format!("{folder}/{}", path.file_name().unwrap_or_default().display());
        if path.is_dir() {
            sources(&name)
        } else if path.extension().is_some_and(|end| end == "rs") {
            vec![Source::new(&name, &fs::read_to_string(path).expect("the file can be read"))]
        } else {
            Vec::new()
        }
    };
    paths.iter().flat_map(read).collect()
}

fn report(breaches: impl Iterator<Item = String>) {
    let breaches: Vec<String> = breaches.collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

/// The rules themselves, on the least text that breaks one or looks as if it did: path | text, ↵ ends a line | breaches.
const CASES: &str = r##"
    src/store/db.rs   | use sqlx::Row;                                    |
    src/intake.rs     | ↵use sqlx::Row;                                   | src/intake.rs:2: `sqlx`
    src/intake.rs     | use my_sqlx::Row; // sqlx↵/* ↵sqlx */ "\"sqlx"    |
    src/intake.rs     | r#"sqlx " sqlx"# + "\\" + "sqlx"                  |
    src/intake.rs     | '"'; '\''; '\\'; fn f<'a>(); sqlx::query(); '"'   | `sqlx`
    src/queue.rs      | use tokio::{↵    sync::Notify,↵    time::{self}}; | :3: `tokio::time`
    src/queue.rs      | tokio::timeout()                                  |
    src/clock.rs      | SystemTime::now()                                 |
    src/domain/ids.rs | async fn f() {}                                   | `async`
    src/grpc/mod.rs   | #[allow(dead_code)]                               | `[allow(`
    src/intake.rs     | use crate::{domain::Band, ledger::Batch};            |
    src/store/mod.rs  | use crate::{↵    domain::{A, B},↵    lane::Lane↵}; | :3: `crate::lane`: not from `store`
    src/store/mod.rs  | crate::store::Tx                                  |
    src/grpc/mod.rs   | crate::cli::run()                                 | `crate::cli`: not from `grpc`
    src/novelty.rs    |                                                   | give the room `novelty` a row
    src/lane.rs       | x.unwrap_or(1).unwrap()                           | `.unwrap()`
    src/lane.rs       | x.unwrap()↵    .expect("why")                     | :1: `.unwrap()` ; :2: `.expect(`
    src/lane.rs       | #[cfg(test)]↵mod tests {↵    x.unwrap();↵}        |
    src/lane.rs       | #[cfg(test)]↵mod tests;↵panic!()                  | :3: `panic!`
    src/lane/tests.rs | x.unwrap()                                        |
    tests/it/lane.rs  | #[ignore = "flaky"]                               | `#[ignore`
    tests/it/lane.rs  | std::thread::sleep(SECOND)                        | `thread::sleep`
"##;

#[test]
fn the_rules_see() {
    for case in CASES.lines().filter(|line| !line.trim().is_empty()) {
        let [path, text, breaches] = case.split('|').map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("three columns: {case}")
        };
        check(
            path,
            &text.replace('↵', "\n"),
            &breaches.split_terminator(';').map(str::trim).collect::<Vec<_>>(),
        );
    }
    let function =
        |lines: usize| format!("    pub(crate) async fn f(\n    ) -> X {{{}    }}", "\n".repeat(lines - 2));
    check("src/lane.rs", &function(60), &[]);
    check("src/lane.rs", &function(61), &["src/lane.rs:1: a function of 61 lines"]);
    check("src/lane.rs", &"\n".repeat(499), &[]);
    check("src/lane.rs", &"\n".repeat(500), &["500 lines"]);
}

fn check(path: &str, text: &str, expected: &[&str]) {
    let source = Source::new(path, text);
    let rules: &[fn(&Source) -> Vec<String>] =
        if path.starts_with("src") { &[walls, imports, sizes, panics] } else { &[naps] };
    let found: Vec<String> = rules.iter().flat_map(|rule| rule(&source)).collect();
    let agrees = found.len() == expected.len() && found.iter().zip(expected).all(|(f, e)| f.contains(e));
    assert!(agrees, "{path}: {text}\nexpected {expected:#?}\nfound {found:#?}");
}
