//! Two texts side by side, what differs marked (文本对照).

use serde::Serialize;
use similar::{DiffOp, TextDiff};

/// A run of text in one of the two or in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "in", content = "text")]
pub enum Run {
    /// In both.
    Both(String),
    /// In this complaint alone.
    Here(String),
    /// In the other one alone; a sheet has a sign in place of it.
    There(String),
}

/// What stands for the words of the other text alone.
pub(super) const OTHERS_OWN: &str = "〔不同处〕";

/// The same runs, with what the other text alone says covered.
pub(super) fn without_others_own(runs: Vec<Run>) -> Vec<Run> {
    let cover = |run| match run {
        Run::There(_) => Run::There(OTHERS_OWN.to_owned()),
        own => own,
    };
    runs.into_iter().map(cover).collect()
}

/// Fewer signs in common than this between two differences are chance, and read as part of the difference.
const LEAST_COMMON: usize = 2;

/// Longer texts, in signs of both together, are compared phrase by phrase: sign by sign would take seconds when they
/// have nothing in common.
const MOST_SIGNS: usize = 4_000;

/// Runs of both texts, in order. Words of Latin letters and numbers are compared whole, Chinese sign by sign.
pub(super) fn compare(here: &str, there: &str) -> Vec<Run> {
    let is_long = here.chars().chain(there.chars()).nth(MOST_SIGNS).is_some();
    let (old, new) = (phrases(here), phrases(there));
    // No deadline: the same texts must always come out the same.
    let diff =
        if is_long { TextDiff::from_slices(&old, &new) } else { TextDiff::from_unicode_words(here, there) };
    let (old, new) = (diff.old_slices(), diff.new_slices());
    let mut runs = Runs::default();
    for op in diff.ops() {
        let (here, there) = (old[op.old_range()].concat(), new[op.new_range()].concat());
        match op {
            DiffOp::Equal { .. } => runs.both(here),
            _ => runs.differ(&here, &there),
        }
    }
    runs.finish()
}

fn phrases(text: &str) -> Vec<&str> {
    text.split_inclusive(|c: char| "，。；：！？、,;:!?\n".contains(c)).collect()
}

#[derive(Default)]
struct Runs {
    done: Vec<Run>,
    /// The difference that may go on.
    here: String,
    there: String,
    /// Common signs after it, too few to end it.
    held: String,
}

impl Runs {
    fn differ(&mut self, here: &str, there: &str) {
        let held = std::mem::take(&mut self.held);
        self.here += &(held.clone() + here);
        self.there += &(held + there);
    }

    fn both(&mut self, text: String) {
        let is_open = !self.here.is_empty() || !self.there.is_empty();
        if is_open && self.held.is_empty() && text.chars().count() < LEAST_COMMON {
            self.held = text;
            return;
        }
        let text = std::mem::take(&mut self.held) + &text;
        self.close();
        self.done.push(Run::Both(text));
    }

    fn close(&mut self) {
        let (here, there) = (std::mem::take(&mut self.here), std::mem::take(&mut self.there));
        self.done.extend((!here.is_empty()).then_some(Run::Here(here)));
        self.done.extend((!there.is_empty()).then_some(Run::There(there)));
    }

    fn finish(mut self) -> Vec<Run> {
        self.close();
        let held = std::mem::take(&mut self.held);
        self.done.extend((!held.is_empty()).then_some(Run::Both(held)));
        self.done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_differs_is_marked_in_runs() {
        let compared =
            compare("在好又多超市购买木耳2袋，未标注生产日期", "在万家福超市购买香菇12袋，未标注生产日期");
        let expected = [
            Run::Both("在".to_owned()),
            Run::Here("好又多".to_owned()),
            Run::There("万家福".to_owned()),
            Run::Both("超市购买".to_owned()),
            Run::Here("木耳2".to_owned()),
            Run::There("香菇12".to_owned()),
            Run::Both("袋，未标注生产日期".to_owned()),
        ];
        assert_eq!(compared, expected);
    }

    #[test]
    fn long_texts_are_compared_phrase_by_phrase() {
        let long = |end: &str| "未标注生产日期，".repeat(300) + end;
        let (here, there) = (long("要求退一赔十。"), long("要求退货。"));
        let expected = [
            Run::Both("未标注生产日期，".repeat(300)),
            Run::Here("要求退一赔十。".to_owned()),
            Run::There("要求退货。".to_owned()),
        ];
        assert_eq!(compare(&here, &there), expected);
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_back(here in "[一-丅a-c0-3，\n ]{0,60}", there in "[一-丅a-c0-3，\n ]{0,60}") {
            let (mut one, mut other) = (String::new(), String::new());
            for run in compare(&here, &there) {
                match run {
                    Run::Both(text) => {
                        one += &text;
                        other += &text;
                    }
                    Run::Here(text) => one += &text,
                    Run::There(text) => other += &text,
                }
            }
            prop_assert_eq!((one, other), (here, there));
        }
    }
}
