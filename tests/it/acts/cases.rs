//! What a bureau sets for its procedure: who allows decisions, where a case has its term, which reading of Art. 45 is its own.

use super::*;

/// The bureau with one more setting.
async fn set(hall: &Hall, setting: &str) {
    hall.load(BUREAU.replacen("[settings]", &format!("[settings]\n{setting}"), 1)).await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_figures_count_by_the_bureaus_own_reading(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // Accepted on 2026-06-02: sixty days end on Saturday, 2026-08-01.
    let (file, token) = signed(&hall, "A1").await;
    hall.world.wait(DAY);
    let token = hall.verb(&file, token, accept()).await.unwrap();
    let mediate = hall.clock(&file, Duty::Mediate).await;
    assert_eq!(mediate.due_on, LastDay::from(day("2026-08-01")));
    let by = ["art45 = \"statutory\"", "art45 = \"any_rest_day\""];
    // On the Sunday it is late by one reading, and runs by the other.
    hall.world.wait(61 * DAY);
    for (setting, expected) in by.into_iter().zip([(1, 0), (0, 0)]) {
        set(&hall, setting).await;
        assert_eq!(figures(&hall, Duty::Mediate).await, expected, "open, {setting}");
    }
    // Settled on the Monday: late by one reading, in time by the other.
    hall.world.wait(DAY);
    hall.verb(&file, token, close(Disposition::Settled, None)).await.unwrap();
    for (setting, expected) in by.into_iter().zip([(1, 0), (1, 1)]) {
        set(&hall, setting).await;
        assert_eq!(figures(&hall, Duty::Mediate).await, expected, "settled, {setting}");
    }
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_decision_names_who_allowed_it_where_the_bureau_asks(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    set(&hall, "approval = [\"refuse\", \"not_file\"]").await;
    let (file, token) = signed(&hall, "A1").await;
    let refusal = |by: Option<&str>| Verb::Decide {
        ruling: Ruling::Refuse { ground: RefusalGround::TooLate, reason: why("购买已逾三年") },
        finding: Some((Finding::NotSuspected, why("首次投诉"))),
        on: None,
        approved_by: by.map(line),
    };
    assert_eq!(fields(hall.verb(&file, token, refusal(None)).await), ["approved_by"]);
    hall.verb(&file, token, refusal(Some("分管副局长"))).await.unwrap();
    let seen = hall.world.service.file(&unit(EAST), &file).await.unwrap();
    let said = seen.acts.iter().find(|act| act.title.starts_with("不予受理")).expect("the refusal");
    assert!(said.title.ends_with("分管副局长批准"), "{}", said.title);
    // What the bureau does not ask for goes without.
    let (file, token) = signed(&hall, "A2").await;
    hall.verb(&file, token, accept()).await.unwrap();
    hall.file(report("R1", 2, 0)).await;
    let file = named("R1", Track::Report);
    let token = hall.lead(&file, vec![Verb::SignFor]).await;
    let not_filed = decide(Ruling::NotFile { reason: why("查无实据"), basis: None }, None);
    assert_eq!(fields(hall.verb(&file, token, not_filed).await), ["approved_by"]);
    hall.verb(&file, token, decide(Ruling::File, None)).await.unwrap();
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_case_has_its_term_here_where_the_bureau_says_so(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let more = |on: Day, until: Option<Day>| Verb::Prolong {
        approved_by: line("局长"),
        reason: why("案情复杂"),
        on: Some(on),
        until,
    };
    // By default the platform on which cases are handled has it.
    hall.file(report("R1", 2, 0)).await;
    let file = named("R1", Track::Report);
    let token = hall.lead(&file, vec![Verb::SignFor, decide(Ruling::File, None)]).await;
    let state = hall.state(&file).await;
    assert!(
        state.is_timed_elsewhere() && state.clocks.iter().all(|term| term.clock.duty != Duty::DecideCase)
    );
    let refused = hall.verb(&file, token, more(on(0), None)).await;
    assert!(matches!(refused, Err(Failure::Refused(Refusal::WrongState { .. }))), "nothing runs here");
    set(&hall, "case_clock = \"here\"").await;
    hall.file(report("R2", 3, 0)).await;
    let file = named("R2", Track::Report);
    let token = hall.lead(&file, vec![Verb::SignFor, decide(Ruling::File, None)]).await;
    assert!(!hall.state(&file).await.is_timed_elsewhere());
    let case = hall.clock(&file, Duty::DecideCase).await;
    assert_eq!((case.started_on, case.due_on), (on(0), LastDay::from(on(90))), "ninety days from the filing");
    assert!(case.article.contains("第六十四条"), "{}", case.article);
    // Once by thirty days; after that until a day that is set; never after it has run out.
    hall.world.wait(89 * DAY);
    assert_eq!(fields(hall.verb(&file, token, more(on(89), Some(on(150)))).await), ["until"]);
    let token = hall.verb(&file, token, more(on(89), None)).await.unwrap();
    assert_eq!(hall.clock(&file, Duty::DecideCaseProlonged).await.due_on, LastDay::from(on(120)));
    for wrong in [None, Some(on(119)), Some(on(120))] {
        assert_eq!(fields(hall.verb(&file, token, more(on(89), wrong)).await), ["until"], "{wrong:?}");
    }
    let token = hall.verb(&file, token, more(on(89), Some(on(150)))).await.unwrap();
    assert!(owed(&hall, &file).await.contains(&Duty::DecideCaseProlonged));
    let running = hall
        .state(&file)
        .await
        .clocks
        .into_iter()
        .find(|term| term.clock.duty == Duty::DecideCaseProlonged && term.clock.runs());
    let running = running.expect("a term").clock;
    assert_eq!(running.due_on, LastDay::from(on(150)));
    assert!(running.article.contains("集体讨论"), "{}", running.article);
    hall.world.wait(62 * DAY);
    assert_eq!(fields(hall.verb(&file, token, more(on(151), Some(on(160)))).await), ["approved_on"]);
    hall.verb(&file, token, close(Disposition::Penalised, None)).await.unwrap();
    assert_eq!(figures(&hall, Duty::DecideCaseProlonged).await, (1, 0), "one day late");
    hall.world.close().await;
}
