//! Links by hand and by history: whom a shared line makes one, whom a person parts again, and that the log agrees.

use rstest::rstest;
use triage::app::FIRST_BUREAU;
use triage::grpc::pb;
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::support::items::{at, complaint, from, part, submit};
use crate::support::models::{artefact, use_model};
use crate::support::officers::{new_id, reception};
use crate::support::{Backend, TestApp, ok, refusal, scratch_context};

const PHONE: &str = "13900000001";
const TEXT: &str = "本人购买的木耳外包装未标注生产日期和保质期，不符合国家标准，要求退货并依法赔偿";

/// A complaint on the shared line, against a shop of its own.
fn on_the_line(number: &str, name: &str, text: &str) -> pb::Submission {
    let mut item = at(from(complaint(number, 60), name, PHONE), &format!("店{number}"), "东街街道一号");
    item.complaint = Some(part(text));
    item
}

async fn suspicion(app: &TestApp, item: pb::Submission) -> pb::Suspicion {
    let receipt = ok(app.intake().await.submit(submit(item)).await).receipt.unwrap();
    receipt.decisions.into_iter().find_map(|decision| decision.suspicion).unwrap()
}

/// Complaints linked to this one, by its links.
fn linked(suspicion: &pb::Suspicion) -> u32 {
    let evidence = suspicion.evidence.clone().unwrap_or_default();
    evidence.links.iter().map(|link| link.complaints).max().unwrap_or(0)
}

fn cut(one: &str, other: &str, key: pb::IdentityKey) -> pb::CutLinkRequest {
    pb::CutLinkRequest {
        request_id: new_id(),
        registration_number: one.to_owned(),
        other_registration_number: other.to_owned(),
        key: key.into(),
        reason: "号码已转给他人使用".to_owned(),
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn one_hand_is_linked_strangers_are_not_and_a_cut_link_is_none(#[case] backend: Backend) {
    let app = TestApp::spawn(backend).await;
    use_model(&app.app, &artefact(1.0)).await;
    // A neighbour on the same line has nothing in common with them.
    assert_eq!(linked(&suspicion(&app, on_the_line("A1", "王小明", TEXT)).await), 0);
    let neighbour =
        suspicion(&app, on_the_line("B1", "李大伟", "暖气不热，物业不管，请协调退还取暖费用")).await;
    assert_eq!(linked(&neighbour), 0);
    // The same text against another shop, under another name: one hand. The near-duplicate is told, too.
    let second = suspicion(&app, on_the_line("A2", "赵一鸣", TEXT)).await;
    assert_eq!(linked(&second), 1);
    let near_duplicate = second.evidence.unwrap().near_duplicate.unwrap();
    assert_eq!(
        (near_duplicate.number.as_str(), near_duplicate.own, near_duplicate.likeness_percent),
        ("A1", true, 100)
    );

    let (mut client, _) = reception(&app).await;
    for (one, other, field) in [("A1", "B9", None), ("A1", "A1", Some("other_registration_number"))] {
        let refused = client.cut_link(cut(one, other, pb::IdentityKey::Phone)).await.unwrap_err();
        assert_eq!(refusal(&refused).1.first().map(String::as_str), field);
    }
    let refused = client.cut_link(cut("A1", "A2", pb::IdentityKey::Email)).await.unwrap_err();
    assert_eq!(refusal(&refused).1, ["key"]);
    ok(client.cut_link(cut("A2", "A1", pb::IdentityKey::Phone)).await);

    // From here on it is as if the link had never been; what was decided stands.
    let own = suspicion(&app, on_the_line("A3", "王小明", TEXT)).await;
    assert_eq!(linked(&own), 1, "his own earlier one");
    let other = suspicion(&app, on_the_line("A4", "赵一鸣", TEXT)).await;
    assert_eq!(linked(&other), 1, "her own earlier one");
    // A corrected name keeps the cut.
    let renamed = pb::AmendRequest {
        request_id: new_id(),
        submission: Some(on_the_line("A4", "赵一铭", TEXT)),
        reason: "姓名更正".to_owned(),
    };
    let rescored = ok(app.intake().await.amend(renamed).await).rescored.unwrap().suspicion.unwrap();
    assert_eq!(linked(&rescored), 1, "and not his");

    let replayed = scratch_context(&app.config, &app.directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&app.app.context, &replayed, FIRST_BUREAU).await.unwrap();
    assert_eq!(found.differences, []);
    app.stop().await;
}
