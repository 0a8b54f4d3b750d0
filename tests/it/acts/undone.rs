//! What falls is undone (撤销、责令重作、自行纠正): the file stands again as it did before the act that fell, and no further back.

use super::reviews::{end, open, opened_against, refused};
use super::*;

fn handed_over() -> Verb {
    let to = line("昆都仑区公安分局");
    let reason = why("涉嫌捏造事实");
    record(on(0), FileAct::HandedOver { to, receipt: None, approved_by: Some(line("局长")), reason })
}

fn not_filed() -> Verb {
    decide(Ruling::NotFile { reason: why("查无实据"), basis: None }, None)
}

fn file() -> Verb {
    decide(Ruling::File, None)
}

fn ended() -> Verb {
    close(Disposition::MediationEnded, Some(TerminationGround::NoAgreement))
}

fn corrected(on: Day, reason: &str) -> Verb {
    record(on, FileAct::SelfCorrected { approved_by: line("局长"), reason: why(reason) })
}

/// A file that was led so far.
async fn led(hall: &Hall, number: &'static str, track: Track, verbs: Vec<Verb>) -> FileRef {
    let item = if track == Track::Complaint {
        complaint(number, 1, 0)
    } else {
        report(number, 2, 0).of("服务->美容")
    };
    hall.file(item).await;
    let file = named(number, track);
    hall.lead(&file, [Verb::SignFor].into_iter().chain(verbs).collect()).await;
    file
}

/// Open work of the east, as it is counted.
async fn load(hall: &Hall) -> Vec<String> {
    let sql = "SELECT track, open_centiunits FROM unit_load WHERE unit = 'east' ORDER BY track";
    crate::support::rows::rows(&hall.world.config, sql).await
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_file_stands_again_as_before_the_act_that_fell(#[case] backend: Backend) {
    use Duty::{Accept, Mediate, TellComplainant, Verify};
    use Status::{Accepted, Closed, Filed, NotFiled, Refused, SignedFor, Waiting};
    let hall = Hall::open(backend).await;
    let refusal = || refuse(RefusalGround::TooLate);
    let not_ours = || decide(Ruling::NotCompetent { competent: None, reason: why("在青山区") }, None);
    let other =
        || decide(Ruling::OtherChannel { matter: OtherMatter::Consultation, reason: why("咨询") }, None);
    let found = || Verb::Close {
        disposition: Disposition::GroundFoundLater,
        termination: None,
        ground: Some(RefusalGround::HandledElsewhere),
        on: None,
        recovered: None,
        note: Some(why("区法院已立案")),
    };
    let act = |status| Some(Against::Act(status));
    // What was done; what is challenged and falls; where the file stands before and after; what is owed then.
    let complaint = Track::Complaint;
    let complaints = [
        ("C1", vec![refusal()], LATEST, Refused, Waiting, vec![Accept, TellComplainant]),
        ("C2", vec![accept(), ended()], LATEST, Closed, Accepted, vec![TellComplainant, Mediate]),
        (
            "C3",
            vec![accept(), close(Disposition::Settled, None)],
            LATEST,
            Closed,
            Accepted,
            vec![TellComplainant, Mediate],
        ),
        ("C4", vec![accept(), found()], act(Closed), Closed, Accepted, vec![TellComplainant, Mediate]),
        ("C5", vec![accept(), handed_over()], LATEST, Closed, Accepted, vec![TellComplainant, Mediate]),
        ("C6", vec![handed_over()], LATEST, Closed, Waiting, vec![Accept, TellComplainant]),
        ("C7", vec![other()], LATEST, Closed, Waiting, vec![Accept, TellComplainant]),
        // The acceptance itself: what followed from it falls with it.
        ("C8", vec![accept()], LATEST, Accepted, SignedFor, vec![Accept, TellComplainant]),
        ("C9", vec![accept(), ended()], act(Accepted), Closed, Waiting, vec![Accept, TellComplainant]),
    ];
    let report = Track::Report;
    let reports = [
        ("R1", vec![not_filed()], LATEST, NotFiled, Waiting, vec![Verify]),
        ("R2", vec![file(), close(Disposition::NoViolation, None)], LATEST, Closed, Filed, vec![]),
        ("R3", vec![file(), close(Disposition::Penalised, None)], act(Closed), Closed, Filed, vec![]),
        ("R4", vec![file(), handed_over()], LATEST, Closed, Filed, vec![]),
        ("R5", vec![handed_over()], LATEST, Closed, Waiting, vec![Verify]),
        ("R6", vec![not_ours()], LATEST, Closed, Waiting, vec![Verify]),
        ("R7", vec![file()], LATEST, Filed, SignedFor, vec![Verify]),
        ("R8", vec![file(), close(Disposition::Penalised, None)], act(Filed), Closed, Waiting, vec![Verify]),
    ];
    let all = complaints
        .into_iter()
        .map(|row| (complaint, row))
        .chain(reports.into_iter().map(|row| (report, row)));
    for (track, (number, verbs, against, before, after, then_owed)) in all {
        let file = led(&hall, number, track, verbs).await;
        assert_eq!(hall.state(&file).await.status, before, "{number}");
        let review = opened_against(&hall, &file, ReviewKind::Reconsideration, on(0), against).await;
        end(&hall, &file, review, ReviewEnd::of(ReviewOutcome::Revoked)).await;
        let state = hall.state(&file).await;
        assert_eq!(state.status, after, "{number}");
        assert_eq!((state.disposition, state.ground, state.ended_at), (None, None, None), "{number}");
        assert_eq!(owed(&hall, &file).await, then_owed, "{number}");
        if after == Waiting {
            hall.lead(&file, vec![Verb::SignFor]).await;
        } else {
            // Who holds it goes on with it, by the version that is shown.
            assert_eq!(state.officer, Some(officer("e1")), "{number}");
            let seen = Verb::Step { kind: StepKind::Evidence, at: MONDAY, note: None };
            hall.verb(&file, state.token.unwrap(), seen).await.unwrap();
        }
    }
    // All of them are open work again, each once.
    let sql = "SELECT track, CAST(SUM(centiunits) AS BIGINT) FROM file WHERE unit = 'east' AND status IN (1, 2, 3, 5) GROUP BY track ORDER BY track";
    assert_eq!(load(&hall).await, crate::support::rows::rows(&hall.world.config, sql).await);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_does_not_fall_stands(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let of = ReviewEnd::of;
    let itself = |outcome| ReviewEnd { decided_itself: true, ..of(outcome) };
    for (number, how) in [
        ("S1", of(ReviewOutcome::Upheld)),
        ("S2", of(ReviewOutcome::Dismissed)),
        ("S3", of(ReviewOutcome::Discontinued)),
        ("S4", of(ReviewOutcome::DeclaredUnlawful)),
        ("S5", itself(ReviewOutcome::Changed)),
        ("S6", itself(ReviewOutcome::Revoked)),
        ("S7", itself(ReviewOutcome::DeclaredVoid)),
    ] {
        let file = led(&hall, number, Track::Complaint, vec![accept(), ended()]).await;
        let review = open(&hall, &file, ReviewKind::Suit, on(0)).await;
        end(&hall, &file, review, how).await;
        let state = hall.state(&file).await;
        assert_eq!(
            (state.status, state.disposition),
            (Status::Closed, Some(Disposition::MediationEnded)),
            "{number}"
        );
    }
    // Taken back by the bureau and accepted meanwhile: what falls is not what the file stands by.
    let (file, token) = refused(&hall, "S8", RefusalGround::TooLate).await;
    let review = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
    let second = open(&hall, &file, ReviewKind::Suit, on(0)).await;
    hall.verb(&file, token, corrected(on(0), "购买日期有误")).await.unwrap();
    let token = hall.lead(&file, vec![Verb::SignFor, accept()]).await;
    for review in [review, second] {
        end(&hall, &file, review, of(ReviewOutcome::RedoOrdered)).await;
        assert_eq!(hall.state(&file).await.status, Status::Accepted);
    }
    // Against doing nothing, and it was decided meanwhile: the decision stands, and is what is ordered.
    let suit =
        opened_against(&hall, &file, ReviewKind::Suit, on(0), Some(Against::Act(Status::SignedFor))).await;
    hall.verb(&file, token, ended()).await.unwrap();
    end(&hall, &file, suit, of(ReviewOutcome::Revoked)).await;
    assert_eq!(hall.state(&file).await.status, Status::Closed);
    // An act by which the file does not stand is not challenged.
    for wrong in [Status::Refused, Status::Filed, Status::NotFiled] {
        let open = Command::OpenReview {
            file: file.clone(),
            kind: ReviewKind::Suit,
            authority: line("昆都仑区人民法院"),
            received: on(0),
            against: Some(Against::Act(wrong)),
        };
        assert_eq!(fields(hall.ask(reception(), open).await), ["challenged"], "{wrong:?}");
    }
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_goes_on_again_has_its_term(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    hall.load(BUREAU.replacen("[settings]", "[settings]\ncase_clock = \"here\"", 1)).await;
    // Mediation was broken off on the first day; the end falls on the tenth, noted on the twelfth.
    let file = led(&hall, "T1", Track::Complaint, vec![accept(), ended()]).await;
    let review = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
    let ordered = led(&hall, "T2", Track::Complaint, vec![accept(), ended()]).await;
    let of_ordered = open(&hall, &ordered, ReviewKind::Reconsideration, on(0)).await;
    let case = led(&hall, "T3", Track::Report, vec![self::file(), close(Disposition::Penalised, None)]).await;
    let of_case = open(&hall, &case, ReviewKind::Suit, on(0)).await;
    hall.world.wait(12 * DAY);
    let revoked = |act_by| ReviewEnd { on: Some(on(10)), act_by, ..ReviewEnd::of(ReviewOutcome::Revoked) };
    end(&hall, &file, review, revoked(None)).await;
    let mediate = hall.clock(&file, Duty::Mediate).await;
    assert_eq!(
        (mediate.started_on, mediate.due_on),
        (on(10), LastDay::from(on(70))),
        "sixty days from the day it fell"
    );
    assert!(
        !owed(&hall, &file).await.contains(&Duty::NotifyTermination),
        "nobody is to be told of the end that fell"
    );
    end(&hall, &ordered, of_ordered, revoked(Some(on(11)))).await;
    assert_eq!(owed(&hall, &ordered).await, [Duty::TellComplainant, Duty::Mediate, Duty::ActAsOrdered]);
    let due = LastDay::from(on(11));
    for duty in [Duty::Mediate, Duty::ActAsOrdered] {
        let clock = hall.clock(&ordered, duty).await;
        assert_eq!((clock.started_on, clock.due_on), (on(10), due), "{duty:?}");
    }
    // Done on the day that was set, noted on the next: in time.
    let token = hall.state(&ordered).await.token.unwrap();
    let done = FileAct::Performed { review: of_ordered, note: why("已恢复调解并通知双方") };
    hall.verb(&ordered, token, record(on(11), done)).await.unwrap();
    assert_eq!(figures(&hall, Duty::ActAsOrdered).await, (1, 1));
    end(&hall, &case, of_case, revoked(None)).await;
    let decide_case = hall.clock(&case, Duty::DecideCase).await;
    assert_eq!((decide_case.started_on, decide_case.due_on), (on(10), LastDay::from(on(100))));
    // It ends once more, and counts once in each figure.
    let token = hall.state(&file).await.token.unwrap();
    hall.verb(&file, token, close(Disposition::Settled, None)).await.unwrap();
    assert_eq!(hall.state(&file).await.disposition, Some(Disposition::Settled));
    hall.world.close().await;
}

/// What is ordered is owed until it is done, with a day or without, and one performance does not do what another review ordered.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_ordered_is_owed_until_it_is_done(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let file = led(&hall, "O1", Track::Report, vec![file(), close(Disposition::NoViolation, None)]).await;
    let first = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
    let second = open(&hall, &file, ReviewKind::Suit, on(0)).await;
    // To tell the reporter: the end of the case stands, no day was set.
    end(&hall, &file, first, ReviewEnd::of(ReviewOutcome::ActOrdered)).await;
    let by = ReviewEnd { act_by: Some(on(20)), ..ReviewEnd::of(ReviewOutcome::DeclaredUnlawful) };
    end(&hall, &file, second, by).await;
    let orders = async || {
        let clocks = hall.state(&file).await.clocks.into_iter().map(|term| term.clock);
        clocks
            .filter(|clock| clock.duty == Duty::ActAsOrdered)
            .map(|clock| (clock.due_on, clock.met_on))
            .collect::<Vec<_>>()
    };
    assert_eq!(hall.state(&file).await.status, Status::Closed);
    assert_eq!(orders().await, [(LastDay::OPEN, None), (LastDay::from(on(20)), None)]);
    let token = hall.state(&file).await.token.unwrap();
    let performed = |review| record(on(0), FileAct::Performed { review, note: why("已书面告知举报人") });
    let token = hall.verb(&file, token, performed(first)).await.unwrap();
    assert_eq!(orders().await, [(LastDay::OPEN, Some(on(0))), (LastDay::from(on(20)), None)]);
    assert_eq!(fields(hall.verb(&file, token, performed(first)).await), ["performed.review"], "once");
    hall.verb(&file, token, performed(second)).await.unwrap();
    assert!(!owed(&hall, &file).await.contains(&Duty::ActAsOrdered));
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_bureau_takes_an_end_of_its_own_back(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let rows = [
        ("B1", Track::Complaint, vec![accept(), ended()], Status::Accepted),
        ("B2", Track::Complaint, vec![handed_over()], Status::Waiting),
        ("B3", Track::Report, vec![file(), close(Disposition::Rectified, None)], Status::Filed),
        ("B4", Track::Report, vec![not_filed()], Status::Waiting),
    ];
    for (number, track, verbs, after) in rows {
        let file = led(&hall, number, track, verbs).await;
        let token = hall.state(&file).await.token.unwrap();
        let by_score = hall.verb(&file, token, corrected(on(0), "评分高")).await;
        assert_eq!(fields(by_score), ["self_corrected.reason"], "{number}");
        hall.verb(&file, token, corrected(on(0), "结论依据不足")).await.unwrap();
        assert_eq!(hall.state(&file).await.status, after, "{number}");
        let seen = hall.world.service.file(&unit(EAST), &file).await.unwrap();
        let last = seen.acts.last().unwrap();
        assert!(last.title.contains("自行纠正，局长批准"), "{}", last.title);
        assert_eq!(last.text.as_deref(), Some("结论依据不足"));
    }
    // Not on a day before the end that is taken back, and not what stands open.
    let (file, token) = signed(&hall, "B5").await;
    let token = hall.verb(&file, token, accept()).await.unwrap();
    assert!(hall.verb(&file, token, corrected(on(0), "误受理")).await.is_err(), "it has not ended");
    hall.world.wait(3 * DAY);
    let token = hall.verb(&file, token, ended()).await.unwrap();
    assert_eq!(fields(hall.verb(&file, token, corrected(on(1), "结论依据不足")).await), ["done_on"]);
    hall.world.close().await;
}

/// Who decides the same again by the same ground is warned, unless the decision fell for want of form.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_same_decision_again_is_warned_of(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let warned = "SELECT COUNT(*) FROM audit WHERE action = 'decided_the_same_again'";
    for (number, on_merits, again, count) in [
        ("W1", true, RefusalGround::NotOurDuty, "0"),
        ("W2", false, RefusalGround::TooLate, "0"),
        ("W3", true, RefusalGround::TooLate, "1"),
    ] {
        let (file, _) = refused(&hall, number, RefusalGround::TooLate).await;
        let review = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
        let redo = ReviewEnd { on_merits: Some(on_merits), ..ReviewEnd::of(ReviewOutcome::RedoOrdered) };
        end(&hall, &file, review, redo).await;
        hall.lead(&file, vec![Verb::SignFor, refuse(again)]).await;
        assert_eq!(crate::support::rows::rows(&hall.world.config, warned).await, [count], "{number}");
    }
    let file = led(&hall, "W4", Track::Report, vec![not_filed()]).await;
    let review = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
    end(&hall, &file, review, ReviewEnd::of(ReviewOutcome::Revoked)).await;
    hall.lead(&file, vec![Verb::SignFor, not_filed()]).await;
    assert_eq!(crate::support::rows::rows(&hall.world.config, warned).await, ["2"]);
    hall.world.close().await;
}

/// What an export has ended falls as well; what it told of money that was recovered and fined is void with it.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn money_of_an_act_that_fell_counts_no_more(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let outcome = |ended, fined: i64| FileOutcome {
        ending: Some(Ending {
            ended,
            at: None,
            recovered: AmountFen::parse(30_000).ok(),
            fined: AmountFen::parse(fined).ok(),
            confiscated: None,
            handled_by: None,
        }),
        accepted_upstream: false,
        handled_by: None,
        imported_label: None,
        as_of: hall.world.clock.now(),
    };
    hall.file(complaint("E1", 1, 0)).await;
    hall.file(report("E2", 2, 0)).await;
    for (number, track, ended, after) in [
        ("E1", Track::Complaint, Ended::Closed(Some(Disposition::Settled)), Status::Accepted),
        ("E2", Track::Report, Ended::Closed(Some(Disposition::Penalised)), Status::Filed),
    ] {
        let file = named(number, track);
        hall.must(intake(), Command::Outcome { file: file.clone(), outcome: outcome(ended, 500_000) }).await;
        let review = open(&hall, &file, ReviewKind::Suit, on(0)).await;
        end(&hall, &file, review, ReviewEnd::of(ReviewOutcome::Revoked)).await;
        let state = hall.state(&file).await;
        assert_eq!((state.status, state.recovered_fen), (after, None), "{number}");
        let money = "SELECT COUNT(*) FROM file WHERE recovered_fen IS NOT NULL OR fined_fen IS NOT NULL";
        assert_eq!(crate::support::rows::rows(&hall.world.config, money).await, ["0"], "{number}");
    }
    hall.world.close().await;
}
