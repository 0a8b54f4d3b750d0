//! Template search against exact Jaccard: what it finds, and what it costs as texts grow.
//!
//! `cargo bench --bench templates [TEXTS ...]`: texts of simulated complaints (100,000 and 1,000,000), every third one
//! edited by hand of a die, so that every likeness occurs. A text that is of no template founds one, as at intake.
//! Recall and precision are taken over a sample (TRIAGE_BENCH_QUERIES, 2,000), each compared with every text: the texts
//! themselves, of which few have an earlier one that is alike, and one more edited copy of each, asked at the end.

#![expect(clippy::pedantic, reason = "a bench is measured, not shipped: casts of counts are fine")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::HashMap;
use std::fmt;
use std::hint::black_box;

use triage::clock::Stopwatch;
use triage::domain::ids::Sequence;
use triage::domain::time::Timestamp;
use triage::exchange::{Parsed, Sheet, Times};
use triage::features::history::Recency;
use triage::features::template::{MOST_UNDER_ANCHOR, Seeds, Shingles, Templates};
use triage::simulate::{Options, simulate};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const SEEDS: Seeds = Seeds(0x5eed_0001, 0x5eed_0002);
/// Texts at least this alike are of one template, by definition.
const ALIKE: f64 = 0.5;
/// Likeness from which recall is told apart.
const CLASSES: [f64; 3] = [ALIKE, 0.6, 0.8];

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let sizes: Vec<usize> = match arguments.as_slice() {
        [] => vec![100_000, 1_000_000],
        sizes => sizes.iter().map(|size| size.parse()).collect::<Result<_, _>>()?,
    };
    let queries = std::env::var("TRIAGE_BENCH_QUERIES").ok().map_or(Ok(2_000), |queries| queries.parse())?;
    let mut first = None;
    for size in sizes {
        let took = measure(&Texts::new(size, queries)?)?;
        match first {
            None => first = Some(took),
            Some(first) => {
                println!("  a query takes {:.2} times as long as with the first size", took / first)
            }
        }
    }
    Ok(())
}

/// Shingles of simulated complaints in the order of receipt, and what is asked of them.
struct Texts {
    texts: Vec<Shingles>,
    /// Places of the texts that are asked again as of their receipt.
    sample: Vec<usize>,
    /// One edited copy of each of these.
    copies: Vec<Shingles>,
}

impl Texts {
    fn new(size: usize, queries: usize) -> Fallible<Self> {
        let directory = tempfile::tempdir()?;
        // Some rows are reports, and some texts are masked or short.
        let items = (size * 3 / 2).clamp(2_000, 1_000_000);
        let step = (size / queries).max(1);
        let mut all = Self { texts: Vec::with_capacity(size), sample: Vec::new(), copies: Vec::new() };
        let mut dice = [Dice(7), Dice(8)];
        for seed in 11.. {
            simulate(&Options { seed, items, ..Options::default() })?.write(directory.path(), |_| ())?;
            let sheet = Sheet::read(&directory.path().join("history.csv"))?;
            let now = Timestamp(4_000_000_000_000_000);
            for row in sheet.rows() {
                let Parsed::Item(item) = sheet.parse(row, Times { now, as_of: now }) else { continue };
                let part = item.submission.complaint.as_ref();
                let Some(text) = part.and_then(|part| part.text.known()) else { continue };
                all.add(text.as_str(), step, &mut dice);
                if all.texts.len() == size {
                    return Ok(all);
                }
            }
        }
        Ok(all)
    }

    /// Adds one, unless it is too short to have shingles; samples every `step`-th.
    fn add(&mut self, text: &str, step: usize, [dice, again]: &mut [Dice; 2]) {
        let place = self.texts.len();
        let shingles = |text: &str| Shingles::of(text, &[], SEEDS);
        let text = if place.is_multiple_of(3) { edited(text, dice) } else { text.to_owned() };
        let Some(known) = shingles(&text) else { return };
        self.texts.push(known);
        if (place + 1).is_multiple_of(step) {
            self.sample.push(place);
            self.copies.extend(shingles(&edited(&text, again)));
        }
    }
}

/// Some characters replaced: none to a fifth of them.
fn edited(text: &str, dice: &mut Dice) -> String {
    let share = dice.unit() * 0.2;
    text.chars().map(|c| if dice.unit() < share { '某' } else { c }).collect()
}

struct Dice(u64);

impl Dice {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Builds, asks, compares; µs a query.
fn measure(Texts { texts, sample, copies }: &Texts) -> Fallible<f64> {
    let mut templates = Templates::default();
    let mut founders: Vec<usize> = Vec::new();
    let mut of: Vec<usize> = Vec::with_capacity(texts.len());
    let build = Stopwatch::start();
    for (place, text) in texts.iter().enumerate() {
        match templates.find(text, at(place)) {
            Some(found) => of.push(found.template.0 as usize),
            None => {
                templates.found(Recency::new(at(place), Sequence(place as i64)), text.clone());
                founders.push(place);
                of.push(place);
            }
        }
    }
    println!("{} texts: {} templates, built in {:.1?}", texts.len(), founders.len(), build.elapsed());
    let query = asked(sample.len(), |turn| templates.find(&texts[sample[turn]], before(sample[turn])));
    let copy = asked(copies.len(), |turn| templates.find(&copies[turn], at(texts.len())));
    let mut under: HashMap<i64, usize> = HashMap::new();
    for anchor in founders.iter().flat_map(|founder| texts[*founder].kept()) {
        *under.entry(anchor).or_default() += 1;
    }
    let (anchors, places) = sample.iter().fold((0, 0), |(anchors, places), place| {
        let lists =
            texts[*place].sought().into_iter().map(|anchor| under.get(&anchor).copied().unwrap_or_default());
        lists.fold((anchors, places), |(anchors, places), list| {
            (anchors + 1, places + list.min(MOST_UNDER_ANCHOR))
        })
    });
    let a_query = |count: usize| count as f64 / sample.len().max(1) as f64;
    println!("  {:.1} anchors a query, {:.1} places under them", a_query(anchors), a_query(places));
    println!("  {query:.1} µs a query, {copy:.1} µs a query of an edited copy");
    let mut judged = Judged::default();
    for place in sample {
        let found = Some(of[*place]).filter(|found| found != place);
        judged.add(&texts[*place], found, &texts[..*place], &of);
    }
    println!("  texts:  {judged}");
    let mut judged = Judged::default();
    for copy in copies {
        let found = templates.find(copy, at(texts.len())).map(|found| found.template.0 as usize);
        judged.add(copy, found, texts, &of);
    }
    println!("  copies: {judged}");
    Ok(query)
}

fn at(place: usize) -> Timestamp {
    Timestamp(place as i64 * 1_000_000)
}

/// When all earlier texts were known, and the one in this place was not.
fn before(place: usize) -> Timestamp {
    Timestamp(at(place).0 - 1_000_000)
}

/// Mean µs of a query, each asked five times.
fn asked<T>(queries: usize, ask: impl Fn(usize) -> T) -> f64 {
    const TURNS: usize = 5;
    let watch = Stopwatch::start();
    (0..TURNS * queries).for_each(|turn| drop(black_box(ask(turn % queries))));
    watch.elapsed().as_secs_f64() * 1e6 / (TURNS * queries).max(1) as f64
}

/// Queries held against every text that was there.
#[derive(Default)]
struct Judged {
    queries: usize,
    /// With a template's first text at least [`ALIKE`], by the likeness of the likest, and of these, put under one.
    there: [usize; CLASSES.len()],
    found: [usize; CLASSES.len()],
    /// Not found, though the likest shares an anchor, and not found because it shares none.
    cut_off: usize,
    apart: usize,
    /// Put under a template, and of these, at least [`ALIKE`] to its first text.
    told: usize,
    right: usize,
    /// With any text at least [`ALIKE`], and of these, put under one template with such a text.
    twins: usize,
    with_twin: usize,
}

impl Judged {
    fn add(&mut self, query: &Shingles, found: Option<usize>, texts: &[Shingles], of: &[usize]) {
        let (mut likest, mut first, mut twin, mut with_twin) = (0.0, query, false, false);
        for (place, text) in texts.iter().enumerate() {
            let likeness = query.likeness(text);
            if of[place] == place && likeness > likest {
                (likest, first) = (likeness, text);
            }
            twin |= likeness >= ALIKE;
            with_twin |= likeness >= ALIKE && found == Some(of[place]);
        }
        self.queries += 1;
        self.twins += usize::from(twin);
        self.with_twin += usize::from(with_twin);
        if let Some(class) = CLASSES.iter().rposition(|from| likest >= *from) {
            self.there[class] += 1;
            self.found[class] += usize::from(found.is_some());
            let kept = first.kept();
            let shared = query.sought().iter().any(|anchor| kept.contains(anchor));
            self.cut_off += usize::from(found.is_none() && shared);
            self.apart += usize::from(found.is_none() && !shared);
        }
        self.told += usize::from(found.is_some());
        self.right += usize::from(found.is_some_and(|found| query.likeness(&texts[found]) >= ALIKE));
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { queries, there, found, cut_off, apart, told, right, twins, with_twin } = self;
        let [all, hits] = [there, found].map(|counts| counts.iter().sum::<usize>());
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        write!(f, "{queries} asked, {all} have a like one; recall {:.4} (", share(hits, all))?;
        for (from, (there, found)) in CLASSES.iter().zip(there.iter().zip(found)) {
            write!(f, " {found} of {there} from {from}")?;
        }
        write!(
            f,
            " ; missed {apart} without a shared anchor, {cut_off} with one), precision {:.4} ({right} of {told})",
            share(*right, *told)
        )?;
        write!(
            f,
            "; twins by the template alone: recall {:.4} ({with_twin} of {twins})",
            share(*with_twin, *twins)
        )
    }
}
