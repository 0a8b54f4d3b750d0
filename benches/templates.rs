//! Template search against exact Jaccard: what it finds, and what it costs as texts grow.
//!
//! `cargo bench --bench templates [TEXTS ...]`: texts of simulated complaints (100,000 and 1,000,000), every third one
//! edited by hand of a die, so that every likeness occurs. A text that is of no template founds one, as at intake.
//! Recall and precision are taken over a sample of queries (TRIAGE_BENCH_QUERIES, 2,000), each compared with every text.

#![expect(clippy::pedantic, reason = "a bench is measured, not shipped: casts of counts are fine")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use triage::clock::Stopwatch;
use triage::domain::ids::Sequence;
use triage::domain::time::Timestamp;
use triage::exchange::{Parsed, Sheet, Times};
use triage::features::history::Recency;
use triage::features::template::{Seeds, Shingles, Templates};
use triage::simulate::{Options, simulate};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

const SEEDS: Seeds = Seeds(0x5eed_0001, 0x5eed_0002);
/// Texts at least this alike are of one template, by definition.
const ALIKE: f64 = 0.5;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let sizes: Vec<usize> = match arguments.as_slice() {
        [] => vec![100_000, 1_000_000],
        sizes => sizes.iter().map(|size| size.parse()).collect::<Result<_, _>>()?,
    };
    let queries = std::env::var("TRIAGE_BENCH_QUERIES").ok().map_or(Ok(2_000), |queries| queries.parse())?;
    let mut first = None;
    for size in sizes {
        let took = measure(&texts(size)?, queries)?;
        match first {
            None => first = Some(took),
            Some(first) => {
                println!("  a query takes {:.2} times as long as with the first size", took / first)
            }
        }
    }
    Ok(())
}

/// Shingles of simulated complaints in the order of receipt.
fn texts(size: usize) -> Fallible<Vec<Shingles>> {
    let directory = tempfile::tempdir()?;
    // Some rows are reports, and some texts are masked or short.
    let items = (size * 3 / 2).clamp(2_000, 1_000_000);
    let mut texts = Vec::with_capacity(size);
    let mut dice = Dice(7);
    for seed in 11.. {
        simulate(&Options { seed, items, ..Options::default() })?.write(directory.path(), |_| ())?;
        let sheet = Sheet::read(&directory.path().join("history.csv"))?;
        let now = Timestamp(4_000_000_000_000_000);
        for row in sheet.rows() {
            let Parsed::Item(item) = sheet.parse(row, Times { now, as_of: now }) else { continue };
            let Some(text) = item.submission.complaint.as_ref().and_then(|part| part.text.known()) else {
                continue;
            };
            let text = if texts.len() % 3 == 0 {
                edited(text.as_str(), &mut dice)
            } else {
                text.as_str().to_owned()
            };
            texts.extend(Shingles::of(&text, &[], SEEDS));
            if texts.len() == size {
                return Ok(texts);
            }
        }
    }
    Ok(texts)
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
fn measure(texts: &[Shingles], queries: usize) -> Fallible<f64> {
    let at = |place: usize| Timestamp(place as i64 * 1_000_000);
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
    let build = build.elapsed().as_secs_f64();
    let step = (texts.len() / queries).max(1);
    let sample: Vec<usize> = (step - 1..texts.len()).step_by(step).collect();
    let watch = Stopwatch::start();
    let mut seen = 0;
    for _ in 0..5 {
        let known =
            |place: &&usize| templates.find(&texts[**place], Timestamp(at(**place).0 - 1_000_000)).is_some();
        seen += sample.iter().filter(known).count();
    }
    let query = watch.elapsed().as_secs_f64() * 1e6 / (5 * sample.len()) as f64;
    println!(
        "{} texts: {} templates, built in {build:.1} s; {query:.1} µs a query ({:.1} % of them of a known template)",
        texts.len(),
        founders.len(),
        seen as f64 * 20.0 / sample.len() as f64
    );
    let mut judged = Judged::default();
    for place in sample {
        judged.add(place, texts, &founders, &of);
    }
    println!("  {judged:?}");
    println!(
        "  recall {:.4}, precision {:.4}; twins by the template alone: recall {:.4}",
        judged.found as f64 / judged.there.max(1) as f64,
        judged.right as f64 / judged.told.max(1) as f64,
        judged.with_twin as f64 / judged.twins.max(1) as f64,
    );
    Ok(query)
}

/// Queries held against every earlier text.
#[derive(Debug, Default)]
struct Judged {
    /// With an earlier founding text at least [`ALIKE`], and of these, put under a template.
    there: usize,
    found: usize,
    /// Put under an earlier text's template, and of these, at least [`ALIKE`] to its first text.
    told: usize,
    right: usize,
    /// With any earlier text at least [`ALIKE`], and of these, put under one template with such a text.
    twins: usize,
    with_twin: usize,
}

impl Judged {
    fn add(&mut self, place: usize, texts: &[Shingles], founders: &[usize], of: &[usize]) {
        let alike = |other: usize| texts[place].likeness(&texts[other]) >= ALIKE;
        let earlier = &founders[..founders.partition_point(|founder| *founder < place)];
        let there = earlier.iter().any(|founder| alike(*founder));
        let told = of[place] != place;
        self.there += usize::from(there);
        self.found += usize::from(there && told);
        self.told += usize::from(told);
        self.right += usize::from(told && alike(of[place]));
        let (mut twin, mut with) = (false, false);
        for other in (0..place).filter(|other| alike(*other)) {
            twin = true;
            with |= of[other] == of[place];
        }
        self.twins += usize::from(twin);
        self.with_twin += usize::from(with);
    }
}
