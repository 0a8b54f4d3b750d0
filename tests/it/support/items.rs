//! Made-up submissions.

use triage::grpc::pb;

/// `2026-05-20 10:00:00` plus `minutes`, as a moment.
pub(crate) fn received(minutes: i64) -> pb::Moment {
    let seconds = 1_779_242_400 + minutes * 60;
    let time = prost_types::Timestamp { seconds, nanos: 0 };
    pb::Moment { moment: Some(pb::moment::Moment::Time(time)) }
}

/// A part with a text and a category.
pub(crate) fn part(text: &str) -> pb::Part {
    pb::Part {
        text: text.to_owned(),
        object_category: Some("商品（产品）->食品".to_owned()),
        ..pb::Part::default()
    }
}

/// A plain complaint of one person against a shop in the eastern street.
pub(crate) fn complaint(number: &str, minutes: i64) -> pb::Submission {
    pb::Submission {
        registration_number: number.to_owned(),
        received: Some(received(minutes)),
        channel: Some(pb::ReceiptChannel::Platform as i32),
        complainant: Some(pb::Complainant {
            name: Some("王某".to_owned()),
            phone: Some("13900000001".to_owned()),
            ..pb::Complainant::default()
        }),
        respondent: Some(pb::Respondent {
            name: Some("东街蛋糕房".to_owned()),
            premises: Some("东街街道一号".to_owned()),
            ..pb::Respondent::default()
        }),
        complaint: Some(part("买到的蛋糕有异物，要求退款")),
        report: None,
    }
}

/// A plain report against the same shop.
pub(crate) fn report(number: &str, minutes: i64) -> pb::Submission {
    let mut item = complaint(number, minutes);
    item.report = Some(part("该店无照经营"));
    item.complaint = None;
    item
}

/// A complaint and a report under one number.
pub(crate) fn both(number: &str, minutes: i64) -> pb::Submission {
    let mut item = complaint(number, minutes);
    item.report = Some(part("该店无照经营"));
    item
}

/// The same item against a shop somewhere else.
pub(crate) fn at(mut item: pb::Submission, shop: &str, premises: &str) -> pb::Submission {
    item.respondent = Some(pb::Respondent {
        name: Some(shop.to_owned()),
        premises: Some(premises.to_owned()),
        ..pb::Respondent::default()
    });
    item
}

/// The same item from someone else.
pub(crate) fn from(mut item: pb::Submission, name: &str, phone: &str) -> pb::Submission {
    item.complainant = Some(pb::Complainant {
        name: Some(name.to_owned()),
        phone: Some(phone.to_owned()),
        ..pb::Complainant::default()
    });
    item
}

/// A submit request; the request id is the number unless said otherwise.
pub(crate) fn submit(item: pb::Submission) -> pb::SubmitRequest {
    pb::SubmitRequest { request_id: format!("submit-{}", item.registration_number), submission: Some(item) }
}
