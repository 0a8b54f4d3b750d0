//! The phrase grammar (语句): sections of alternatives, and a voice that chooses among them.

use std::collections::BTreeMap;

use crate::domain::mix::mixed;

/// What stands for a name in braces that is not a section.
pub(super) enum Fill {
    /// These words; names in braces inside are filled in turn.
    Words(String),
    /// That section.
    Section(&'static str),
}

/// How someone words a text: a template keeps its choices, drift redraws some of them for each text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice {
    /// The template (模板): two texts with the same one choose alike.
    pub(super) template: u64,
    /// Share of the choices made anew in each text, 0 to 1.
    pub(super) drift: f64,
    /// This text.
    pub(super) text: u64,
}

/// The sections of the phrase file, less what a dialect does not know.
pub(super) struct Grammar {
    sections: BTreeMap<&'static str, Vec<&'static str>>,
}

/// Deep enough for the longest chain of sections; ends a section that names itself.
const DEPTH_MAX: usize = 12;

impl Grammar {
    /// Reads the phrase file. Dialect 0 knows every phrase, any other lacks a quarter of them, its own quarter.
    pub(super) fn new(text: &'static str, dialect: u64) -> Self {
        let mut sections: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
        let mut open = "";
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                open = name;
                continue;
            }
            let section = sections.entry(open).or_default();
            match line.strip_prefix('-').and_then(|times| times.parse().ok()) {
                Some(times) => section.extend(std::iter::repeat_n("", times)),
                None => section.push(line),
            }
        }
        if dialect != 0 {
            for (name, lines) in &mut sections {
                lose_a_quarter(lines, dialect ^ hash(name));
            }
        }
        Self { sections }
    }

    /// A text that begins with a section. A name that nobody knows is left out.
    pub(super) fn say(
        &self,
        root: &'static str,
        voice: Voice,
        fill: &dyn Fn(&str) -> Option<Fill>,
    ) -> String {
        let mut speech = Speech { grammar: self, voice, fill, asked: BTreeMap::new(), text: String::new() };
        speech.section(root, 0);
        speech.text
    }
}

/// Keeps at least two alternatives, so that no dialect is mute.
fn lose_a_quarter(lines: &mut Vec<&'static str>, seed: u64) {
    if lines.len() < 4 {
        return;
    }
    let gone = lines.len() / 4;
    for turn in 0..gone {
        let at = below(mixed(seed.wrapping_add(turn as u64)), lines.len());
        lines.remove(at);
    }
}

struct Speech<'a> {
    grammar: &'a Grammar,
    voice: Voice,
    fill: &'a dyn Fn(&str) -> Option<Fill>,
    /// How often each section was asked: the second use of one in a text chooses for itself.
    asked: BTreeMap<String, u64>,
    text: String,
}

impl Speech<'_> {
    fn section(&mut self, name: &str, depth: usize) {
        let Some(lines) = self.grammar.sections.get(name).filter(|_| depth < DEPTH_MAX) else { return };
        let turn = self.asked.entry(name.to_owned()).and_modify(|turn| *turn += 1).or_insert(0);
        let place = hash(name).wrapping_add(*turn);
        let drawn_anew = mixed(self.voice.text ^ place.rotate_left(17)) as f64 / u64::MAX as f64;
        let seed = if drawn_anew < self.voice.drift { self.voice.text } else { self.voice.template };
        self.words(lines[below(mixed(seed ^ place), lines.len())], depth);
    }

    fn words(&mut self, line: &str, depth: usize) {
        let mut rest = line;
        while let Some((before, after)) = rest.split_once('{') {
            self.text.push_str(before);
            let Some((name, after)) = after.split_once('}') else { return };
            match (self.fill)(name) {
                Some(Fill::Words(words)) if depth < DEPTH_MAX => self.words(&words, depth + 1),
                Some(Fill::Words(_)) => {}
                Some(Fill::Section(section)) => self.section(section, depth + 1),
                None => self.section(name, depth + 1),
            }
            rest = after;
        }
        self.text.push_str(rest);
    }
}

fn below(number: u64, count: usize) -> usize {
    usize::try_from(number % (count.max(1) as u64)).unwrap_or(0)
}

/// FNV-1a: the same on every machine, unlike the standard library's.
pub(super) fn hash(name: &str) -> u64 {
    name.bytes()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
