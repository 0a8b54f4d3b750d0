//! What is taken, what is refused and how it is named.

use std::time::Duration;

use super::*;
use crate::domain::cursor::Cursor;
use crate::domain::given::Fact as _;
use crate::domain::submission::{Channel, Submission};
use crate::domain::view::SearchBy;

pub(super) const NOW: Timestamp = Timestamp(1_776_000_000_000_000);

#[expect(clippy::unnecessary_wraps, reason = "what an optional field takes")]
pub(super) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "what an optional field takes")]
pub(super) fn at(seconds: i64) -> Option<pb::Moment> {
    let time = prost_types::Timestamp { seconds, nanos: 0 };
    Some(pb::Moment { moment: Some(pb::moment::Moment::Time(time)) })
}

#[expect(clippy::unnecessary_wraps, reason = "what an optional field takes")]
fn on(date: &str) -> Option<pb::Moment> {
    Some(pb::Moment { moment: Some(pb::moment::Moment::Date(date.to_owned())) })
}

/// The least that is taken.
pub(super) fn least() -> pb::Submission {
    pb::Submission {
        registration_number: "1150203002026041500001".to_owned(),
        received: at(NOW.seconds()),
        respondent: Some(pb::Respondent { name: text("某某超市"), ..Default::default() }),
        complaint: Some(pb::Part { text: "买到过期食品".to_owned(), ..Default::default() }),
        ..Default::default()
    }
}

pub(super) fn full() -> pb::Submission {
    let part = pb::Part {
        text: "买到过期食品".to_owned(),
        demands: vec!["退货".to_owned(), "赔偿".to_owned()],
        amount_fen: Some(1_250),
        object_category: text("商品->食品"),
        problem_category: text("质量"),
        product: text("饼干 *2"),
        brand: text("某牌"),
        sales_mode: text("网购"),
        platform: text("某购"),
        order_number: text("A-1"),
        quantity: Some(2),
        occurred: on("2026-04-01"),
        place: text("钢铁大街1号"),
        attachments: vec![pb::Attachment {
            name: "小票.jpg".to_owned(),
            media_type: "image/jpeg".to_owned(),
            size_bytes: 1_000,
            sha256: "0f".repeat(32),
        }],
    };
    pb::Submission {
        channel: Some(pb::ReceiptChannel::CityHotline.into()),
        complainant: Some(pb::Complainant {
            name: text("张三"),
            phone: text("13947201234"),
            id_number: text("11010519491231002X"),
            address: text("友谊大街1号"),
            delivery_address: text("友谊大街2号驿站"),
            email: text("zhangsan@example.cn"),
            payment_account: text("6222020012345678901"),
            other_phones: vec!["04725151234".to_owned()],
        }),
        respondent: Some(pb::Respondent {
            name: text("某某超市"),
            credit_code: text("91350100M000100Y43"),
            premises: text("钢铁大街1号"),
        }),
        complaint: Some(part.clone()),
        report: Some(pb::Part { demands: Vec::new(), ..part }),
        ..least()
    }
}

pub(super) fn taken(sent: pb::Submission) -> Submission {
    match submit("r-1", Some(sent), NOW).unwrap().command {
        Command::Submit(submission) => *submission,
        other => panic!("{other:?}"),
    }
}

pub(super) fn wrong<T: std::fmt::Debug>(result: Result<T, Failure>) -> Vec<String> {
    match result.unwrap_err() {
        Failure::Refused(Refusal::Invalid(found)) => found.into_iter().map(|v| v.field).collect(),
        other => panic!("{other:?}"),
    }
}

fn refused(sent: pb::Submission) -> Vec<String> {
    wrong(submit("r-1", Some(sent), NOW))
}

#[test]
fn the_least_is_taken_and_the_rest_is_absent() {
    let submission = taken(least());
    assert_eq!(submission.number.as_str(), "1150203002026041500001");
    assert!(submission.channel.is_absent() && submission.complainant.phone.is_absent());
    assert!(submission.report.is_none());
    let part = submission.complaint.unwrap();
    assert!(part.demands.is_absent() && part.attachments.is_absent() && part.occurred.is_absent());
}

#[test]
fn everything_is_taken() {
    let submission = taken(full());
    assert_eq!(submission.channel, Given::Known(Channel::CityHotline));
    assert_eq!(submission.complainant.phone.known().unwrap().digits(), "13947201234");
    assert_eq!(submission.complainant.other_phones.known().unwrap().words(), "04725151234");
    let part = submission.complaint.unwrap();
    assert!(part.occurred.known().unwrap().date_only);
    assert_eq!(part.demands.known().unwrap().len(), 2);
    assert_eq!(part.product.known().unwrap().as_str(), "饼干 *2", "a star in a product masks nothing");
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    let mut sent = full();
    sent.registration_number = "号/1".to_owned();
    sent.received = at(NOW.seconds() + AHEAD_SECONDS_MOST + 1);
    sent.channel = Some(0);
    sent.complainant = Some(pb::Complainant {
        name: text("张\0三"),
        phone: text("打我电话"),
        id_number: text("x"),
        address: Some("长".repeat(301)),
        delivery_address: Some("长".repeat(301)),
        email: text("没有邮箱"),
        payment_account: text("支付宝收款码"),
        other_phones: Vec::new(),
    });
    sent.respondent = Some(pb::Respondent { name: text("*****"), credit_code: text("12"), premises: None });
    let part = sent.complaint.as_mut().unwrap();
    part.text = " ".to_owned();
    part.demands[1] = "长".repeat(201);
    part.amount_fen = Some(-1);
    part.quantity = Some(0);
    part.occurred = on("2026-02-30");
    let good = part.attachments[0].clone();
    let bad = pb::Attachment { name: String::new(), size_bytes: -1, sha256: "zz".to_owned(), ..good.clone() };
    part.attachments = vec![good.clone(), good, bad];
    let report = sent.report.as_mut().unwrap();
    report.demands = vec!["奖励".to_owned()];
    report.occurred = Some(pb::Moment { moment: None });
    report.attachments = vec![pb::Attachment::default(); 21];
    let named = wrong(submit("", Some(sent), NOW));
    assert_eq!(
        named,
        [
            "request_id",
            "submission.registration_number",
            "submission.received",
            "submission.channel",
            "submission.complainant.name",
            "submission.complainant.phone",
            "submission.complainant.id_number",
            "submission.complainant.address",
            "submission.complainant.delivery_address",
            "submission.complainant.email",
            "submission.complainant.payment_account",
            "submission.respondent",
            "submission.respondent.credit_code",
            "submission.complaint.text",
            "submission.complaint.demands[1]",
            "submission.complaint.amount_fen",
            "submission.complaint.quantity",
            "submission.complaint.occurred.date",
            "submission.complaint.attachments[2].name",
            "submission.complaint.attachments[2].size_bytes",
            "submission.complaint.attachments[2].sha256",
            "submission.report.demands",
            "submission.report.occurred",
            "submission.report.attachments",
        ]
    );
}

#[test]
fn what_is_required_is_asked_for() {
    assert_eq!(wrong(submit("r-1", None, NOW)), ["submission"]);
    assert_eq!(
        refused(pb::Submission::default()),
        ["submission.registration_number", "submission.received", "submission.respondent", "submission"]
    );
    let empty = pb::Submission { report: Some(pb::Part::default()), ..least() };
    assert_eq!(refused(empty), ["submission.report.text"]);
    let premises =
        pb::Respondent { premises: text("钢铁大街1号"), name: text("某*"), credit_code: None };
    taken(pb::Submission { respondent: Some(premises), ..least() });
    let many = pb::Part { demands: vec!["退".to_owned(); 11], ..least().complaint.unwrap() };
    assert_eq!(
        refused(pb::Submission { complaint: Some(many), ..least() }),
        ["submission.complaint.demands"]
    );
}

#[test]
fn five_minutes_ahead_is_taken_and_more_is_not() {
    taken(pb::Submission { received: at(NOW.seconds() + AHEAD_SECONDS_MOST), ..least() });
    let ahead = pb::Submission { received: at(NOW.seconds() + AHEAD_SECONDS_MOST + 1), ..least() };
    assert_eq!(refused(ahead), ["submission.received"]);
    assert!(taken(pb::Submission { received: on("2026-04-01"), ..least() }).received.date_only);
    assert_eq!(refused(pb::Submission { received: on("*****"), ..least() }), ["submission.received"]);
    let broken = prost_types::Timestamp { seconds: NOW.seconds(), nanos: -1 };
    let broken = pb::Moment { moment: Some(pb::moment::Moment::Time(broken)) };
    assert_eq!(refused(pb::Submission { received: Some(broken), ..least() }), ["submission.received.time"]);
}

#[test]
fn stars_mask_and_blanks_are_absent() {
    let mut sent = full();
    sent.complainant = Some(pb::Complainant {
        name: text("张*"),
        phone: text("138****1234"),
        id_number: text("  "),
        address: text("***"),
        delivery_address: text("＊＊"),
        email: text("z***@example.cn"),
        payment_account: text("6222****8901"),
        other_phones: Vec::new(),
    });
    let part = sent.complaint.as_mut().unwrap();
    part.text = "*****".to_owned();
    part.demands = vec!["***".to_owned(), " ".to_owned()];
    part.place = text("钢铁大街**号");
    let submission = taken(sent);
    let person = &submission.complainant;
    assert_eq!((&person.name, &person.phone), (&Given::Masked, &Given::Masked));
    assert_eq!((&person.resident_id, &person.address), (&Given::Absent, &Given::Masked));
    assert_eq!((&person.email, &person.payment_account), (&Given::Masked, &Given::Masked));
    assert_eq!(person.delivery_address, Given::Masked);
    let part = submission.complaint.unwrap();
    assert_eq!((&part.text, &part.demands), (&Given::Masked, &Given::Masked));
    assert!(part.place.known().is_some());
}

#[test]
fn file_names_are_read_as_they_are_written() {
    let number = RegistrationNumber::parse("A-1").unwrap();
    for track in Track::ALL {
        let file = parse_file(&file_name(&number, track)).unwrap();
        assert_eq!((file.number, file.track), (number.clone(), track));
    }
    for bad in ["", "A-1", "submissions/A-1", "submissions//files/report", "submissions/A-1/files/Report"] {
        assert!(parse_file(bad).is_err(), "{bad}");
    }
}

#[test]
fn pages_are_bounded() {
    let asked = |page_size, token: &str| {
        list_changes(&pb::ListChangesRequest { page_size, page_token: token.to_owned(), wait: None })
    };
    assert_eq!(asked(0, "").unwrap(), (None, 100, Duration::ZERO));
    let start = Cursor { sequence: Sequence(0), stamps: vec![[0; 4]] };
    assert_eq!(asked(5_000, &start.token()).unwrap(), (Some(start), 1_000, Duration::ZERO));
    assert_eq!(wrong(asked(-1, "x")), ["page_size", "page_token"]);
    assert_eq!(wrong(asked(1, "17")), ["page_token"], "a bare number is none");
    let shop = pb::search_request::By::ShopPrefix("某某".to_owned());
    let search = search(&pb::SearchRequest { by: Some(shop), ..Default::default() }).unwrap();
    assert!(matches!(search.0, SearchBy::ShopPrefix(_)));
}

#[test]
fn debug_shows_nothing_personal() {
    let printed =
        format!("{:?}", pb::SubmitRequest { request_id: "r-1".to_owned(), submission: Some(full()) });
    assert!(
        !printed.contains("张三") && !printed.contains("1394720") && !printed.contains("过期"),
        "{printed}"
    );
}
