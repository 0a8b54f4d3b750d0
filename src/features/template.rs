//! Near-duplicate texts (文本模板): texts that are the same but for names, numbers and dates.
//!
//! Masked text becomes keyed shingles of four characters; the smallest of them are a sample of it (bottom-k sketches,
//! Broder 1997), and two neighbours of that sample are an anchor: texts that share half of their shingles share
//! neighbours, while texts that share a phrase seldom do. A template is kept under the anchors of its first text alone,
//! so that a flood of near-duplicates makes no list longer. Beside each anchor stands a sketch of the whole text, which tells who
//! is worth opening; the likeliest are compared whole. It finds templates, not paraphrase: another wording of the same
//! thing is another text.
//!
//! How often texts of Jaccard index J share an anchor: put the shingles of both in order; each belongs to both with
//! probability J, to one alone with (1 - J) / 2. At J = 0.5, two of three of a text's shingles are shared, and of half
//! of these the next one is, too: of sixteen pairs some 4.9 are met, none in 0.8 % of cases (counted over random
//! orders, for texts of one length; 0.3 % at 0.55, and at 0.15, 39 % still meet one). So what is lost is lost to the
//! bounds on what is read and compared.

use std::collections::HashMap;
use std::hash::Hasher as _;

use siphasher::sip::SipHasher13;

use crate::domain::ids::Sequence;
use crate::domain::mix::mixed;
use crate::domain::plain::bare;
use crate::domain::time::Timestamp;

use super::history::Recency;

/// Characters of a shingle: three are too common in Chinese, five too few survive an edit.
const SHINGLE: usize = 4;
/// Shorter texts, in masked characters, say nothing by being alike.
const LEAST_CHARS: usize = 8;
/// Texts shorter than this are near-duplicates only when all of their masked text is the same.
const SHORT_CHARS: usize = 20;
/// Smallest shingles by whose neighbours a text is kept and looked up: sixteen anchors are one statement on SQLite.
const SAMPLE: usize = 17;
/// Templates read under one anchor, the latest ones: an anchor of a common phrase leads nowhere anyway.
pub(crate) const MOST_UNDER_ANCHOR: usize = 16;
/// Bits in which a sketch must agree for its text to be opened. At Jaccard 0.5, of 128 bits 93.7 agree, give or take
/// 5.0, and at 0.1 some 74: one alike in a hundred is passed over, and nine in ten of those that share a phrase.
const LEAST_AGREEMENT: u32 = 82;
/// Templates compared whole for one text.
const MOST_COMPARED: usize = 16;
/// From this Jaccard index on, texts are of one template.
const LEAST_LIKENESS: f64 = 0.5;

/// Secret seeds of the shingles: without them, nobody can tell what stands in a text by its anchors.
#[derive(Clone, Copy)]
pub struct Seeds(pub u64, pub u64);

/// A text as keyed hashes of its masked shingles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shingles {
    /// Ascending and distinct.
    hashes: Vec<i64>,
    sketch: Sketch,
}

/// A whole text in 128 bits: each is what most of its shingles have there when spread over it (simhash,
/// Charikar 2002). The more two texts share, the more bits agree: all but the angle between them, in half turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Sketch([u64; 2]);

/// A template's first text, as it stands under its anchors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Founder {
    /// Its place in receive order.
    pub first: Recency,
    /// The text as far as it is known without opening it.
    pub sketch: Sketch,
}

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
        Some(Self { sketch: Sketch::of(&hashes), hashes })
    }

    /// The anchors under which a template of this text is kept, and templates like it are looked for.
    pub fn anchors(&self) -> impl Iterator<Item = i64> {
        let sample = &self.hashes[..self.hashes.len().min(SAMPLE)];
        sample
            .windows(2)
            .map(|pair| mixed(mixed(pair[0].cast_unsigned()) ^ pair[1].cast_unsigned()))
            // Without the sign, as above.
            .map(|anchor| (anchor >> 1).cast_signed())
    }

    /// What stands beside its anchors.
    pub fn sketch(&self) -> Sketch {
        self.sketch
    }

    /// Keyed hashes of the masked shingles, ascending and distinct.
    pub fn hashes(&self) -> &[i64] {
        &self.hashes
    }

    /// Jaccard's index: shingles in common by shingles in all.
    pub fn likeness(&self, other: &Self) -> f64 {
        let (mut one, mut two, mut common) = (0, 0, 0_usize);
        while let (Some(a), Some(b)) = (self.hashes.get(one), other.hashes.get(two)) {
            one += usize::from(a <= b);
            two += usize::from(b <= a);
            common += usize::from(a == b);
        }
        common as f64 / (self.hashes.len() + other.hashes.len() - common).max(1) as f64
    }
}

impl Sketch {
    fn of(hashes: &[i64]) -> Self {
        let mut ones = [[0_u32; 64]; 2];
        for hash in hashes {
            let spread = mixed(hash.cast_unsigned());
            for (ones, spread) in ones.iter_mut().zip([spread, mixed(spread)]) {
                for (bit, ones) in ones.iter_mut().enumerate() {
                    *ones += u32::from(spread >> bit & 1 == 1);
                }
            }
        }
        let most = |ones: &u32| 2 * *ones as usize > hashes.len();
        Self(ones.map(|ones| ones.iter().rev().fold(0, |word, ones| word << 1 | u64::from(most(ones)))))
    }

    /// Bits that are the same in both, 0 to 128.
    fn agreement(self, other: Self) -> u32 {
        self.0.iter().zip(other.0).map(|(one, other)| (!(one ^ other)).count_ones()).sum()
    }

    /// As it is stored.
    pub fn words(self) -> [i64; 2] {
        self.0.map(u64::cast_signed)
    }
}

impl From<[i64; 2]> for Sketch {
    fn from(words: [i64; 2]) -> Self {
        Self(words.map(i64::cast_unsigned))
    }
}

/// The part of a bureau's templates that one batch needs.
#[derive(Debug, Default)]
pub struct Templates {
    /// By anchor, oldest first.
    under: HashMap<i64, Vec<Founder>>,
    /// First texts.
    texts: HashMap<Recency, Shingles>,
}

impl Templates {
    /// Adds a founding text under an anchor. In any order, and twice.
    pub fn add(&mut self, anchor: i64, founder: Founder) {
        let under = self.under.entry(anchor).or_default();
        if let Err(place) = under.binary_search(&founder) {
            under.insert(place, founder);
        }
    }

    /// Adds the text of a founder, opened.
    pub fn tell(&mut self, first: Recency, text: Shingles) {
        self.texts.insert(first, text);
    }

    /// A new template.
    pub fn found(&mut self, first: Recency, text: Shingles) {
        for anchor in text.anchors() {
            self.add(anchor, Founder { first, sketch: text.sketch });
        }
        self.tell(first, text);
    }

    /// Founding texts worth comparing with a text received then, the likeliest first, and of equals the latest.
    fn candidates(&self, text: &Shingles, received: Timestamp) -> Vec<Recency> {
        let before = Recency::after(received);
        let under = text.anchors().filter_map(|anchor| self.under.get(&anchor));
        let mut likely: Vec<_> = under
            .flat_map(|under| {
                let end = under.partition_point(|founder| founder.first < before);
                &under[end.saturating_sub(MOST_UNDER_ANCHOR)..end]
            })
            .map(|founder| (founder.sketch.agreement(text.sketch), founder.first))
            .filter(|(agreement, _)| *agreement >= LEAST_AGREEMENT)
            .collect();
        likely.sort_unstable_by(|one, other| other.cmp(one));
        likely.dedup();
        likely.into_iter().take(MOST_COMPARED).map(|(_, first)| first).collect()
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
    let mut text = signs(text);
    for name in names {
        let name = signs(name);
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

/// The normal form, in upper case and without punctuation.
fn signs(text: &str) -> String {
    bare(text).chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect()
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
    fn short_texts_are_near_duplicates_only_when_they_are_the_same() {
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

    #[test]
    fn of_a_crowd_that_shares_a_phrase_only_what_is_alike_is_opened() {
        let phrase = "依据消费者权益保护法第五十五条要求退一赔三";
        let said = "在网店买的蓝牙耳机右边没有声音，联系客服说已经过了保修期不给修，可是订单上写着保修一年";
        let other = "在网店买的蓝牙耳机右边没声音，找客服说过了保修期不给修理，但是订单上写着可以保修一年";
        let at = |seconds: i64| Recency::new(Timestamp(seconds * 1_000_000), Sequence(seconds));
        let stand = |templates: &mut Templates, first, text: &Shingles| {
            text.anchors().for_each(|anchor| templates.add(anchor, Founder { first, sketch: text.sketch() }));
        };
        let mut templates = Templates::default();
        let near_duplicate = of(&format!("{said}{phrase}"));
        stand(&mut templates, at(1), &near_duplicate);
        for place in 2..60 {
            let story: String =
                (0..40).filter_map(|c| char::from_u32(0x4e00 + place * 97 + c * 31)).collect();
            stand(&mut templates, at(place.into()), &of(&format!("{story}{phrase}")));
        }
        let text = of(&format!("{other}{phrase}"));
        let received = Timestamp(100 * 1_000_000);
        assert!((0.5..0.8).contains(&text.likeness(&near_duplicate)), "{}", text.likeness(&near_duplicate));
        let missing = templates.missing(&text, received);
        assert!(missing.contains(&at(1)) && missing.len() < 10, "{missing:?}");
        templates.tell(at(1), near_duplicate);
        assert_eq!(templates.find(&text, received).map(|found| found.template), Some(Sequence(1)));
    }

    proptest! {
        /// Whoever does not have the seeds sees nothing in the anchors, and nothing makes it panic.
        #[test]
        fn any_text_has_shingles_of_its_own_seeds(text in ".{0,80}", name in ".{0,5}") {
            let one = Shingles::of(&text, &[&name], SEEDS);
            prop_assert_eq!(&one, &Shingles::of(&text, &[&name], SEEDS));
            if let Some(one) = one {
                prop_assert!(one.hashes.iter().all(|hash| *hash >= 0));
                prop_assert!(one.hashes.is_sorted());
                let other = Shingles::of(&text, &[&name], Seeds(3, 4)).unwrap();
                prop_assert!(one.likeness(&other) < 0.01);
            }
        }
    }
}
