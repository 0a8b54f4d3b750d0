use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::*;
use crate::domain::deadline::Start;
use crate::domain::ids::Sequence;
use crate::statute::RuleSet;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn file(at: i64, track: Track, status: Status, received: Day) -> CountedFile {
    CountedFile {
        id: FileId { submission: Sequence(at), track },
        received,
        law: if received < day("2026-04-15") { Law::Order20 } else { Law::Order121 },
        named: true,
        unit: "城东所".to_owned(),
        category: "商品->食品".to_owned(),
        channel: "",
        status,
        accepted_upstream: false,
        ended_upstream: false,
        ground: None,
        disposition: None,
        finding: None,
        label: None,
        recovered_fen: None,
        fined_fen: None,
        confiscated_fen: None,
        clocks: Vec::new(),
    }
}

/// The term of a duty on a file, begun on its day of receipt.
fn term(file: &CountedFile, duty: Duty, start: Start, due: &str) -> Term {
    let rules = RuleSet::of(file.law);
    let row = rules.terms.iter().find(|term| term.duty == duty && term.start == start).unwrap();
    let clock = Clock {
        duty,
        started_by: file.id.submission,
        law: file.law,
        article: rules.cite(row),
        started_on: file.received,
        due_on: day(due).into(),
        latest_on: day(due).into(),
        provisional: false,
        met_on: None,
        dropped: false,
        version: None,
    };
    Term { clock, ends_on: Some(day(due)), paused_since: None }
}

fn made(files: &[CountedFile], reviews: &[CountedReview]) -> Figures {
    let units = ["受理中心", "城西所", "城东所"].map(str::to_owned);
    let period = Days::between(day("2026-01-01"), day("2026-06-30"));
    figures(("测试局", &units), period, day("2026-11-30"), files, reviews)
}

/// What a bureau sees that has only taken in the export of its half year: most of it closed, some refused, some taken up, some open.
fn imported() -> Vec<CountedFile> {
    let (complaint, report) = (Track::Complaint, Track::Report);
    let winter = day("2026-02-02");
    let upstream = |file| CountedFile { ended_upstream: true, ..file };
    let mut files = vec![
        upstream(CountedFile {
            recovered_fen: Some(30_000),
            label: Some(ImportedLabel::Suspected),
            ..file(1, complaint, Status::Closed, winter)
        }),
        upstream(CountedFile {
            label: Some(ImportedLabel::Not),
            unit: "城西所".to_owned(),
            ..file(2, complaint, Status::Closed, day("2026-05-06"))
        }),
        upstream(CountedFile {
            ground: Some(RefusalGround::MaterialMissing),
            ..file(3, complaint, Status::Refused, winter)
        }),
        upstream(CountedFile {
            ground: Some(RefusalGround::MaterialMissing),
            ..file(4, complaint, Status::Refused, day("2026-05-06"))
        }),
        CountedFile { accepted_upstream: true, ..file(5, complaint, Status::Waiting, day("2026-05-07")) },
        file(6, complaint, Status::Waiting, day("2026-06-01")),
        upstream(file(7, report, Status::Closed, winter)),
        upstream(file(8, report, Status::NotFiled, day("2026-05-08"))),
        CountedFile { accepted_upstream: true, ..file(9, report, Status::Waiting, day("2026-03-02")) },
    ];
    for (at, duty, start, due) in [
        (4, Duty::Mediate, Start::Acceptance, "2026-07-06"),
        (5, Duty::Accept, Start::Receipt, "2026-06-10"),
        (5, Duty::TellComplainant, Start::Receipt, "2026-06-10"),
        (8, Duty::TellReporter, Start::FilingDecision, "2026-03-09"),
    ] {
        let term = term(&files[at], duty, start, due);
        files[at].clocks.push(term);
    }
    files
}

fn printed(figures: &Figures) -> String {
    let Printed { sentences, tables, .. } = figures.printed();
    let mut lines = sentences;
    for table in tables {
        lines.push(format!("\n{}：{}", table.title, table.headings.join(" | ")));
        lines
            .extend(table.rows.iter().map(|row| row.iter().map(Cell::words).collect::<Vec<_>>().join(" | ")));
    }
    lines.join("\n")
}

#[test]
fn an_export_alone_is_printed_without_a_zero_that_nobody_told() {
    let text = printed(&made(&imported(), &[]));
    for untrue in [" 0.0%", " 0.00", "行政复议 0", "的 -"] {
        assert!(!text.contains(untrue), "{untrue}\n{text}");
    }
    insta::assert_snapshot!("imported_figures", text);
}

/// A term that the bureau has kept or missed itself has a rate; one whose day an export does not tell spoils the rate of its duty.
#[test]
fn a_rate_stands_only_on_days_that_are_known() {
    let mut here = file(1, Track::Complaint, Status::Accepted, day("2026-05-07"));
    let mut kept = term(&here, Duty::Accept, Start::Receipt, "2026-05-18");
    kept.clock.met_on = Some(day("2026-05-08"));
    here.clocks.push(kept);
    let rate = |files: &[CountedFile]| {
        let tables = made(files, &[]).tables();
        let table = tables.iter().find(|table| table.title == "法定期限按时率").unwrap();
        table.rows.iter().find(|row| row[0].words().starts_with("作出受理")).unwrap().last().unwrap().words()
    };
    assert_eq!(rate(&[here.clone()]), "100.0%");
    let untold =
        CountedFile { ended_upstream: true, ..file(2, Track::Complaint, Status::Closed, day("2026-05-07")) };
    assert_eq!(rate(&[here, untold]), "不计算");
}

#[test]
fn a_simplified_reconsideration_is_counted_within_and_a_suit_is_answered_by_a_statement() {
    let review = |sequence: i64, kind| CountedReview {
        review: Review {
            sequence: Sequence(sequence),
            file: FileId { submission: Sequence(1), track: Track::Complaint },
            kind,
            authority: crate::domain::text::Line::parse("某区人民政府").unwrap(),
            challenged: Status::Refused,
            received_on: day("2026-05-07"),
            reply_on: day("2026-05-17"),
            outcome: (sequence == 1).then_some(ReviewOutcome::Upheld),
            ended_by: None,
        },
        reply: None,
    };
    let reviews = [
        review(1, ReviewKind::Reconsideration),
        review(2, ReviewKind::Simplified),
        review(3, ReviewKind::Suit),
    ];
    let said = made(&[], &reviews).sentences();
    let found: Vec<&String> = said.iter().filter(|one| one.starts_with("行政")).collect();
    assert_eq!(
        found,
        [
            "行政复议 2 件（其中适用简易程序 1 件），其中维持 1 件，未审结 1 件；已提交答复 0 件，按期 0 件。",
            "行政诉讼 1 件，其中未审结 1 件；已提交答辩状 0 件，按期 0 件。",
        ]
    );
}

/// Settled by mediation, of what was accepted and has ended in a way that is stated; a term of verifying that is over is kept or late.
#[test]
fn the_rates_of_mediation_and_of_verifying_are_of_what_is_stated() {
    let received = day("2026-05-07");
    let closed =
        |at, how| CountedFile { disposition: how, ..file(at, Track::Complaint, Status::Closed, received) };
    let mut files = vec![
        closed(1, Some(Disposition::Settled)),
        closed(2, Some(Disposition::Settled)),
        closed(3, Some(Disposition::MediationEnded)),
        closed(4, Some(Disposition::SelfSettled)),
        closed(5, Some(Disposition::OtherChannel)),
        closed(6, None),
    ];
    for (at, met) in [(7, Some("2026-05-20")), (8, Some("2026-06-20")), (9, None)] {
        let mut report = file(at, Track::Report, Status::Filed, received);
        let mut verify = term(&report, Duty::Verify, Start::Receipt, "2026-05-28");
        verify.clock.met_on = met.map(day);
        report.clocks.push(verify);
        files.push(report);
    }
    let figures = made(&files, &[]);
    assert_eq!(figures.mediation, Mediation { ended: 4, settled: 2, self_settled: 1, untold: 1 });
    let said = figures.sentences().concat();
    for part in
        ["投诉 4 件，其中调解成功 2 件，调解成功率 50.0%", "届满的 3 件，其中按时 1 件，按时核查率 33.3%"]
    {
        assert!(said.contains(part), "{part} in {said}");
    }
    files.push(CountedFile { ended_upstream: true, ..file(10, Track::Report, Status::NotFiled, received) });
    let said = made(&files, &[]).sentences().concat();
    assert!(said.contains("导出未载明核查日期的举报 1 件，不计算"), "{said}");
    let said = made(&files[5..6], &[]).sentences().concat();
    assert!(said.contains("调解成功率：导出未载明办结方式的投诉 1 件，不计算。"), "{said}");
}

fn any_file() -> impl Strategy<Value = CountedFile> {
    let of = |values: &'static [Status]| prop::sample::select(values);
    let complaint =
        of(&[Status::Waiting, Status::SignedFor, Status::Accepted, Status::Refused, Status::Closed]);
    let report = of(&[Status::Waiting, Status::SignedFor, Status::Filed, Status::NotFiled, Status::Closed]);
    let status = prop_oneof![(Just(Track::Complaint), complaint), (Just(Track::Report), report),];
    let ends = prop::option::of(prop::sample::select(Disposition::ALL));
    let grounds = prop::option::of(prop::sample::select(RefusalGround::ALL));
    let more = (any::<bool>(), any::<bool>(), prop::option::of(0_i64..100_000), 0_i32..180, 0_usize..4);
    (status, ends, grounds, more).prop_map(
        |((track, status), end, ground, (accepted, ended, fen, days, unit))| CountedFile {
            unit: ["城东所", "城西所", "受理中心", "撤销的所"][unit].to_owned(),
            accepted_upstream: accepted,
            ended_upstream: ended && status.has_ended(),
            disposition: end.filter(|_| status == Status::Closed),
            ground: ground.filter(|_| status == Status::Refused),
            fined_fen: fen,
            ..file(1, track, status, day("2026-01-01").plus(days))
        },
    )
}

/// The numbers of files in a sentence.
fn numbers(sentence: &str) -> Vec<i64> {
    sentence.split(' ').filter_map(|word| word.parse().ok()).collect()
}

fn adds_up(files: &[CountedFile]) -> TestCaseResult {
    let figures = made(files, &[]);
    let (whole, said) = (&figures.whole, figures.sentences());
    for sentence in &said[1..3] {
        let [all, parts @ ..] = &*numbers(sentence) else { panic!("{sentence}") };
        prop_assert_eq!(*all, parts.iter().sum::<i64>(), "{}", sentence);
    }
    for sentence in said.iter().filter(|one| one.starts_with("不予受理的依据")) {
        // Each order gives its sum and then its parts.
        prop_assert_eq!(numbers(sentence).iter().sum::<i64>(), 2 * whole.refused, "{}", sentence);
    }
    for table in figures.tables() {
        let number = |row: &[Cell], at: usize| match row.get(at) {
            Some(Cell::Count(count)) => Some(*count),
            _ => None,
        };
        let (parts, wholes): (Vec<_>, Vec<_>) =
            table.rows.iter().partition(|row| !row.iter().take(2).any(|cell| cell.words() == "合计"));
        if !wholes.is_empty() {
            for at in 0..table.headings.len() {
                let sum = |rows: &[&Vec<Cell>]| rows.iter().filter_map(|row| number(row, at)).sum::<i64>();
                prop_assert_eq!(sum(&parts), sum(&wholes), "{} {}", table.title, table.headings[at]);
            }
        }
        if table.title.starts_with('按') {
            for row in &table.rows {
                for (all, of) in [(1, 2..5), (6, 7..10)] {
                    prop_assert_eq!(number(row, all), of.map(|at| number(row, at)).sum(), "{:?}", row);
                }
            }
        }
        if table.title == "办结方式" {
            let all: i64 = wholes.iter().filter_map(|row| number(row, 2)).sum();
            prop_assert_eq!(all, whole.ended());
        }
    }
    Ok(())
}

proptest! {
    /// Every breakdown comes to its sentence.
    #[test]
    fn parts_come_to_their_whole(files in prop::collection::vec(any_file(), 0..40)) {
        adds_up(&files)?;
    }
}
