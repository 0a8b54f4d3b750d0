//! Places found in simulated addresses against where the shops really are: how many are decided, and how many wrongly.
//!
//! `cargo bench --bench places [SEED ...]` (1 to 5): two years of each seed, complaints and reports, without those of
//! special lines. A decision is wrong when a unit that it calls competent is not competent for the sub-district where
//! the shop is. By the way the premises are written, and by the reason for which reception has to decide; then some
//! addresses that were not decided, and all that were decided wrongly (TRIAGE_BENCH_SHOWN, 10 of each way).

#![expect(clippy::pedantic, reason = "a bench is measured, not shipped: casts of counts are fine")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::BTreeMap;

use triage::clock::Stopwatch;
use triage::domain::given::Given;
use triage::domain::ids::Track;
use triage::domain::respondent::Respondent;
use triage::domain::submission::Submission;
use triage::domain::text::Address;
use triage::domain::time::Timestamp;
use triage::exchange::{Parsed, Sheet, Times};
use triage::routing::{Bureau, Ground, competence};
use triage::simulate::{Options, Truth, simulate};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Default, Clone)]
struct Count {
    all: usize,
    decided: usize,
    wrong: usize,
}

impl Count {
    fn line(&self, what: &str) {
        let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        let (decided, wrong) = (share(self.decided, self.all), share(self.wrong, self.decided));
        println!(
            "  {what:<22} {:>6}  decided {:>6} ({decided:5.1} %)  wrong {:>4} ({wrong:.2} %)",
            self.all, self.decided, self.wrong
        );
    }
}

fn main() -> Fallible<()> {
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let mut seeds = arguments.map(|seed| seed.parse()).collect::<Result<Vec<u64>, _>>()?;
    if seeds.is_empty() {
        seeds = (1..=5).collect();
    }
    let shown = std::env::var("TRIAGE_BENCH_SHOWN").ok().map_or(Ok(10), |shown| shown.parse())?;
    seeds.into_iter().try_for_each(|seed| measure(seed, shown))
}

/// The same, with nothing but the sub-district for a place.
fn at_subdistrict(submission: &Submission, name: &str) -> Fallible<Submission> {
    let mut submission = submission.clone();
    let premises = Given::Known(Address::parse(name).map_err(|invalid| invalid.en)?);
    submission.respondent = Respondent { premises, ..Respondent::default() };
    for part in [&mut submission.complaint, &mut submission.report].into_iter().flatten() {
        part.place = Given::Absent;
    }
    Ok(submission)
}

fn measure(seed: u64, shown: usize) -> Fallible<()> {
    let directory = tempfile::tempdir()?;
    let world = simulate(&Options { seed, ..Options::default() })?;
    world.write(directory.path(), |_| ())?;
    let watch = Stopwatch::start();
    let bureau = Bureau::parse(world.bureau_file()).map_err(|mistakes| format!("{mistakes:?}"))?;
    let read = watch.elapsed().as_secs_f64();
    let truths: BTreeMap<&str, &Truth> =
        world.truths().iter().map(|truth| (truth.number.as_str(), truth)).collect();
    let sheet = Sheet::read(&directory.path().join("history.csv"))?;
    let now = Timestamp(4_000_000_000_000_000);
    let mut asked: Vec<(Submission, Track)> = Vec::new();
    for row in sheet.rows() {
        let Parsed::Item(item) = sheet.parse(row, Times { now, as_of: now }) else { continue };
        asked.extend(item.submission.tracks().map(|track| (item.submission.clone(), track)));
    }
    let watch = Stopwatch::start();
    let found: Vec<_> = asked
        .iter()
        .map(|(submission, track)| competence(&bureau, submission, *track, submission.received.at.day()))
        .collect();
    let took = watch.elapsed().as_secs_f64();

    let mut ways: BTreeMap<String, Count> = BTreeMap::new();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut examples: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((submission, track), found) in asked.iter().zip(&found) {
        let Some(truth) = truths.get(submission.number.as_str()) else { continue };
        if matches!(found.ground, Ground::Line(_)) {
            continue;
        }
        let way = match truth.address {
            "" if submission.part(*track).is_some_and(|part| part.place.known().is_some()) => {
                "blank, incident place"
            }
            "" => "blank",
            way => way,
        };
        let premises = submission.respondent.premises.known().map_or("", |premises| premises.as_str());
        let example = format!("{premises} [{}]", found.matched.as_deref().unwrap_or(""));
        for way in ["all", way] {
            ways.entry(way.to_owned()).or_default().all += 1;
        }
        if let Ground::Unknown(unclear) = found.ground {
            *reasons.entry(format!("{unclear:?}")).or_default() += 1;
            examples.entry(format!("{way}, {unclear:?}")).or_default().push(example);
            continue;
        }
        let there = at_subdistrict(submission, &truth.subdistrict_name)?;
        let here = competence(&bureau, &there, *track, there.received.at.day());
        let wrong = found.units.iter().any(|unit| !here.units.contains(unit));
        for way in ["all", way] {
            let count = ways.entry(way.to_owned()).or_default();
            count.decided += 1;
            count.wrong += usize::from(wrong);
        }
        if wrong {
            let example = format!("{example}, is {}", truth.subdistrict_name);
            examples.entry("WRONG".to_owned()).or_default().push(example);
        }
    }
    let each = 1e6 * took / asked.len().max(1) as f64;
    println!("seed {seed}: bureau file read in {:.1} ms, a file placed in {each:.1} µs", read * 1e3);
    ways.iter().for_each(|(way, count)| count.line(way));
    println!("  reception: {reasons:?}");
    for (way, mut examples) in examples {
        examples.dedup();
        println!("  {way}");
        examples.iter().take(shown).for_each(|example| println!("    {example}"));
    }
    Ok(())
}
