//! The figures of a period (年度、月度统计): they add up, an independent query of the database comes to the same, and made again they
//! are the same bytes.

use std::collections::BTreeMap;

use proptest::prop_assert_eq;
use proptest::test_runner::TestCaseResult;
use rstest::rstest;
use triage::app::Config;
use triage::domain::handling::ReviewKind;
use triage::domain::ids::Track;
use triage::domain::time::Days;
use triage::figures::{Counts, Figures, Mediation, Money};
use triage::routing::LoadBasis;
use triage::service::{Failure, Service};

use crate::queues::day;
use crate::support::histories::live::live;
use crate::support::histories::{History, months};
use crate::support::proofs::prove;
use crate::support::world::{World, intake, reception, unit};
use crate::support::{Backend, fresh, rows};

/// Whether a complaint was mediated here.
const MEDIATED: &str = "EXISTS (SELECT 1 FROM deadline m WHERE m.bureau_id = f.bureau_id AND m.submission = f.submission AND m.track = f.track AND m.duty = 2)";

/// What became of a file, by its columns alone.
const ACCEPTED: &str = "(f.track = 0 AND (f.status = 3 OR (f.status IN (1, 2) AND f.accepted_upstream = 1)
    OR (f.status = 7 AND (f.disposition IN (1, 2, 4, 11) OR (f.disposition = 3 AND (f.outcome IS NOT NULL OR {mediated})) OR (f.disposition = 8 AND {mediated})))))";
const FILED: &str = "(f.track = 1 AND (f.status = 5 OR (f.status IN (1, 2) AND f.accepted_upstream = 1) OR (f.status = 7 AND f.disposition IN (5, 6, 7))))";

struct Asked<'a> {
    config: &'a Config,
    period: String,
}

impl Asked<'_> {
    async fn rows(&self, what: &str, from: &str, rest: &str) -> Vec<String> {
        let text =
            format!("SELECT {what} FROM {from} WHERE {} {rest}", self.period).replace("{mediated}", MEDIATED);
        rows::rows(self.config, text.leak()).await
    }

    async fn number(&self, which: &str) -> i64 {
        self.rows("COUNT(*)", "file f", &format!("AND {which}")).await[0].parse().unwrap()
    }

    async fn money(&self, column: &str) -> Money {
        let sum = format!("CAST(COALESCE(SUM({column}), 0) AS BIGINT)");
        let fen = self.rows(&sum, "file f", "").await[0].parse().unwrap();
        Money { fen, stated: self.number(&format!("{column} IS NOT NULL")).await }
    }
}

async fn whole(asked: &Asked<'_>) -> Counts {
    Counts {
        complaints: asked.number("f.track = 0").await,
        accepted: asked.number(ACCEPTED).await,
        refused: asked.number("f.status = 4").await,
        reports: asked.number("f.track = 1").await,
        filed: asked.number(FILED).await,
        not_filed: asked.number("f.status = 6").await,
        complaints_ended: asked.number("f.track = 0 AND f.status IN (4, 6, 7)").await,
        reports_ended: asked.number("f.track = 1 AND f.status IN (4, 6, 7)").await,
        recovered: asked.money("f.recovered_fen").await,
        fined: asked.money("f.fined_fen").await,
        confiscated: asked.money("f.confiscated_fen").await,
        suspected: asked.number("f.finding = 1").await,
        found: asked.number("f.finding IN (1, 2)").await,
    }
}

/// Rows of two or three numbers, as a query gives them.
fn lines<T: std::fmt::Display>(cells: &[T]) -> String {
    cells.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ")
}

async fn terms_agree(asked: &Asked<'_>, figures: &Figures) -> TestCaseResult {
    let ended = "CAST(CASE WHEN f.status IN (4, 6, 7) THEN 1 ELSE 0 END AS BIGINT)";
    let sum = |which: &str| format!("CAST(SUM(CASE WHEN {which} THEN 1 ELSE 0 END) AS BIGINT)");
    // The term of mediation is another one under each order.
    let law = "CAST(CASE WHEN d.duty = 2 THEN d.law ELSE 0 END AS BIGINT)";
    let (as_of, first) = (figures.as_of.0, format!("d.duty, {law}, {ended}"));
    let what = [
        first.clone(),
        sum("d.met_on <= d.due_on"),
        sum(&format!("d.met_on > d.due_on OR (d.met_on IS NULL AND d.due_on < {as_of})")),
        sum(&format!("d.met_on IS NULL AND d.due_on >= {as_of}")),
    ];
    let from = "file f JOIN deadline d ON d.bureau_id = f.bureau_id AND d.submission = f.submission AND d.track = f.track";
    let rest = format!("AND d.dropped = 0 AND d.due_on < 2147483647 GROUP BY {first} ORDER BY {first}");
    let theirs = asked.rows(&what.join(", "), from, &rest).await;
    let row = |kept: &triage::figures::TermsKept| {
        let law = kept.law.map_or(0, |law| i64::from(law.code()));
        let counts = [kept.in_time, kept.late, kept.running];
        lines(&[&[i64::from(kept.duty.code()), law, i64::from(kept.ended)], &counts[..]].concat())
    };
    // What an export does not date has no term that the query counts.
    let counted = |kept: &&triage::figures::TermsKept| kept.in_time + kept.late + kept.running > 0;
    prop_assert_eq!(figures.terms.iter().filter(counted).map(row).collect::<Vec<_>>(), theirs);
    Ok(())
}

/// What the service counts is what the database says.
async fn agree(service: &Service, config: &Config, period: Days) -> TestCaseResult {
    let figures = service.figures(&reception(), period).await.unwrap();
    let (from, to) = (period.first().start().0, period.last().plus(1).start().0);
    let asked = Asked { config, period: format!("f.received_at >= {from} AND f.received_at < {to}") };
    prop_assert_eq!(&figures.whole, &whole(&asked).await);
    let by_ground = asked
        .rows(
            "CAST(COALESCE(f.ground, 0) AS BIGINT), COUNT(*)",
            "file f",
            "AND f.status = 4 GROUP BY 1 ORDER BY 1",
        )
        .await;
    // The query does not know which order governs: of each ground the sum is the same.
    let mut ours: BTreeMap<i64, i64> = BTreeMap::new();
    for (_, ground, files) in &figures.refused_by {
        *ours.entry(ground.map_or(0, |ground| i64::from(ground.code()))).or_default() += files;
    }
    prop_assert_eq!(
        ours.iter().map(|(ground, files)| lines(&[*ground, *files])).collect::<Vec<_>>(),
        by_ground
    );
    let by_end = "AND f.status = 7 GROUP BY 1, 2 ORDER BY 1, 2";
    let by_end =
        asked.rows("f.track, CAST(COALESCE(f.disposition, 0) AS BIGINT), COUNT(*)", "file f", by_end).await;
    let ours = figures.closed_by.iter().map(|(track, how, files)| {
        let track = i64::from(*track == Track::Report);
        lines(&[track, how.map_or(0, |how| i64::from(how.code())), *files])
    });
    prop_assert_eq!(ours.collect::<Vec<_>>(), by_end);
    let marks = (
        asked.number("f.track = 0 AND f.imported_label = 1").await,
        asked.number("f.track = 0 AND f.imported_label IS NOT NULL").await,
    );
    prop_assert_eq!((figures.marked.suspected, figures.marked.marked), marks);
    let ended = format!("f.status = 7 AND f.disposition IS NOT NULL AND {ACCEPTED}");
    let mediation = Mediation {
        ended: asked.number(&ended).await,
        settled: asked.number("f.status = 7 AND f.disposition = 1").await,
        self_settled: asked.number("f.status = 7 AND f.disposition = 11").await,
        untold: asked.number("f.track = 0 AND f.status = 7 AND f.disposition IS NULL").await,
    };
    prop_assert_eq!(figures.mediation, mediation);
    prop_assert_eq!(figures.undetermined, asked.number("f.finding = 3").await);
    // A term that stands still counts nowhere; where there is one, this query does not know it.
    if asked.number("f.testing LIKE '%since%'").await == 0 {
        terms_agree(&asked, &figures).await?;
    }
    let units = asked.rows("COUNT(*)", "file f", "GROUP BY f.unit ORDER BY f.unit").await;
    let mut ours: Vec<String> =
        figures.units.iter().map(|group| group.counts.received().to_string()).collect();
    let mut theirs = units;
    ours.sort_unstable();
    theirs.sort_unstable();
    prop_assert_eq!(ours, theirs);
    let days = format!("r.received_on BETWEEN {} AND {}", period.first().0, period.last().0);
    let reviews = Asked { config, period: days };
    for of in &figures.reviews {
        let kind = of.kind.code();
        let counted = reviews.rows("COUNT(*)", "review r", &format!("AND r.kind = {kind}")).await;
        prop_assert_eq!(lines(&[of.received]), &*counted[0]);
        let ended = format!("AND r.kind = {kind} AND r.outcome IS NOT NULL GROUP BY 1 ORDER BY 1");
        let ended = reviews.rows("r.outcome, COUNT(*)", "review r", &ended).await;
        let ours = of.outcomes.iter().map(|(outcome, count)| lines(&[i64::from(outcome.code()), *count]));
        prop_assert_eq!(ours.collect::<Vec<_>>(), ended);
    }
    adds_up(&figures)?;
    let again = service.figures(&reception(), period).await.unwrap();
    prop_assert_eq!(figures.to_json().unwrap(), again.to_json().unwrap());
    prop_assert_eq!(figures.to_html(), again.to_html());
    prop_assert_eq!(figures.to_sheet().unwrap(), again.to_sheet().unwrap());
    Ok(())
}

/// Every breakdown comes to the whole.
fn adds_up(figures: &Figures) -> TestCaseResult {
    for groups in [&figures.months, &figures.units, &figures.categories, &figures.channels] {
        let sum = |of: fn(&Counts) -> i64| groups.iter().map(|group| of(&group.counts)).sum::<i64>();
        let whole = &figures.whole;
        prop_assert_eq!(sum(Counts::received), whole.received());
        prop_assert_eq!(sum(Counts::ended), whole.ended());
        prop_assert_eq!(sum(|counts| counts.recovered.fen), whole.recovered.fen);
        prop_assert_eq!(sum(|counts| counts.suspected), whole.suspected);
    }
    let fates: i64 = figures.fates.iter().map(|(_, _, files)| files).sum();
    prop_assert_eq!(fates, figures.whole.received());
    Ok(())
}

async fn lived(backend: Backend, history: &History) -> TestCaseResult {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    live(&world, &config, history).await;
    for (from, to) in
        [("2026-05-01", "2026-05-31"), ("2025-06-01", "2027-05-31"), ("2020-01-01", "2020-12-31")]
    {
        agree(&world.service, &config, Days::between(day(from), day(to))).await?;
    }
    world.close().await;
    Ok(())
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
fn an_independent_query_comes_to_the_same(#[case] backend: Backend) {
    let cases = if backend == Backend::Sqlite { 6 } else { 2 };
    prove(cases, months(), |runtime, history| runtime.block_on(lived(backend, &history)));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn figures_are_for_reception_and_say_nothing_of_an_empty_period(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    let period = Days::between(day("2026-01-01"), day("2026-12-31"));
    for caller in [unit(1), intake()] {
        assert!(matches!(world.service.figures(&caller, period).await, Err(Failure::Denied)));
    }
    let figures = world.service.figures(&reception(), period).await.unwrap();
    assert_eq!((figures.whole.received(), figures.suspected.share()), (0, None));
    assert!(figures.sentences()[0].contains("共接收投诉举报 0 件"), "{:?}", figures.sentences());
    assert_eq!(figures.reviews.iter().map(|of| of.kind).collect::<Vec<_>>(), ReviewKind::ALL);
    world.close().await;
}
