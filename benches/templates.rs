//! Template search against exact Jaccard: what it finds, and what it costs as texts grow.
//!
//! `cargo bench --bench templates [TEXTS ...]`: texts of simulated complaints (100,000 and 1,000,000), every third one
//! edited by hand of a die, so that every likeness occurs. A text that is of no template founds one, as at intake.
//! Recall and precision are taken over a sample (TRIAGE_BENCH_QUERIES, 2,000), each held against every text: the texts
//! themselves, of which few have an earlier one that is alike, and one more edited copy of each, asked at the end. They
//! are asked twice: of templates that are all in memory, and as the service does, which reads what it needs of a
//! SQLite file (the texts it opens are in memory there, too, as those of the last days are in the service).

#![expect(
    clippy::pedantic,
    clippy::expect_used,
    clippy::result_large_err,
    reason = "a bench is measured, not shipped: casts of counts and long texts are fine"
)]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[expect(dead_code, reason = "each bench uses its part of what they share")]
mod common;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hint::black_box;

use common::{Fallible, plans, setting};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};
use triage::clock::Stopwatch;
use triage::domain::ids::Sequence;
use triage::domain::time::Timestamp;
use triage::exchange::{Parsed, Sheet, Times};
use triage::features::history::Recency;
use triage::features::template::{Found, Founder, Seeds, Shingles, Sketch, Templates};
use triage::simulate::{Options, simulate};
use triage::store::{Limits, Store};

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
    let queries = setting("TRIAGE_BENCH_QUERIES", 2_000) as usize;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut first = None;
    for size in sizes {
        let [memory, service] = runtime.block_on(measure(&Texts::new(size, queries)?))?;
        let [memory_first, service_first] = *first.get_or_insert([memory, service]);
        println!(
            "  times as long as with the first size: {:.2} in memory, {:.2} from SQLite",
            memory / memory_first,
            service / service_first
        );
    }
    Ok(())
}

/// Shingles of simulated complaints in the order of receipt, and what is asked of them.
struct Texts {
    texts: Vec<Shingles>,
    asked: Vec<Query>,
    copies: Vec<Query>,
}

/// A text that is looked for among the texts before a place.
struct Query {
    text: String,
    shingles: Shingles,
    place: usize,
}

impl Texts {
    fn new(size: usize, queries: usize) -> Fallible<Self> {
        let directory = tempfile::tempdir()?;
        // Some rows are reports, and some texts are masked or short.
        let items = (size * 3 / 2).clamp(2_000, 1_000_000);
        let step = (size / queries).max(1);
        let mut all = Self { texts: Vec::with_capacity(size), asked: Vec::new(), copies: Vec::new() };
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
                    all.copies.iter_mut().for_each(|copy| copy.place = size);
                    return Ok(all);
                }
            }
        }
        Ok(all)
    }

    /// Adds one, unless it is too short to have shingles; samples every `step`-th.
    fn add(&mut self, text: &str, step: usize, [dice, again]: &mut [Dice; 2]) {
        let place = self.texts.len();
        let text = if place.is_multiple_of(3) { edited(text, dice) } else { text.to_owned() };
        let Some(shingles) = self::shingles(&text) else { return };
        self.texts.push(shingles.clone());
        if (place + 1).is_multiple_of(step) {
            let copy = edited(&text, again);
            let of_copy = self::shingles(&copy);
            self.asked.push(Query { text, shingles, place });
            self.copies.extend(of_copy.map(|shingles| Query { text: copy, shingles, place }));
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

fn shingles(text: &str) -> Option<Shingles> {
    Shingles::of(text, &[], SEEDS)
}

/// Builds, asks, compares; µs a query in memory, and from SQLite.
async fn measure(Texts { texts, asked, copies }: &Texts) -> Fallible<[f64; 2]> {
    let mut templates = Templates::default();
    let mut founders: Vec<usize> = Vec::new();
    let mut of: Vec<usize> = Vec::with_capacity(texts.len());
    let build = Stopwatch::start();
    for (place, text) in texts.iter().enumerate() {
        match templates.find(text, before(place)) {
            Some(found) => of.push(found.template.0 as usize),
            None => {
                templates.found(recency(place), text.clone());
                founders.push(place);
                of.push(place);
            }
        }
    }
    println!("{} texts: {} templates, built in {:.1?}", texts.len(), founders.len(), build.elapsed());
    let making = took(asked, |query| shingles(&query.text));
    let finding = |query: &Query| templates.find(&query.shingles, before(query.place));
    let [query, copy] = [asked, copies].map(|queries| took(queries, finding));
    println!(
        "  {making:.1} µs the shingles of a text; {query:.1} µs a query, {copy:.1} µs one of an edited copy"
    );
    let directory = tempfile::tempdir()?;
    let kept = Kept::new(&directory.path().join("anchors.db"), texts, &founders).await?;
    let [service, copy] = [kept.took(asked, &finding).await?, kept.took(copies, &finding).await?];
    println!("  {service}\n  {copy} (edited copies)");
    for (name, queries) in [("texts", asked), ("copies", copies)] {
        let mut judged = Judged::default();
        for (query, alike) in queries.iter().zip(alike(queries, texts)) {
            let found = finding(query).map(|found| found.template.0 as usize);
            judged.add(&query.shingles, found, &alike, texts, &of);
        }
        println!("  {name}: {judged}");
    }
    Ok([query, service.micros])
}

/// Templates in a SQLite file, read as the service reads them.
struct Kept<'a> {
    pool: SqlitePool,
    texts: &'a [Shingles],
    /// The service's statement for 1, 2, 4, 8 and 16 anchors: so many rows it asks at once.
    anchors: Vec<SqlStr>,
}

/// What a query took there.
#[derive(Default)]
struct Took {
    micros: f64,
    founders: f64,
    opened: f64,
}

impl<'a> Kept<'a> {
    async fn new(path: &std::path::Path, texts: &'a [Shingles], founders: &[usize]) -> Fallible<Self> {
        let store = Store::open(&path.display().to_string(), Limits::default()).await?;
        store.migrate().await?;
        store.close().await;
        let mut rows: Vec<(i64, usize)> = Vec::new();
        for founder in founders {
            rows.extend(texts[*founder].anchors().map(|anchor| (anchor, *founder)));
        }
        rows.sort_unstable();
        rows.dedup();
        // As the service opens its own.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .pragma("cache_size", "-65536")
            .pragma("mmap_size", "268435456")
            .row_buffer_size(4_096);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        let mut tx = pool.begin().await?;
        for rows in rows.chunks(256) {
            let sql = AssertSqlSafe(plans::bulk("NEW_ANCHORS", rows.len())?).into_sql_str();
            let mut insert = sqlx::query(sql);
            for (anchor, founder) in rows {
                let [high, low] = texts[*founder].sketch().words();
                insert = insert.bind(1_i64).bind(anchor).bind(recency(*founder).0).bind(high).bind(low);
            }
            insert.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        let anchors =
            [1, 2, 4, 8, 16].map(|rows| Ok(AssertSqlSafe(plans::bulk("ANCHORS", rows)?).into_sql_str()));
        Ok(Self { pool, texts, anchors: anchors.into_iter().collect::<Fallible<_>>()? })
    }

    /// Asks everything, once without counting, and fails when an answer is not what memory says.
    async fn took(&self, queries: &[Query], memory: &impl Fn(&Query) -> Option<Found>) -> Fallible<Took> {
        let mut took = Took::default();
        for query in queries {
            if self.find(query, &mut took).await? != memory(query) {
                return Err("the file and memory differ".into());
            }
        }
        let (founders, opened) = (took.founders, took.opened);
        let watch = Stopwatch::start();
        for query in queries {
            black_box(self.find(query, &mut took).await?);
        }
        let [micros, founders, opened] =
            [watch.elapsed().as_secs_f64() * 1e6, founders, opened].map(|sum| sum / queries.len() as f64);
        Ok(Took { micros, founders, opened })
    }

    async fn find(&self, Query { shingles, place, .. }: &Query, took: &mut Took) -> Fallible<Option<Found>> {
        let mut templates = Templates::default();
        let mut connection = self.pool.acquire().await?;
        let sought: Vec<i64> = shingles.anchors().collect();
        let mut left = sought.as_slice();
        let end = Recency::after(before(*place)).0;
        while let Some(power) = left.len().checked_ilog2() {
            let power = (power as usize).min(self.anchors.len() - 1);
            let (now, later) = left.split_at(1 << power);
            left = later;
            let read = now.iter().fold(sqlx::query(self.anchors[power].clone()), |read, anchor| {
                read.bind(1_i64).bind(anchor).bind(0_i64).bind(end)
            });
            for row in read.fetch_all(&mut *connection).await? {
                let sketch = Sketch::from([row.try_get(2)?, row.try_get(3)?]);
                templates.add(row.try_get(0)?, Founder { first: Recency(row.try_get(1)?), sketch });
                took.founders += 1.0;
            }
        }
        for first in templates.missing(shingles, before(*place)) {
            templates.tell(first, self.texts[first.sequence().0 as usize].clone());
            took.opened += 1.0;
        }
        Ok(templates.find(shingles, before(*place)))
    }
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { micros, founders, opened } = self;
        write!(f, "{micros:.1} µs a query of SQLite: {founders:.1} places read, {opened:.1} texts opened")
    }
}

/// For each query, the earlier texts at least [`ALIKE`], with their likeness: counted from every shingle of every text.
fn alike(queries: &[Query], texts: &[Shingles]) -> Vec<Vec<(usize, f64)>> {
    let mut having: HashMap<i64, Vec<usize>> = HashMap::new();
    for (query, Query { shingles, .. }) in queries.iter().enumerate() {
        shingles.hashes().iter().for_each(|hash| having.entry(*hash).or_default().push(query));
    }
    let mut alike = vec![Vec::new(); queries.len()];
    let mut common: BTreeMap<usize, usize> = BTreeMap::new();
    for (place, text) in texts.iter().enumerate() {
        for query in text.hashes().iter().filter_map(|hash| having.get(hash)).flatten() {
            *common.entry(*query).or_default() += 1;
        }
        while let Some((query, common)) = common.pop_first() {
            let Query { shingles, place: end, .. } = &queries[query];
            let all = shingles.hashes().len() + text.hashes().len() - common;
            let likeness = common as f64 / all as f64;
            if place < *end && likeness >= ALIKE {
                alike[query].push((place, likeness));
            }
        }
    }
    alike
}

fn at(place: usize) -> Timestamp {
    Timestamp(place as i64 * 1_000_000)
}

/// When all earlier texts were known, and the one in this place was not.
fn before(place: usize) -> Timestamp {
    Timestamp(at(place).0 - 1_000_000)
}

fn recency(place: usize) -> Recency {
    Recency::new(at(place), Sequence(place as i64))
}

/// Mean µs of what is done with a query, with each five times.
fn took<T>(queries: &[Query], mut each: impl FnMut(&Query) -> T) -> f64 {
    const TURNS: usize = 5;
    let watch = Stopwatch::start();
    for _ in 0..TURNS {
        queries.iter().for_each(|query| drop(black_box(each(query))));
    }
    watch.elapsed().as_secs_f64() * 1e6 / (TURNS * queries.len()).max(1) as f64
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
    answered: usize,
    right: usize,
    /// With any text at least [`ALIKE`], and of these, put under one template with such a text.
    near_duplicates: usize,
    with_near_duplicate: usize,
}

impl Judged {
    fn add(
        &mut self,
        query: &Shingles,
        found: Option<usize>,
        alike: &[(usize, f64)],
        texts: &[Shingles],
        of: &[usize],
    ) {
        self.queries += 1;
        self.near_duplicates += usize::from(!alike.is_empty());
        self.with_near_duplicate += usize::from(alike.iter().any(|(place, _)| found == Some(of[*place])));
        let founders = alike.iter().filter(|(place, _)| of[*place] == *place);
        if let Some((first, likeness)) = founders.max_by(|(_, one), (_, other)| one.total_cmp(other)) {
            let class = CLASSES.iter().rposition(|from| likeness >= from).unwrap_or_default();
            self.there[class] += 1;
            self.found[class] += usize::from(found.is_some());
            let shared = query.anchors().any(|anchor| texts[*first].anchors().any(|kept| kept == anchor));
            self.cut_off += usize::from(found.is_none() && shared);
            self.apart += usize::from(found.is_none() && !shared);
        }
        self.answered += usize::from(found.is_some());
        self.right += usize::from(found.is_some_and(|found| query.likeness(&texts[found]) >= ALIKE));
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            queries,
            there,
            found,
            cut_off,
            apart,
            answered,
            right,
            near_duplicates,
            with_near_duplicate,
        } = self;
        let [all, hits] = [there, found].map(|counts| counts.iter().sum::<usize>());
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        write!(f, "{queries} asked, {all} have a like one; recall {:.4} (", share(hits, all))?;
        for (from, (there, found)) in CLASSES.iter().zip(there.iter().zip(found)) {
            write!(f, " {found} of {there} from {from}")?;
        }
        write!(
            f,
            " ; missed {apart} without a shared anchor, {cut_off} with one), precision {:.4} ({right} of {answered})",
            share(*right, *answered)
        )?;
        write!(
            f,
            "; twins by the template alone: recall {:.4} ({with_near_duplicate} of {near_duplicates})",
            share(*with_near_duplicate, *near_duplicates)
        )
    }
}
