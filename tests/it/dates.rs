//! The days of what is done (办理时间): after what it follows and not ahead of the clock; and which terms run beyond the end
//! of a file.

use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, TestCaseResult, TestRunner};
use rstest::rstest;
use triage::domain::act::{NoticeSubject, Party};
use triage::domain::command::{Command, FileRef, Ruling, Verb};
use triage::domain::deadline::{Clock, Duty};
use triage::domain::handling::{
    Disposition, Finding, RefusalGround, ReviewKind, Status, StepKind, TerminationGround,
};
use triage::domain::ids::{RegistrationNumber, Sequence, Track};
use triage::domain::outcome::{Ended, Ending, FileOutcome};
use triage::domain::text::Line;
use triage::domain::time::{Day, Timestamp};
use triage::domain::view::Term;
use triage::service::Failure;

use crate::acts::tell;
use crate::queues::{EAST, Hall, complaint, fields, named, report, step};
use crate::support::world::{LATEST, intake, reception, unit_id, why};
use crate::support::{Backend, MONDAY, rows};

const DAY_MINUTES: u64 = 24 * 60;

fn days(count: i64) -> Timestamp {
    MONDAY.plus_seconds(count * 86_400)
}

fn decide(ruling: Ruling) -> Verb {
    let finding =
        (ruling.track() == Some(Track::Complaint)).then(|| (Finding::NotSuspected, why("首次投诉")));
    Verb::Decide { ruling, finding, on: None, approved_by: None }
}

fn refuse() -> Verb {
    decide(Ruling::Refuse { ground: RefusalGround::NotOurDuty, reason: why("不属本局职责") })
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_step_is_dated_after_what_it_follows(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    hall.file(complaint("A1", 1, 1)).await;
    let file = named("A1", Track::Complaint);
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    let long_ago = Day::parse("1990-01-01").unwrap().start();
    for kind in StepKind::ALL.iter().copied().filter(|kind| *kind != StepKind::TestingEnded) {
        for before in [long_ago, days(-2)] {
            assert_eq!(fields(hall.verb(&file, token, step(kind, before)).await), ["time"], "{kind:?}");
        }
    }
    // The day it came in is a day of it, whatever the hour.
    let token =
        hall.verb(&file, token, step(StepKind::ContactedSender, days(-1).day().start())).await.unwrap();
    // Testing ends after it began, and begins after the last one ended.
    let token = hall.verb(&file, token, step(StepKind::TestingBegan, days(0))).await.unwrap();
    assert_eq!(fields(hall.verb(&file, token, step(StepKind::TestingEnded, days(-1))).await), ["time"]);
    hall.world.wait(2 * DAY_MINUTES);
    let token = hall.verb(&file, token, step(StepKind::TestingEnded, days(2))).await.unwrap();
    assert_eq!(fields(hall.verb(&file, token, step(StepKind::TestingBegan, days(1))).await), ["time"]);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_review_comes_after_the_receipt_and_is_noted_when_it_came(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    hall.file(complaint("A1", 1, 1)).await;
    let file = named("A1", Track::Complaint);
    hall.lead(&file, vec![Verb::SignFor]).await;
    hall.world.wait(2 * DAY_MINUTES);
    let token = hall.state(&file).await.token.unwrap();
    hall.verb(&file, token, refuse()).await.unwrap();
    let open = |on: Timestamp| Command::OpenReview {
        file: file.clone(),
        kind: ReviewKind::Reconsideration,
        authority: Line::parse("某某人民政府").unwrap(),
        received: on.day(),
        against: LATEST,
    };
    for wrong in [days(-9_000), days(-2), days(3)] {
        assert_eq!(fields(hall.ask(reception(), open(wrong)).await), ["received_on"]);
    }
    // What came in before the decision challenges that there was none.
    hall.must(reception(), open(days(1))).await;
    hall.must(reception(), open(days(2))).await;
    let challenged: Vec<Status> = hall.state(&file).await.reviews.iter().map(|one| one.challenged).collect();
    assert_eq!(challenged, [Status::SignedFor, Status::Refused]);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn one_dispute_over_competence_at_a_time_and_none_beyond_the_end(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let running = async |file: &FileRef| -> Vec<Duty> {
        let clocks = hall.state(file).await.clocks;
        clocks.into_iter().map(|term| term.clock).filter(Clock::runs).map(|clock| clock.duty).collect()
    };
    let disputed = || step(StepKind::CompetenceDisputed, MONDAY);
    let ends: [(&'static str, Track, End); 4] = [
        ("A1", Track::Complaint, refuse),
        ("A2", Track::Complaint, || Verb::Return { reason: why("不属本所") }),
        ("R1", Track::Report, || decide(Ruling::NotFile { reason: why("查无实据"), basis: None })),
        ("R2", Track::Report, || Verb::Return { reason: why("不属本所") }),
    ];
    for (number, track, end) in ends {
        let item = if track == Track::Complaint { complaint(number, 1, 0) } else { report(number, 2, 0) };
        hall.file(item).await;
        let file = named(number, track);
        let token = hall.lead(&file, vec![Verb::SignFor, disputed()]).await;
        assert_eq!(fields(hall.verb(&file, token, disputed()).await), ["kind"], "{number}");
        let disputes =
            running(&file).await.into_iter().filter(|duty| *duty == Duty::ResolveCompetence).count();
        assert_eq!(disputes, 1, "{number}");
        hall.verb(&file, token, end()).await.unwrap();
        assert!(!running(&file).await.contains(&Duty::ResolveCompetence), "{number}");
    }
    hall.world.close().await;
}

/// A verb that ends a file or gives it back.
type End = fn() -> Verb;

/// One act of whoever may: its kind, and which file of two.
type Tried = (u8, bool, i64);

/// Tries an act; what does not fit is refused, and that is fine.
async fn attempt(hall: &Hall, (act, first, day): Tried, track: Track) -> Result<(), Failure> {
    let number = if first { "F1" } else { "F2" };
    let file = named(number, track);
    let token = hall.state(&file).await.token.unwrap_or(Sequence(1));
    let of = RegistrationNumber::parse(if first { "F2" } else { "F1" }).unwrap();
    let reason = || why("经核实");
    let on = hall.world.clock.now().plus_seconds(-86_400 * day);
    let complains = track == Track::Complaint;
    let verb = match act {
        0 | 1 => {
            hall.pull_by(EAST, "e1", track, 50).await;
            let token = hall.state(&file).await.token.unwrap_or(Sequence(1));
            return hall.verb(&file, token, Verb::SignFor).await.map(|_| ());
        }
        2 => decide(if complains { Ruling::Accept } else { Ruling::File }),
        3 if complains => refuse(),
        3 => decide(Ruling::NotFile { reason: reason(), basis: None }),
        4 => decide(Ruling::Repeat { of, reason: reason() }),
        5 => decide(Ruling::Merge { into: of, reason: reason() }),
        6 => {
            let disposition = match (complains, day % 2) {
                (true, 0) => Disposition::MediationEnded,
                (true, _) => Disposition::Settled,
                (false, _) => Disposition::Penalised,
            };
            let termination =
                (disposition == Disposition::MediationEnded).then_some(TerminationGround::NoAgreement);
            Verb::Close { disposition, termination, ground: None, on: None, recovered: None, note: None }
        }
        7 => Verb::Return { reason: reason() },
        8 | 9 => step(StepKind::CompetenceDisputed, on),
        10 => tell(NoticeSubject::Termination, Party::Sender, on.day()),
        11 => step(StepKind::TestingBegan, on),
        12 => step(StepKind::TestingEnded, on),
        13 => Verb::Prolong {
            approved_by: Line::parse("局长").unwrap(),
            reason: reason(),
            on: None,
            until: None,
        },
        14 => {
            let number = file.number;
            return hall.ask(intake(), Command::Withdraw { number, reason: None }).await.map(|_| ());
        }
        15 => {
            let ended = if complains { Ended::Refused(None) } else { Ended::NotFiled };
            let ending = Some(Ending {
                ended,
                at: None,
                recovered: None,
                fined: None,
                confiscated: None,
                handled_by: None,
            })
            .filter(|_| day > 2);
            let outcome = FileOutcome {
                ending,
                accepted_upstream: day <= 2,
                imported_label: None,
                handled_by: None,
                as_of: hall.world.clock.now(),
            };
            return hall.ask(intake(), Command::Outcome { file, outcome }).await.map(|_| ());
        }
        _ => {
            let sent = Command::Reassign { file, unit: unit_id("east"), reason: reason() };
            return hall.ask(reception(), sent).await.map(|_| ());
        }
    };
    hall.verb(&file, token, verb).await.map(|_| ())
}

async fn lived(backend: Backend, track: Track, acts: &[Tried]) -> TestCaseResult {
    let hall = Hall::open(backend).await;
    for (number, days_ago) in [("F1", 3), ("F2", 2)] {
        let item = if track == Track::Complaint {
            complaint(number, 1, days_ago)
        } else {
            report(number, 1, days_ago)
        };
        hall.file(item).await;
    }
    let mut done = 0;
    for act in acts {
        hall.world.wait(300);
        done += usize::from(attempt(&hall, *act, track).await.is_ok());
        for number in ["F1", "F2"] {
            let file = named(number, track);
            let state = hall.state(&file).await;
            let running: Vec<Duty> = state
                .clocks
                .iter()
                .map(|term| &term.clock)
                .filter(|clock| clock.runs())
                .map(|clock| clock.duty)
                .collect();
            let ended = state.status.has_ended();
            prop_assert!(!ended || running.iter().all(|duty| duty.is_to_tell()), "{act:?}: {running:?}");
            let disputes = running.iter().filter(|duty| **duty == Duty::ResolveCompetence).count();
            prop_assert!(disputes <= usize::from(state.status != Status::Waiting), "{act:?}: {running:?}");
            for Term { clock, .. } in &state.clocks {
                prop_assert!(clock.met_on.is_none_or(|on| on >= clock.started_on), "{clock:?}");
            }
        }
    }
    let running = "SELECT COUNT(*) FROM deadline WHERE met_on < started_on";
    prop_assert_eq!(rows::rows(&hall.world.config, running).await, ["0"]);
    prop_assert!(done > 0 || acts.is_empty() || !matches!(acts[0].0, 0 | 1));
    hall.world.close().await;
    Ok(())
}

#[rstest]
#[case::sqlite(Backend::Sqlite, 24)]
#[case::postgres(Backend::Postgres, 6)]
fn whatever_is_done_an_ended_file_owes_nothing_but_to_tell(#[case] backend: Backend, #[case] usual: u32) {
    const UNSET: u32 = 256;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked = Some(Cases::default().cases).filter(|cases| *cases != UNSET);
    let settings = Cases {
        cases: asked.unwrap_or(usual),
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Cases::default()
    };
    // Held first, then anything.
    let acts = proptest::collection::vec((0..17_u8, any::<bool>(), 0..6_i64), 6..20);
    let acts = acts.prop_map(|acts| [vec![(0, true, 0), (0, false, 0), (8, true, 0)], acts].concat());
    let track = prop_oneof![Just(Track::Complaint), Just(Track::Report)];
    TestRunner::new(settings)
        .run(&(track, acts), |(track, acts)| runtime.block_on(lived(backend, track, &acts)))
        .unwrap();
}
