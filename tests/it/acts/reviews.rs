//! Reconsiderations and suits (复议、诉讼), replies, what is decided again, and what the bureau corrects itself.

use super::*;

pub(super) async fn open(hall: &Hall, file: &FileRef, kind: ReviewKind, received: Day) -> Sequence {
    opened_against(hall, file, kind, received, LATEST).await
}

/// A review against an act that is named.
pub(super) async fn opened_against(
    hall: &Hall,
    file: &FileRef,
    kind: ReviewKind,
    received: Day,
    against: Option<Against>,
) -> Sequence {
    let authority = line("昆都仑区人民政府");
    let open = Command::OpenReview { file: file.clone(), kind, authority, received, against };
    let Outcome::Noted { sequence } = hall.must(reception(), open).await else { panic!("not noted") };
    sequence
}

pub(super) async fn end(hall: &Hall, file: &FileRef, review: Sequence, end: ReviewEnd) {
    let note = None;
    hall.must(reception(), Command::EndReview { file: file.clone(), review, end, note }).await;
}

fn replied(review: Sequence, on: Day) -> Verb {
    record(on, FileAct::Replied { review, note: None })
}

pub(super) async fn refused(hall: &Hall, number: &'static str, ground: RefusalGround) -> (FileRef, Sequence) {
    let (file, token) = signed(hall, number).await;
    let token = hall.verb(&file, token, refuse(ground)).await.unwrap();
    (file, token)
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_reply_is_a_term_of_its_own(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L18: ten working days from 2026-06-01.
    let (file, token) = refused(&hall, "L18", RefusalGround::NotForConsumption).await;
    let token = hall.verb(&file, token, tell(NoticeSubject::Refusal, Party::Sender, on(0))).await.unwrap();
    let review = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
    let term = hall.clock(&file, Duty::ReplyReconsideration).await;
    assert_eq!(term.due_on, LastDay::from(day("2026-06-15")));
    assert!(term.article.contains("行政复议法") && term.article.contains("第四十八条"), "{}", term.article);
    assert_eq!(hall.state(&file).await.reviews[0].reply_on, day("2026-06-15"));
    let row = ("L18".to_owned(), Duty::ReplyReconsideration, Some(10));
    assert!(due(&hall, 10).await.contains(&row), "in the list of what is due");
    assert_eq!(fields(hall.verb(&file, token, replied(Sequence(3), on(0))).await), ["replied.review"]);
    hall.world.wait(7 * DAY);
    let token = hall.verb(&file, token, replied(review, on(7))).await.unwrap();
    assert_eq!(hall.clock(&file, Duty::ReplyReconsideration).await.met_on, Some(on(7)));
    assert_eq!(fields(hall.verb(&file, token, replied(review, on(7))).await), ["replied.review"], "once");
    // L19: a suit about doing nothing; 15 days.
    let (file, _) = signed(&hall, "L19").await;
    open(&hall, &file, ReviewKind::Suit, on(7)).await;
    let term = hall.clock(&file, Duty::ReplySuit).await;
    assert_eq!((term.started_on, term.due_on), (on(7), LastDay::from(on(22))), "2026-06-23");
    assert_eq!(hall.state(&file).await.status, Status::SignedFor, "goes on");
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_revoked_refusal_is_decided_again(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let of = |outcome| ReviewEnd { on_merits: Some(false), ..ReviewEnd::of(outcome) };
    // L20: no new decision by the authority: open again, by the term that was ordered.
    let (file, _) = refused(&hall, "L20", RefusalGround::NotOurDuty).await;
    let review = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
    let by = ReviewEnd { act_by: Some(on(30)), ..of(ReviewOutcome::Revoked) };
    end(&hall, &file, review, by).await;
    let state = hall.state(&file).await;
    assert_eq!((state.status, state.ground, state.ended_at), (Status::Waiting, None, None));
    let ordered = [Duty::Accept, Duty::TellComplainant, Duty::ActAsOrdered];
    assert_eq!(owed(&hall, &file).await, ordered);
    for duty in ordered {
        assert_eq!(
            hall.clock(&file, duty).await.due_on,
            LastDay::from(on(30)),
            "by the day that was ordered"
        );
    }
    // L21: for want of notice: no label.
    assert_eq!(state.finding, Some(Finding::NotSuspected), "the officer's own, as it was");
    hall.lead(&file, vec![Verb::SignFor, accept()]).await;
    assert!(!owed(&hall, &file).await.contains(&Duty::ActAsOrdered), "done as ordered");
    // Where the authority decided itself, there is nothing to decide.
    let (file, _) = refused(&hall, "L20b", RefusalGround::NotOurDuty).await;
    let review = open(&hall, &file, ReviewKind::Suit, on(0)).await;
    end(&hall, &file, review, ReviewEnd { decided_itself: true, ..of(ReviewOutcome::Changed) }).await;
    assert_eq!(hall.state(&file).await.status, Status::Refused);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn only_the_merits_of_16_3_make_a_label(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let suspected = |ground| {
        let ruling = Ruling::Refuse { ground, reason: why("经核实") };
        Verb::Decide {
            ruling,
            finding: Some((Finding::Suspected, why("数量明显不符"))),
            on: None,
            approved_by: None,
        }
    };
    // L21, L22 and what lies between: ground, merits, and the finding that is left.
    for (number, ground, on_merits, left) in [
        ("M1", RefusalGround::NotOurDuty, true, Finding::Suspected),
        ("M2", RefusalGround::NotForConsumption, false, Finding::Suspected),
        ("M3", RefusalGround::NotForConsumption, true, Finding::NotSuspected),
    ] {
        let (file, token) = signed(&hall, number).await;
        hall.verb(&file, token, suspected(ground)).await.unwrap();
        let review = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
        let outcome = ReviewEnd { on_merits: Some(on_merits), ..ReviewEnd::of(ReviewOutcome::Revoked) };
        end(&hall, &file, review, outcome).await;
        assert_eq!(hall.state(&file).await.finding, Some(left), "{number}");
        hall.lead(&file, vec![Verb::SignFor]).await;
    }
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_bureau_corrects_itself(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // L29: during a reconsideration, with who allowed it; the review then ends without a decision.
    let (file, token) = refused(&hall, "L29", RefusalGround::NotForConsumption).await;
    let review = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
    let correct = FileAct::SelfCorrected { approved_by: line("局长"), reason: why("适用依据有误") };
    hall.verb(&file, token, record(on(0), correct)).await.unwrap();
    let state = hall.state(&file).await;
    assert_eq!((state.status, state.ground), (Status::Waiting, None));
    assert_eq!(owed(&hall, &file).await, [Duty::ReplyReconsideration, Duty::Accept, Duty::TellComplainant]);
    end(&hall, &file, review, ReviewEnd::of(ReviewOutcome::Discontinued)).await;
    assert_eq!(owed(&hall, &file).await, [Duty::Accept, Duty::TellComplainant]);
    assert_eq!(hall.state(&file).await.finding, Some(Finding::NotSuspected), "no label comes of it");
    hall.lead(&file, vec![Verb::SignFor, accept()]).await;
    hall.world.close().await;
}

/// What a review has opened again is not ended by the export of the end that fell, and its own duties end with it alone.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_export_of_the_end_that_fell_ends_nothing(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let (file, _) = refused(&hall, "R1", RefusalGround::NotOurDuty).await;
    let review = open(&hall, &file, ReviewKind::Reconsideration, on(0)).await;
    hall.world.wait(10 * DAY);
    // Decided on the eighth day, noted on the tenth.
    let outcome = ReviewEnd { on: Some(on(8)), ..ReviewEnd::of(ReviewOutcome::RedoOrdered) };
    end(&hall, &file, review, outcome).await;
    assert_eq!(hall.clock(&file, Duty::Accept).await.started_on, on(8));
    let ended = |at: Option<Timestamp>| {
        let at = at.map(|at| Moment { at, date_only: true });
        let ending = Some(Ending {
            ended: Ended::Refused(None),
            at,
            recovered: None,
            fined: None,
            confiscated: None,
            handled_by: None,
        });
        FileOutcome {
            ending,
            accepted_upstream: false,
            imported_label: None,
            handled_by: None,
            as_of: hall.world.clock.now(),
        }
    };
    for old in [None, Some(MONDAY)] {
        let outcome = Command::Outcome { file: file.clone(), outcome: ended(old) };
        hall.must(intake(), outcome).await;
        assert_eq!(hall.state(&file).await.status, Status::Waiting, "{old:?}");
    }
    // It is decided after that day, and what is decided on the file leaves a suit about it alone.
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    let early = decide(Ruling::Accept, Some(on(7)));
    assert_eq!(fields(hall.verb(&file, token, early).await), ["decided_on"]);
    open(&hall, &file, ReviewKind::Suit, on(10)).await;
    let other = Ruling::OtherChannel { matter: OtherMatter::Consultation, reason: why("实为咨询") };
    hall.verb(&file, token, decide(other, None)).await.unwrap();
    assert_eq!(owed(&hall, &file).await, [Duty::ReplySuit]);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_ordered_is_done_by_an_act(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let (file, token) = signed(&hall, "P1").await;
    let token = hall.verb(&file, token, accept()).await.unwrap();
    let review = open(&hall, &file, ReviewKind::Suit, on(0)).await;
    let upheld = ReviewEnd { act_by: Some(on(20)), ..ReviewEnd::of(ReviewOutcome::Upheld) };
    let note = None;
    let nothing = Command::EndReview { file: file.clone(), review, end: upheld, note };
    assert_eq!(fields(hall.ask(reception(), nothing).await), ["act_by"], "nothing is ordered by it");
    let ordered = ReviewEnd { act_by: Some(on(20)), ..ReviewEnd::of(ReviewOutcome::ActOrdered) };
    end(&hall, &file, review, ordered).await;
    assert!(owed(&hall, &file).await.contains(&Duty::ActAsOrdered));
    let done = FileAct::Performed { review, note: why("已书面答复并送达") };
    hall.verb(&file, token, record(on(0), done)).await.unwrap();
    assert_eq!(hall.clock(&file, Duty::ActAsOrdered).await.met_on, Some(on(0)));
    hall.world.close().await;
}
