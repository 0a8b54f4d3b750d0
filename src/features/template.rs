//! Template twins (文本模板): texts that are the same but for names, numbers and dates.
//!
//! Masked text becomes keyed shingles of four characters; the smallest of them are a sample of it (bottom-k sketches,
//! Broder 1997), and two neighbours of that sample are an anchor: texts that share half of their shingles share
//! neighbours, while texts that share a phrase do not. A template is kept under the anchors of its first text alone,
//! so that a flood of twins makes no list longer. What shares an anchor is compared whole, the rarest anchors first. It
//! finds templates, not paraphrase: another wording of the same thing is another text.
//!
//! How often texts of Jaccard index J share an anchor: put the shingles of both in order; each belongs to both with
//! probability J, to one alone with (1 - J) / 2. From a shared shingle, the text's next one is the other's next as well
//! with J, or stands behind one shingle of the other alone with J (1 - J) / 2. At J = 0.5, two of three of a template's
//! shingles are shared, and 0.625 of these have such a neighbour: of eleven pairs some 4.6 are met, none in 1.2 % of
//! cases (counted over random orders, for texts of one length; 0.5 % at 0.55, and at 0.15, 42 % still meet one). So
//! what is lost is lost to the bounds on what is read and compared, and these take the rarest first.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::domain::ids::Sequence;
use crate::domain::time::Timestamp;

use super::history::Recency;

/// Characters of a shingle: three are too common in Chinese, five too few survive an edit.
const SHINGLE: usize = 4;
/// Shorter texts, in masked characters, say nothing by being alike.
const LEAST_CHARS: usize = 8;
/// Texts shorter than this are twins only when all of their masked text is the same.
const SHORT_CHARS: usize = 20;
/// Smallest shingles by whose neighbours a template is kept.
const KEPT: usize = 12;
/// Smallest shingles by whose neighbours a text is looked up: more, because the smallest of the other text need not be
/// ours.
const SOUGHT: usize = 18;
/// How far apart neighbours may stand that are looked up: one shingle of ours alone may stand between them.
const REACH: usize = 2;
/// Templates read under one anchor, the latest ones: an anchor of a common phrase leads nowhere anyway.
pub const MOST_UNDER_ANCHOR: usize = 32;
/// What an anchor counts under which one text stands; one of many counts so many times less.
const RAREST: usize = 1_024;
/// Templates compared whole for one text.
const MOST_COMPARED: usize = 32;
/// From this Jaccard index on, texts are of one template.
const LEAST_LIKENESS: f64 = 0.5;

/// Secret seeds of the shingles: without them, nobody can tell what stands in a text by its anchors.
#[derive(Clone, Copy)]
pub struct Seeds(pub u64, pub u64);

/// A text as keyed hashes of its masked shingles, ascending and distinct.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shingles(Vec<i64>);

/// A template that a text is of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The event whose text founded it.
    pub template: Sequence,
    /// Jaccard index with that text, 0.5 to 1.
    pub likeness: f64,
}

impl Shingles {
    /// Of a text, with these names masked; none when it is too short to mean anything.
    pub fn of(text: &str, names: &[&str], seeds: Seeds) -> Option<Self> {
        let text = masked(text, names);
        if text.len() < LEAST_CHARS {
            return None;
        }
        let hash = |salt: u8, chars: &[char]| {
            let mut hasher = SipHasher13::new_with_keys(seeds.0, seeds.1);
            hasher.write_u8(salt);
            for c in chars {
                hasher.write_u32(u32::from(*c));
            }
            // Without the sign: the databases order signed numbers.
            (hasher.finish() >> 1).cast_signed()
        };
        let mut hashes: Vec<i64> = if text.len() < SHORT_CHARS {
            (1..=2).map(|salt| hash(salt, &text)).collect()
        } else {
            text.windows(SHINGLE).map(|shingle| hash(0, shingle)).collect()
        };
        hashes.sort_unstable();
        hashes.dedup();
        Some(Self(hashes))
    }

    /// The anchors a template founded by this text is kept under.
    pub fn kept(&self) -> Vec<i64> {
        self.neighbours(KEPT, 1)
    }

    /// The anchors under which templates like this text are looked for.
    pub fn sought(&self) -> Vec<i64> {
        self.neighbours(SOUGHT, REACH)
    }

    fn neighbours(&self, smallest: usize, reach: usize) -> Vec<i64> {
        let sample = &self.0[..self.0.len().min(smallest)];
        let pairs = sample
            .iter()
            .enumerate()
            .flat_map(|(at, one)| sample[at + 1..].iter().take(reach).map(move |other| both(*one, *other)));
        pairs.collect()
    }

    /// Jaccard's index: shingles in common by shingles in all.
    pub fn likeness(&self, other: &Self) -> f64 {
        let (mut one, mut two, mut common) = (0, 0, 0_usize);
        while let (Some(a), Some(b)) = (self.0.get(one), other.0.get(two)) {
            one += usize::from(a <= b);
            two += usize::from(b <= a);
            common += usize::from(a == b);
        }
        common as f64 / (self.0.len() + other.0.len() - common).max(1) as f64
    }
}

/// One number of two keyed hashes (splitmix64's mixing, Steele et al. 2014), without the sign.
fn both(one: i64, other: i64) -> i64 {
    let mut x = one.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ other.cast_unsigned();
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 1).cast_signed()
}

/// The part of a bureau's templates that one batch needs.
#[derive(Debug, Default)]
pub struct Templates {
    /// Founding texts by anchor, oldest first.
    under: HashMap<i64, Vec<Recency>>,
    texts: HashMap<Recency, Shingles>,
}

impl Templates {
    /// Adds a founding text's place under an anchor. In any order, and twice.
    pub fn add(&mut self, anchor: i64, first: Recency) {
        let under = self.under.entry(anchor).or_default();
        if let Err(place) = under.binary_search(&first) {
            under.insert(place, first);
        }
    }

    /// Adds a founding text.
    pub fn tell(&mut self, first: Recency, text: Shingles) {
        self.texts.insert(first, text);
    }

    /// A new template.
    pub fn found(&mut self, first: Recency, text: Shingles) {
        for anchor in text.kept() {
            self.add(anchor, first);
        }
        self.tell(first, text);
    }

    /// Founding texts worth comparing with a text received then, the likeliest first, and of equals the latest. An
    /// anchor says the less the more texts stand under it: most of those that share only a common one are alike in a
    /// phrase, and would crowd out the one that is alike in half.
    fn candidates(&self, text: &Shingles, received: Timestamp) -> Vec<Recency> {
        let before = Recency::after(received);
        let mut shared: BTreeMap<Recency, usize> = BTreeMap::new();
        for anchor in text.sought() {
            let Some(under) = self.under.get(&anchor) else { continue };
            let end = under.partition_point(|first| *first < before);
            let under = &under[end.saturating_sub(MOST_UNDER_ANCHOR)..end];
            for first in under {
                *shared.entry(*first).or_default() += RAREST / under.len();
            }
        }
        let mut candidates: Vec<_> = shared.into_iter().collect();
        candidates.sort_by_key(|(first, shared)| std::cmp::Reverse((*shared, *first)));
        candidates.into_iter().take(MOST_COMPARED).map(|(first, _)| first).collect()
    }

    /// Of these candidates, the texts that are not here yet.
    pub fn missing(&self, text: &Shingles, received: Timestamp) -> Vec<Recency> {
        let candidates = self.candidates(text, received);
        candidates.into_iter().filter(|first| !self.texts.contains_key(first)).collect()
    }

    /// The template of a text received then: the likest of those that were founded by then (promise 5).
    pub fn find(&self, text: &Shingles, received: Timestamp) -> Option<Found> {
        self.candidates(text, received)
            .into_iter()
            .filter_map(|first| Some((first, self.texts.get(&first)?.likeness(text))))
            .filter(|(_, likeness)| *likeness >= LEAST_LIKENESS)
            .max_by(|(one, a), (other, b)| a.total_cmp(b).then(other.cmp(one)))
            .map(|(first, likeness)| Found { template: first.sequence(), likeness })
    }
}

/// Letters and words without spaces and punctuation; digits with their units, and known names, as one sign each.
fn masked(text: &str, names: &[&str]) -> Vec<char> {
    let mut text = plain(text);
    for name in names {
        let name = plain(name);
        if name.chars().count() > 1 {
            text = text.replace(&name, "#");
        }
    }
    let mut masked = Vec::with_capacity(text.len() / 3);
    for c in text.chars() {
        let after_number = masked.last() == Some(&'0');
        match c {
            '0'..='9' if !after_number => masked.push('0'),
            '0'..='9' | '年' | '月' | '日' | '号' | '时' | '点' | '分' | '元' | '块' | '角'
                if after_number => {}
            c => masked.push(c),
        }
    }
    masked
}

fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SEEDS: Seeds = Seeds(1, 2);

    fn of(text: &str) -> Shingles {
        Shingles::of(text, &["昆都仑区好又多超市", "王小明"], SEEDS).unwrap()
    }

    #[test]
    fn names_numbers_and_dates_make_no_difference() {
        let one = of("本人王小明于2026年4月3日在昆都仑区好又多超市购买木耳2袋，消费46.80元，未标注生产日期");
        let other = of(
            "本人 王小明 于 2025年12月31日 在昆都仑区好又多超市购买木耳１０袋 消费 9 元。未标注生产日期！",
        );
        assert!(one.likeness(&other) > 0.95, "{}", one.likeness(&other));
        assert!((one.likeness(&one) - 1.0).abs() < 1e-12);
        assert!(
            one.likeness(&of("办了健身年卡之后门店关闭，电话打不通，要求退还剩余的课程费用，谢谢")) < 0.1
        );
    }

    #[test]
    fn short_texts_are_twins_only_when_they_are_the_same() {
        assert_eq!(Shingles::of("要求退款。", &[], SEEDS), None);
        assert!((of("商家拒绝退还定金300元").likeness(&of("商家拒绝退还定金 50 元")) - 1.0).abs() < 1e-12);
        assert!(of("商家拒绝退还定金").likeness(&of("商家拒绝退还押金")) < 1e-12);
    }

    #[test]
    fn only_what_was_founded_by_then_is_found_and_the_first_of_equals() {
        let text = of("所售木耳外包装未标注生产日期和保质期，不符合国家标准，要求退货并依法赔偿");
        let at = |seconds: i64| Timestamp(seconds * 1_000_000);
        let mut templates = Templates::default();
        for (seconds, sequence) in [(50, 7), (10, 9), (30, 8)] {
            templates.found(Recency::new(at(seconds), Sequence(sequence)), text.clone());
        }
        let found = |seconds| templates.find(&text, at(seconds)).map(|found| found.template);
        assert_eq!([found(9), found(10), found(60)], [None, Some(Sequence(9)), Some(Sequence(9))]);
    }

    proptest! {
        /// Whoever does not have the seeds sees nothing in the anchors, and nothing makes it panic.
        #[test]
        fn any_text_has_shingles_of_its_own_seeds(text in ".{0,80}", name in ".{0,5}") {
            let one = Shingles::of(&text, &[&name], SEEDS);
            prop_assert_eq!(&one, &Shingles::of(&text, &[&name], SEEDS));
            if let Some(one) = one {
                prop_assert!(one.0.iter().all(|hash| *hash >= 0));
                prop_assert!(one.0.is_sorted());
                let other = Shingles::of(&text, &[&name], Seeds(3, 4)).unwrap();
                prop_assert!(one.likeness(&other) < 0.01);
            }
        }
    }
}
