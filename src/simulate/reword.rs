//! The same said in other words (改写), for worlds that have moved: a district that has its own words for things, or
//! one where every text goes through a language model first.

use super::dice::Dice;
use super::grammar::hash;
use super::options::Setting;
use crate::domain::mix::mixed;

/// What joins sentences, now and then.
const CONNECTIVES: [&str; 8] =
    ["对此，", "另外，", "同时，", "就此，", "而且，", "此外，", "需要说明的是，", "在此，"];
/// Share of the words with a synonym that a paraphrase changes.
const REPLACED: f64 = 0.7;
const JOINED: f64 = 0.4;
const SWAPPED: f64 = 0.45;
/// Drift of every template in a world of paraphrases: most choices are made anew in each copy.
const DRIFT: f64 = 0.75;

/// How texts are told in a world.
pub(super) struct Rewording {
    setting: Setting,
    /// Each word with the group it is in.
    words: Vec<(&'static str, usize)>,
    groups: Vec<Vec<&'static str>>,
}

impl Rewording {
    pub(super) fn new(text: &'static str, setting: Setting) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let groups: Vec<Vec<&str>> = lines.map(|line| line.split(' ').collect()).collect();
        let mut words: Vec<(&str, usize)> = groups
            .iter()
            .enumerate()
            .flat_map(|(at, group)| group.iter().map(move |word| (*word, at)))
            .collect();
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self { setting, words, groups }
    }

    /// The drift of a template here.
    pub(super) fn drift(&self, usual: f64) -> f64 {
        if self.setting == Setting::Paraphrase { usual.max(DRIFT) } else { usual }
    }

    /// A text as it is told here. `seed` is the text's own: telling it again gives the same words.
    pub(super) fn tell(&self, text: String, seed: u64) -> String {
        match self.setting {
            Setting::MovedTexts => self.replaced(&text, |group| Some(own_word(group))),
            Setting::Paraphrase => {
                let mut dice = Dice::new(mixed(seed), 7);
                let text = reordered(&text, &mut dice);
                self.replaced(&text, |group| dice.chance(REPLACED).then(|| group[dice.index(group.len())]))
            }
            Setting::Home
            | Setting::MovedPrices
            | Setting::MovedChannels
            | Setting::Masked
            | Setting::Thin => text,
        }
    }

    /// Every word of a group by another of it; titles of laws stay as they are.
    fn replaced(
        &self,
        text: &str,
        mut choose: impl FnMut(&[&'static str]) -> Option<&'static str>,
    ) -> String {
        let mut reworded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let title = rest.find('》').filter(|_| first == '《').map(|end| end + '》'.len_utf8());
            let word = self.words.iter().find(|(word, _)| rest.starts_with(word));
            let (taken, said) = match (title, word) {
                (Some(end), _) => (end, None),
                (None, Some((word, group))) => (word.len(), choose(&self.groups[*group])),
                (None, None) => (first.len_utf8(), None),
            };
            let (head, tail) = rest.split_at(taken);
            reworded.push_str(said.unwrap_or(head));
            rest = tail;
        }
        reworded
    }
}

/// The word that this district uses, seldom the first.
fn own_word(group: &[&'static str]) -> &'static str {
    let others = group.get(1..).filter(|others| !others.is_empty()).unwrap_or(group);
    others[usize::try_from(mixed(hash(others[0])) % others.len() as u64).unwrap_or(0)]
}

/// Sentences after the first and clauses within a sentence change places, and other words join them.
fn reordered(text: &str, dice: &mut Dice) -> String {
    // What is numbered keeps its order.
    let is_numbered = text.contains("一、");
    let mut sentences: Vec<String> = text.split_inclusive('。').map(str::to_owned).collect();
    let last = sentences.last().is_some_and(|sentence| !sentence.ends_with('。'));
    let movable = sentences.len() - usize::from(last);
    for at in 2..movable {
        if !is_numbered && dice.chance(SWAPPED) {
            sentences.swap(at - 1, at);
        }
    }
    let mut reworded = String::with_capacity(text.len() + 32);
    for (at, sentence) in sentences.iter().enumerate() {
        if at > 0 && !is_numbered && dice.chance(JOINED) {
            reworded.push_str(dice.pick(&CONNECTIVES));
        }
        let mut clauses: Vec<&str> = sentence.split('，').collect();
        if clauses.len() > 3 && dice.chance(SWAPPED) {
            let at = 1 + dice.index(clauses.len() - 3);
            clauses.swap(at, at + 1);
        }
        reworded.push_str(&clauses.join("，"));
    }
    reworded
}
