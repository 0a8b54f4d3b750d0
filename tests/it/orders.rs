//! Which order governs a file (适用规则): clocks, routing and evidence sheet name the same one.

use rstest::rstest;
use serde_json::json;
use triage::app::FIRST_BUREAU;
use triage::domain::command::{Command, Outcome};
use triage::domain::deadline::Law;
use triage::domain::ids::{RegistrationNumber, Track};
use triage::domain::submission::Submission;
use triage::domain::time::Day;
use triage::routing::{Bureau, LoadBasis, competence};
use triage::statute::{RuleSet, Transition};

use crate::support::world::{World, intake, reception, request_id};
use crate::support::{BUREAU, Backend, fresh};

/// A complaint that came in on a day.
fn complaint(number: &str, received: Day) -> Submission {
    let whole = json!({
        "number": number, "received": { "at": received.start().0 + 3_600_000_000 },
        "complainant": { "name": "王小明", "phone": "13900000001" },
        "respondent": { "name": "东街面馆", "premises": "东街街道一号" },
        "complaint": { "text": "面里有异物，要求退款", "sales_mode": "网购" },
    });
    serde_json::from_value(whole).unwrap()
}

#[rstest]
#[tokio::test]
async fn clocks_routing_and_sheet_name_the_same_order(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Transition::ByReceiveDate, Transition::NewFromEffectiveDate)] transition: Transition,
) {
    let (config, _directory) = fresh(backend);
    let change = RuleSet::of(Law::Order121).since;
    let from = change.plus(-2);
    let world = World::at(&config, 16, LoadBasis::LAWFUL, from.start().plus_seconds(9 * 3_600)).await;
    let word = match transition {
        Transition::ByReceiveDate => "by_receive_date",
        Transition::NewFromEffectiveDate => "new_from_effective_date",
    };
    let content = BUREAU.replace("[settings]\n", &format!("[settings]\ntransition = \"{word}\"\n"));
    let bureau = Bureau::parse(&content).unwrap();
    assert_eq!(bureau.settings().transition, transition);
    world.app.act(FIRST_BUREAU, Command::LoadBureau { content: content.into() }).await.unwrap();
    let mut seen = Vec::new();
    for on in (0..5).map(|days| from.plus(days)) {
        for received in (0..=on.0 - from.0).map(|days| from.plus(days)) {
            let stated = complaint(&format!("N{}-{}", on.0, received.0), received);
            let number = stated.number.clone();
            let submit = Command::Submit(Box::new(stated.clone()));
            let asked = (intake(), request_id(&format!("submit-{number}")), submit);
            let Outcome::Submitted { .. } = world.ask(asked).await.unwrap() else { panic!("no receipt") };
            let law = RuleSet::governing(received, on, transition).law;
            seen.push(law);
            let at = format!("{transition:?}, {received} on {on}");
            assert_eq!(clocks(&world, &number).await, [law], "{at}");
            let sheet = world.service.evidence(&reception(), &number, None).await.unwrap();
            assert_eq!(sheet.rules, law, "{at}");
            let articles = competence(&bureau, &stated, Track::Complaint, on).articles;
            assert!(articles.starts_with(law.zh()), "{articles} {at}");
        }
        world.wait(24 * 60);
    }
    assert!(seen.contains(&Law::Order20) && seen.contains(&Law::Order121));
    world.close().await;
}

/// The orders that a complaint's clocks run under, each once.
async fn clocks(world: &World, number: &RegistrationNumber) -> Vec<Law> {
    let found = world.service.submission(&intake(), number.clone()).await.unwrap();
    let mut laws: Vec<Law> = found.files[0].state.clocks.iter().map(|term| term.clock.law).collect();
    laws.dedup();
    laws
}
