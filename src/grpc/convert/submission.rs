//! A submission from the wire (登记件).

use super::{moment, not_ahead, required, unlisted};
use crate::domain::given::{Given, Rule};
use crate::domain::ids::RegistrationNumber;
use crate::domain::mask::all_stars;
use crate::domain::person::{self, Complainant, OTHER_PHONES_MOST, Phone};
use crate::domain::plain::is_blank;
use crate::domain::respondent::{self, Respondent};
use crate::domain::submission::{self, Attachment, Channel, Part, Quantity, Submission};
use crate::domain::text::{AmountFen, Line};
use crate::domain::time::{Moment, Timestamp};
use crate::domain::violation::{Invalid, Violations};
use crate::grpc::pb;

const DEMANDS_MOST: usize = 10;
const ATTACHMENTS_MOST: usize = 20;
const ATTACHMENT_BYTES_MOST: i64 = 1 << 40;
const QUANTITY_MOST: i64 = 1_000_000;

/// The submission, or nothing when anything in it is wrong or missing; `v` then says what.
pub(super) fn submission(
    v: &mut Violations,
    sent: Option<pb::Submission>,
    now: Timestamp,
) -> Option<Box<Submission>> {
    let Some(sent) = sent else {
        v.add("submission", required());
        return None;
    };
    v.within("submission", |v| {
        let number = super::registration_number(v, &sent.registration_number);
        let received = received(v, sent.received, now);
        let channel = channel(v, sent.channel);
        let complainant = v.within("complainant", |v| complainant(v, &sent.complainant.unwrap_or_default()));
        let respondent = v.within("respondent", |v| respondent(v, &sent.respondent.unwrap_or_default()));
        if sent.complaint.is_none() && sent.report.is_none() {
            let zh = "投诉部分与举报部分至少填写一项";
            v.add("", Invalid::new("has no part; send a complaint, a report or both", zh));
        }
        let complaint = sent.complaint.map(|sent| v.within("complaint", |v| part(v, sent)));
        let report = sent.report.map(|sent| v.within("report", |v| report(v, sent)));
        assemble(number, received, move |number, received| Submission {
            number,
            received,
            channel,
            complainant,
            respondent,
            complaint,
            report,
        })
    })
}

fn assemble(
    number: Option<RegistrationNumber>,
    received: Option<Moment>,
    whole: impl FnOnce(RegistrationNumber, Moment) -> Submission,
) -> Option<Box<Submission>> {
    Some(Box::new(whole(number?, received?)))
}

fn received(v: &mut Violations, sent: Option<pb::Moment>, now: Timestamp) -> Option<Moment> {
    if sent.is_none() {
        v.add("received", required());
        return None;
    }
    match moment(v, "received", sent)? {
        Given::Known(received) => {
            not_ahead(v, "received", received.at, now);
            Some(received)
        }
        Given::Masked | Given::Absent | Given::Purged => {
            v.add("received", required());
            None
        }
    }
}

fn channel(v: &mut Violations, sent: Option<i32>) -> Given<Channel> {
    let Some(sent) = sent else { return Given::Absent };
    let value = match pb::ReceiptChannel::try_from(sent) {
        Ok(pb::ReceiptChannel::Platform) => Ok(Channel::Platform),
        Ok(pb::ReceiptChannel::Hotline) => Ok(Channel::Hotline),
        Ok(pb::ReceiptChannel::CityHotline) => Ok(Channel::CityHotline),
        Ok(pb::ReceiptChannel::Letter) => Ok(Channel::Letter),
        Ok(pb::ReceiptChannel::Counter) => Ok(Channel::Counter),
        Ok(pb::ReceiptChannel::Other) => Ok(Channel::Other),
        Ok(pb::ReceiptChannel::Unspecified) | Err(_) => Err(unlisted(sent)),
    };
    v.take("channel", value).into()
}

/// One fact that may be absent or masked; `Absent` too when it is wrong, which `v` then says.
fn fact<T>(v: &mut Violations, field: &str, sent: Option<&str>, rule: &Rule<T>) -> Given<T> {
    v.take(field, rule.read(sent)).unwrap_or_default()
}

fn complainant(v: &mut Violations, sent: &pb::Complainant) -> Complainant {
    let name = fact(v, "name", sent.name.as_deref(), &person::NAME);
    let phone = fact(v, "phone", sent.phone.as_deref(), &person::PHONE);
    Complainant {
        name,
        other_phones: other_phones(v, sent, &phone),
        phone,
        resident_id: fact(v, "id_number", sent.id_number.as_deref(), &person::RESIDENT_ID),
        address: fact(v, "address", sent.address.as_deref(), &person::ADDRESS),
        delivery_address: {
            let sent = sent.delivery_address.as_deref();
            fact(v, "delivery_address", sent, &person::ADDRESS)
        },
        email: fact(v, "email", sent.email.as_deref(), &person::EMAIL),
        payment_account: {
            let sent = sent.payment_account.as_deref();
            fact(v, "payment_account", sent, &person::PAYMENT_ACCOUNT)
        },
    }
}

/// The other telephones: those of their own field, and those that stand behind the first in its.
fn other_phones(v: &mut Violations, sent: &pb::Complainant, first: &Given<Phone>) -> Given<Vec<Phone>> {
    let mut others = sent.phone.as_deref().map(Phone::others_in).unwrap_or_default();
    for (at, text) in sent.other_phones.iter().enumerate().take(OTHER_PHONES_MOST) {
        let phone = fact(v, &format!("other_phones[{at}]"), Some(text), &person::PHONE);
        let new = phone.known().filter(|phone| first.known() != Some(*phone) && !others.contains(phone));
        others.extend(new.cloned());
    }
    if sent.other_phones.len() > OTHER_PHONES_MOST {
        let zh = format!("最多填写 {OTHER_PHONES_MOST} 个其他号码");
        v.add("other_phones", Invalid::new(format!("send at most {OTHER_PHONES_MOST}"), zh));
    }
    others.truncate(OTHER_PHONES_MOST);
    if others.is_empty() { Given::Absent } else { Given::Known(others) }
}

fn respondent(v: &mut Violations, sent: &pb::Respondent) -> Respondent {
    let name = v.take("name", respondent::NAME.read(sent.name.as_deref()));
    let premises = v.take("premises", respondent::PREMISES.read(sent.premises.as_deref()));
    // When one of them is wrong, that is what the sender should hear of.
    if let (Some(name), Some(premises)) = (&name, &premises)
        && name.known().is_none()
        && premises.known().is_none()
    {
        let zh = "被投诉人名称与地址至少填写一项，脱敏内容不算";
        v.add("", Invalid::new("needs a name or premises; masked ones do not count", zh));
    }
    Respondent {
        name: name.unwrap_or_default(),
        credit_code: fact(v, "credit_code", sent.credit_code.as_deref(), &respondent::CREDIT_CODE),
        premises: premises.unwrap_or_default(),
    }
}

fn report(v: &mut Violations, sent: pb::Part) -> Part {
    if !sent.demands.is_empty() {
        let zh = "举报不含诉求，请将诉求填入投诉部分";
        v.add("demands", Invalid::new("a report has no demands; they belong to the complaint", zh));
    }
    part(v, pb::Part { demands: Vec::new(), ..sent })
}

fn part(v: &mut Violations, sent: pb::Part) -> Part {
    let text = v.take("text", submission::STORY.read(Some(&sent.text)));
    if text.as_ref().is_some_and(Given::is_absent) {
        v.add("text", required());
    }
    let line =
        |v: &mut Violations, field, sent: Option<String>| fact(v, field, sent.as_deref(), &submission::LINE);
    Part {
        text: text.unwrap_or_default(),
        demands: demands(v, &sent.demands),
        amount_fen: sent.amount_fen.and_then(|fen| v.take("amount_fen", AmountFen::parse(fen))).into(),
        object_category: line(v, "object_category", sent.object_category),
        problem_category: line(v, "problem_category", sent.problem_category),
        product: line(v, "product", sent.product),
        brand: line(v, "brand", sent.brand),
        sales_mode: line(v, "sales_mode", sent.sales_mode),
        platform: line(v, "platform", sent.platform),
        order_number: fact(v, "order_number", sent.order_number.as_deref(), &submission::ORDER_NUMBER),
        quantity: sent.quantity.and_then(|pieces| v.take("quantity", quantity(pieces))).into(),
        occurred: moment(v, "occurred", sent.occurred).unwrap_or_default(),
        place: fact(v, "place", sent.place.as_deref(), &submission::PLACE),
        attachments: attachments(v, sent.attachments),
    }
}

fn quantity(pieces: i64) -> Result<Quantity, Invalid> {
    if (1..=QUANTITY_MOST).contains(&pieces) {
        Ok(Quantity(pieces))
    } else {
        Err(Invalid::new("must be 1 to 1000000 pieces", "购买数量应在 1 至 1000000 之间"))
    }
}

fn too_many(sent: usize, most: usize) -> Invalid {
    Invalid::new(format!("{sent} entries; at most {most} are taken"), format!("共 {sent} 项，最多 {most} 项"))
}

/// Masked when nothing but stars was sent; blank ones are left out.
fn demands(v: &mut Violations, sent: &[String]) -> Given<Vec<Line>> {
    if sent.len() > DEMANDS_MOST {
        v.add("demands", too_many(sent.len(), DEMANDS_MOST));
        return Given::Absent;
    }
    let filled = || sent.iter().enumerate().filter(|(_, text)| !is_blank(text));
    if filled().count() == 0 {
        return Given::Absent;
    }
    if filled().all(|(_, text)| all_stars(text)) {
        return Given::Masked;
    }
    let lines = filled().filter_map(|(index, text)| v.take(&format!("demands[{index}]"), Line::parse(text)));
    Given::Known(lines.collect())
}

fn attachments(v: &mut Violations, sent: Vec<pb::Attachment>) -> Given<Vec<Attachment>> {
    if sent.is_empty() {
        return Given::Absent;
    }
    if sent.len() > ATTACHMENTS_MOST {
        v.add("attachments", too_many(sent.len(), ATTACHMENTS_MOST));
        return Given::Absent;
    }
    let read = sent.into_iter().enumerate();
    let read =
        read.filter_map(|(index, sent)| v.within(format!("attachments[{index}]"), |v| attachment(v, sent)));
    Given::Known(read.collect())
}

fn attachment(v: &mut Violations, sent: pb::Attachment) -> Option<Attachment> {
    let name = v.take("name", Line::parse(&sent.name));
    let media_type = v.take("media_type", Line::parse(&sent.media_type));
    let size_bytes = v.take("size_bytes", size(sent.size_bytes));
    let sha256 = v.take("sha256", digest(sent.sha256));
    Some(Attachment { name: name?, media_type: media_type?, size_bytes: size_bytes?, sha256: sha256? })
}

fn size(bytes: i64) -> Result<i64, Invalid> {
    if (0..=ATTACHMENT_BYTES_MOST).contains(&bytes) {
        Ok(bytes)
    } else {
        Err(Invalid::new("must be 0 to 1099511627776 bytes", "附件大小应在 0 至 1099511627776 字节之间"))
    }
}

fn digest(mut hex: String) -> Result<String, Invalid> {
    if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        hex.make_ascii_lowercase();
        Ok(hex)
    } else {
        let zh = "不是有效的 SHA-256 摘要，应为 64 位十六进制数字";
        Err(Invalid::new("not a SHA-256 digest; send 64 hexadecimal digits", zh))
    }
}
