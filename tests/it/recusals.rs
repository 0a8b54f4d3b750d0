//! 回避 (Order 121 Art. 21): an officer who must keep off an operator is not offered its files and cannot do anything that
//! decides them, however the operator is named; and an amendment that names another operator changes whose files they are.

use rstest::rstest;
use serde_json::{Value, json};
use triage::domain::command::{Command, FileRef, Handling, Lease, Outcome, Ruling, Verb};
use triage::domain::handling::{Disposition, Finding};
use triage::domain::ids::{Sequence, Track};
use triage::service::Failure;

use crate::queues::{EAST, Hall, fields, named};
use crate::support::rows::rows;
use crate::support::world::{intake, officer, reception, unit, unit_id, why};
use crate::support::{BUREAU, Backend};

const CAKES: &str = "东街蛋糕房";
const NOODLES: &str = "东街面馆";
const CODE: &str = "91350100M000100Y43";

/// The operator as the bureau file names it, and as the complaint does: by name and by code.
type Names = (&'static str, &'static str, Option<&'static str>);
const LONGER_IN_THE_FILE: Names = ("包头市昆都仑区东街蛋糕房有限公司", CAKES, None);
const LONGER_IN_THE_COMPLAINT: Names = (CAKES, "昆都仑区东街蛋糕房", Some(CODE));
const BY_CODE: Names = (CODE, CAKES, Some(CODE));

/// The test's bureau, in which these officers must keep off an operator.
fn bureau(officers: &[&str], operator: &str) -> String {
    officers.iter().fold(BUREAU.to_owned(), |text, officer| {
        let id = format!("id = \"{officer}\"\n");
        text.replace(&id, &format!("{id}recused_from = [\"{operator}\"]\n"))
    })
}

fn stated(number: &str, street: &str, (name, code): (&str, Option<&str>)) -> Value {
    let code = code.map(|code| json!({ "credit_code": code })).unwrap_or_default();
    let mut whole = json!({
        "number": number, "received": { "at": crate::support::MONDAY.0, "date_only": false },
        "complainant": { "name": format!("民{number}"), "phone": "13900000001" },
        "respondent": { "name": name, "premises": format!("{street}街道一号") },
        "complaint": { "text": format!("{number}有异物"), "object_category": "商品->食品" },
    });
    if let (Some(all), Some(code)) = (whole["respondent"].as_object_mut(), code.as_object()) {
        all.extend(code.clone());
    }
    whole
}

async fn submit(hall: &Hall, whole: Value) -> String {
    let submit = Command::Submit(serde_json::from_value(whole).unwrap());
    let Outcome::Submitted { receipt, .. } = hall.must(intake(), submit).await else { panic!("no receipt") };
    receipt.decisions[0].routing.as_ref().unwrap().unit.to_string()
}

async fn amend(hall: &Hall, whole: Value) {
    let submission = serde_json::from_value(whole).unwrap();
    hall.must(intake(), Command::Amend { submission, reason: why("更正被投诉人") }).await;
}

async fn pulled(hall: &Hall, by: &str) -> Vec<(String, Lease)> {
    hall.pull_by(EAST, by, Track::Complaint, 9).await
}

async fn does(
    hall: &Hall,
    by: &str,
    file: &FileRef,
    token: Sequence,
    verb: Verb,
) -> Result<Sequence, Failure> {
    let handling = Handling { file: file.clone(), officer: officer(by), token, verb };
    match hall.ask(unit(EAST), Command::Handle(handling)).await? {
        Outcome::Handled { token, .. } => Ok(token),
        other => panic!("{other:?}"),
    }
}

fn accept() -> Verb {
    Verb::Decide {
        ruling: Ruling::Accept,
        finding: Some((Finding::NotSuspected, why("首次投诉"))),
        on: None,
        approved_by: None,
    }
}

fn close() -> Verb {
    Verb::Close {
        disposition: Disposition::Settled,
        termination: None,
        ground: None,
        on: None,
        recovered: None,
        note: None,
    }
}

#[rstest]
#[tokio::test]
async fn who_keeps_off_is_offered_nothing_and_decides_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(LONGER_IN_THE_FILE, LONGER_IN_THE_COMPLAINT, BY_CODE)] (operator, name, code): Names,
) {
    let hall = Hall::open(backend).await;
    hall.load(bureau(&["e1"], operator)).await;
    submit(&hall, stated("A1", "东街", (name, code))).await;
    assert_eq!(pulled(&hall, "e1").await, []);
    let mut token = pulled(&hall, "e2").await[0].1.token;
    let file = named("A1", Track::Complaint);
    for verb in [Verb::SignFor, accept(), close()] {
        assert_eq!(fields(does(&hall, "e1", &file, token, verb.clone()).await), ["officer"], "{verb:?}");
        token = does(&hall, "e2", &file, token, verb).await.unwrap();
    }
    hall.world.close().await;
}

#[rstest]
#[tokio::test]
async fn a_unit_whose_officers_all_keep_off_is_neither_sent_a_file_nor_proposed_nor_reassigned_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(LONGER_IN_THE_FILE, LONGER_IN_THE_COMPLAINT, BY_CODE)] (operator, name, code): Names,
) {
    let hall = Hall::open(backend).await;
    hall.load(bureau(&["n1", "n2"], operator)).await;
    for number in ["A1", "A2", "A3", "A4"] {
        let sent = submit(&hall, stated(number, "西街", (name, code))).await;
        assert!(["east", "west"].contains(&sent.as_str()), "{sent}");
        if sent != "west" {
            let (file, unit) = (named(number, Track::Complaint), unit_id("west"));
            hall.must(reception(), Command::Reassign { file, unit, reason: why("属地") }).await;
        }
    }
    let proposed = hall.world.service.proposals(&reception()).await.unwrap();
    assert!(!proposed.is_empty(), "one officer has it all, two have nothing");
    assert!(proposed.iter().all(|one| one.change.to.as_str() == "east"), "{proposed:?}");
    let (file, unit) = (named("A1", Track::Complaint), unit_id("north"));
    let reassign = Command::Reassign { file, unit, reason: why("属地") };
    assert_eq!(fields(hall.ask(reception(), reassign).await), ["unit"]);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn after_an_amendment_the_new_operators_recusals_hold(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    hall.load(bureau(&["e1"], CAKES)).await;
    for (number, shop) in [("A1", NOODLES), ("A2", NOODLES), ("B1", CAKES)] {
        submit(&hall, stated(number, "东街", (shop, None))).await;
    }
    let a1 = named("A1", Track::Complaint);
    let leased = pulled(&hall, "e1").await.into_iter().find(|(number, _)| number == "A1").unwrap();
    let token = does(&hall, "e1", &a1, leased.1.token, Verb::SignFor).await.unwrap();
    hall.world.wait(11);
    // What is held, what waits, and the other way round.
    for (number, shop) in [("A1", CAKES), ("A2", CAKES), ("B1", NOODLES)] {
        amend(&hall, stated(number, "东街", (shop, None))).await;
    }
    let offered: Vec<String> = pulled(&hall, "e1").await.into_iter().map(|(number, _)| number).collect();
    assert_eq!(offered, ["B1"]);
    let stale = does(&hall, "e1", &a1, token, accept()).await;
    assert!(matches!(stale, Err(Failure::Refused(_))), "the facts have changed");
    let token = hall.state(&a1).await.token.unwrap();
    assert_eq!(fields(does(&hall, "e1", &a1, token, accept()).await), ["officer"]);
    does(&hall, "e2", &a1, token, accept()).await.unwrap();

    // Against whom the files are, and how many open ones there are: as if they had come in so.
    submit(&hall, stated("C1", "东街", (CAKES, None))).await;
    let config = &hall.world.config;
    let operators =
        rows(config, "SELECT respondent, COUNT(*) FROM file GROUP BY respondent ORDER BY 2").await;
    assert!(operators.len() == 2 && operators[0].ends_with("| 1") && operators[1].ends_with("| 3"));
    let sql = "SELECT related_to, files FROM related_files WHERE relation = 1 AND files > 0 ORDER BY files";
    assert_eq!(rows(config, sql).await, operators);
    hall.world.close().await;
}
