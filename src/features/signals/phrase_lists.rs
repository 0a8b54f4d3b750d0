//! The phrase lists, found in one pass.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde::Deserialize;

use super::squeeze;
use super::voice::{self, Context, Reading};

const TEXT: &str = include_str!("../data/words.toml");

/// Most hits read of one text. Texts that people write have some dozens; what is longer than any of them is cut.
const MOST_HITS: usize = 2_000;

/// A list of phrases of which distinct ones are counted or one is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Formal,
    Label,
    Absolute,
    Expired,
    Harm,
    Service,
    Proof,
    NoProof,
    Neutral,
    Knowing,
    Punitive,
    Minimum500,
    Minimum1000,
    SplitOrders,
    Instalments,
    Buying,
    Kind,
    Agent,
}

const LISTS: usize = List::Agent as usize + 1;

/// A word that something to be parsed stands beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    /// 赔: a multiple or a sum of money.
    Award,
    /// 倍: a multiple.
    Times,
    /// 保质期: a number of days.
    ShelfLife,
    /// 分: a number of orders.
    Split,
    /// 明知: who knew, and of what.
    Knowing,
    /// GB: the number of a standard.
    Standard,
}

const CUES: [(&str, Cue); 6] = [
    ("赔", Cue::Award),
    ("倍", Cue::Times),
    ("保质期", Cue::ShelfLife),
    ("分", Cue::Split),
    ("明知", Cue::Knowing),
    ("GB", Cue::Standard),
];

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Phrase(List),
    Cue(Cue),
    /// A law by its place in [`PhraseLists::laws`].
    Law(usize),
    /// An article named without its law.
    Bare(usize),
}

/// A phrase in a squeezed text, with its place in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub what: What,
    pub phrase: &'static str,
    pub start: usize,
    pub end: usize,
}

/// A law with what it is called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Law {
    pub name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    bare: Vec<String>,
}

/// A kind of goods, with the pieces that a household buys at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Goods {
    /// For whoever reads the data.
    #[serde(rename = "kind")]
    _kind: String,
    pub words: Vec<String>,
    pub usual: u64,
}

/// The data file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    formal: Vec<String>,
    label: Vec<String>,
    absolute: Vec<String>,
    expired: Vec<String>,
    harm: Vec<String>,
    service: Vec<String>,
    proof: Vec<String>,
    no_proof: Vec<String>,
    neutral: Vec<String>,
    knowing: Vec<String>,
    punitive: Vec<String>,
    minimum_500: Vec<String>,
    minimum_1000: Vec<String>,
    split_orders: Vec<String>,
    instalments: Vec<String>,
    buying: Vec<String>,
    kinds: Vec<String>,
    agent: Vec<String>,
    pieces: Vec<String>,
    context: Context,
    law: Vec<Law>,
    goods: Vec<Goods>,
}

/// The lists as a version of the program reads them, ready to be looked for.
pub(super) struct PhraseLists {
    reading: Reading,
    patterns: Vec<(String, What)>,
    /// None only when the shipped lists could not be made into one: a test keeps that from being shipped.
    automaton: Option<AhoCorasick>,
    data: Data,
}

static LISTS_BY_READING: [LazyLock<PhraseLists>; 4] = [
    LazyLock::new(|| PhraseLists::open(Reading::Written)),
    LazyLock::new(|| PhraseLists::open(Reading::Spoken)),
    LazyLock::new(|| PhraseLists::open(Reading::Owned)),
    LazyLock::new(|| PhraseLists::open(Reading::Meant)),
];

/// The lists of this binary.
pub(super) fn lists() -> &'static PhraseLists {
    lists_as(Reading::LATEST)
}

/// The lists as a version of the program read them.
pub(super) fn lists_as(reading: Reading) -> &'static PhraseLists {
    &LISTS_BY_READING[reading as usize]
}

/// The data as a version read it: what stands under `since_6` and the like came later, and is added to the lists of the same names.
fn data_as(reading: Reading) -> Data {
    const ADDED: [(&str, Reading); 2] = [("since_6", Reading::Owned), ("since_7", Reading::Meant)];
    let mut data: toml::Table = toml::from_str(TEXT).unwrap_or_default();
    for (name, first) in ADDED {
        if let Some(toml::Value::Table(more)) = data.remove(name).filter(|_| reading >= first) {
            add(&mut data, more);
        }
    }
    data.try_into().unwrap_or_default()
}

/// Adds each value of a table to the one of the same name.
fn add(data: &mut toml::Table, more: toml::Table) {
    for (name, more) in more {
        match (data.get_mut(&name), more) {
            (Some(toml::Value::Array(values)), toml::Value::Array(more)) => values.extend(more),
            (Some(toml::Value::Table(values)), toml::Value::Table(more)) => add(values, more),
            (_, more) => {
                data.insert(name, more);
            }
        }
    }
}

impl PhraseLists {
    fn open(reading: Reading) -> Self {
        let data = data_as(reading);
        let lists: [(List, &[String]); LISTS] = [
            (List::Formal, &data.formal),
            (List::Label, &data.label),
            (List::Absolute, &data.absolute),
            (List::Expired, &data.expired),
            (List::Harm, &data.harm),
            (List::Service, &data.service),
            (List::Proof, &data.proof),
            (List::NoProof, &data.no_proof),
            (List::Neutral, &data.neutral),
            (List::Knowing, &data.knowing),
            (List::Punitive, &data.punitive),
            (List::Minimum500, &data.minimum_500),
            (List::Minimum1000, &data.minimum_1000),
            (List::SplitOrders, &data.split_orders),
            (List::Instalments, &data.instalments),
            (List::Buying, &data.buying),
            (List::Kind, &data.kinds),
            (List::Agent, &data.agent),
        ];
        let mut patterns: Vec<(String, What)> =
            CUES.iter().map(|(cue, what)| ((*cue).to_owned(), What::Cue(*what))).collect();
        for (list, phrases) in lists {
            patterns.extend(phrases.iter().map(|phrase| (squeeze(phrase), What::Phrase(list))));
        }
        for (at, law) in data.law.iter().enumerate() {
            let names = std::iter::once(&law.name).chain(&law.aliases);
            patterns.extend(names.map(|name| (squeeze(name), What::Law(at))));
            patterns.extend(law.bare.iter().map(|article| (squeeze(article), What::Bare(at))));
        }
        let automaton = AhoCorasick::new(patterns.iter().map(|(phrase, _)| phrase)).ok();
        Self { reading, patterns, automaton, data }
    }

    /// Everything of the lists in a squeezed text, by place, the longer before the shorter. A phrase inside a longer
    /// one of its own list is not said twice, and one inside a neutral phrase is not said at all.
    pub(super) fn find(&'static self, text: &str) -> Vec<Hit> {
        let mut hits: Vec<Hit> = Vec::new();
        for found in self.automaton.iter().flat_map(|all| all.find_overlapping_iter(text)).take(MOST_HITS) {
            if let Some((phrase, what)) = self.patterns.get(found.pattern().as_usize()) {
                hits.push(Hit { what: *what, phrase, start: found.start(), end: found.end() });
            }
        }
        hits.sort_unstable_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        // How far the phrases seen of each list reach; laws have a place of their own.
        let mut reach = [0; LISTS + 1];
        hits.retain(|hit| {
            let slot = match hit.what {
                What::Phrase(list) => list as usize,
                What::Law(_) | What::Bare(_) => LISTS,
                What::Cue(_) => return true,
            };
            let hidden = hit.end <= reach[slot] || hit.end <= reach[List::Neutral as usize];
            let unproven = slot == List::Proof as usize && hit.end <= reach[List::NoProof as usize];
            reach[slot] = reach[slot].max(hit.end);
            !(hidden || unproven)
        });
        hits
    }

    /// Of these, what is the complainant's own.
    pub(super) fn own(&'static self, text: &str) -> Vec<Hit> {
        let mut hits = self.find(text);
        hits.retain(|hit| voice::is_own(self, text, hit));
        hits
    }

    /// As which version they are read.
    pub(super) fn reading(&self) -> Reading {
        self.reading
    }

    /// Names of laws, by [`What::Law`].
    pub(super) fn laws(&self) -> &[Law] {
        &self.data.law
    }

    /// Kinds of goods, in the order in which they are tried.
    pub(super) fn goods(&self) -> &[Goods] {
        &self.data.goods
    }

    /// Measure words of pieces (量词).
    pub(super) fn pieces(&self) -> &[String] {
        &self.data.pieces
    }

    /// What stands around them.
    pub(super) fn context(&self) -> &Context {
        &self.data.context
    }
}

/// All data, for the schema digest: another list is another schema. Read from the text, so that no list is left out.
pub(super) fn lines() -> impl Iterator<Item = String> {
    let mut lines: Vec<String> = CUES.iter().map(|(cue, what)| format!("{what:?} {cue}")).collect();
    let data: toml::Table = toml::from_str(TEXT).unwrap_or_default();
    write_lines(&mut lines, "", &toml::Value::Table(data));
    lines.into_iter()
}

/// Every value of the data with the name of its list.
fn write_lines(lines: &mut Vec<String>, name: &str, value: &toml::Value) {
    match value {
        toml::Value::Table(table) => {
            table.iter().for_each(|(key, value)| write_lines(lines, &format!("{name}{key} "), value));
        }
        toml::Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                // Rows of a table are told apart by their places.
                let row = if value.is_table() { format!("{name}{at} ") } else { name.to_owned() };
                write_lines(lines, &row, value);
            }
        }
        toml::Value::String(word) => lines.push(format!("{name}{}", squeeze(word))),
        other => lines.push(format!("{name}{other}")),
    }
}

/// The clause around the bytes `start..end`: up to the nearest stops, at most 40 characters each way.
pub(super) fn clause(text: &str, start: usize, end: usize) -> (&str, &str) {
    within(text, start, end, |_, c| STOPS.contains(&c))
}

/// The same for sums: the comma of 1,000元 ends nothing.
pub(super) fn clause_of_sums(text: &str, start: usize, end: usize) -> (&str, &str) {
    let groups = |at: usize| {
        let thousand = text[at + 1..].bytes().take_while(u8::is_ascii_digit).count() == 3;
        thousand && text[..at].ends_with(|c: char| c.is_ascii_digit())
    };
    within(text, start, end, |at, c| STOPS.contains(&c) && !(c == ',' && groups(at)))
}

const STOPS: [char; 7] = [',', '。', ';', '!', '?', '\n', '、'];

/// What stands before and behind a place, up to what ends it there: a sign at its own place.
fn within(text: &str, start: usize, end: usize, ends: impl Fn(usize, char) -> bool) -> (&str, &str) {
    const MOST: usize = 40;
    let (before, after) = (&text[..start], &text[end..]);
    let from = before
        .char_indices()
        .rev()
        .take(MOST)
        .take_while(|(at, c)| !ends(*at, *c))
        .last()
        .map_or(start, |(at, _)| at);
    let to = after
        .char_indices()
        .take(MOST)
        .take_while(|(at, c)| !ends(end + at, *c))
        .last()
        .map_or(0, |(at, c)| at + c.len_utf8());
    (&before[from..], &after[..to])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_lists_are_whole() {
        for reading in [Reading::Written, Reading::Spoken, Reading::Owned, Reading::Meant] {
            let lists = lists_as(reading);
            assert_eq!(lists.reading(), reading);
            assert!(lists.automaton.is_some() && !lists.goods().is_empty());
        }
        let mut data: toml::Table = toml::from_str(TEXT).unwrap();
        for name in ["since_6", "since_7"] {
            let Some(toml::Value::Table(more)) = data.remove(name) else { panic!("{name}") };
            add(&mut data, more);
        }
        let data: Data = data.try_into().unwrap();
        assert!(data.goods.iter().all(|goods| goods.usual > 0 && !goods.words.is_empty()));
        let mut phrases: Vec<_> = lines().collect();
        assert!(phrases.len() > 300);
        assert!(lists().patterns.iter().all(|(phrase, _)| !phrase.is_empty()));
        let all = phrases.len();
        phrases.sort_unstable();
        phrases.dedup();
        assert_eq!(phrases.len(), all, "a phrase stands twice in one list");
    }

    #[test]
    fn the_longest_phrase_is_said_once_and_a_neutral_one_not_at_all() {
        let found = |text: &str, list: List| {
            let hits = lists().find(&squeeze(text));
            hits.iter().filter(|hit| hit.what == What::Phrase(list)).map(|hit| hit.phrase).collect::<Vec<_>>()
        };
        assert_eq!(found("没有标注执行标准，食品 安全", List::Label), ["标注", "执行标准"]);
        assert_eq!(found("有小票，后来小票丢了", List::Proof), ["小票"]);
        assert_eq!(found("后来小票丢了", List::Proof), [""; 0]);
        assert_eq!(found("商家不给开发票，东西没有变质", List::NoProof), [""; 0]);
        assert_eq!(found("商家不给开发票，东西没有变质", List::Harm), [""; 0]);
        assert_eq!(found("商家不给开发票", List::Proof), [""; 0]);
    }

    #[test]
    fn a_clause_ends_at_stops() {
        let text = "花了100元,要求赔偿1000元。谢谢";
        let at = text.find('赔').unwrap();
        assert_eq!(clause(text, at, at + 3), ("要求", "偿1000元"));
    }
}
