//! The facts of a submission, and what an export reports of a file's outcome.

use serde::{Deserialize, Serialize};

use super::words::Word;
use super::{form, form_enum};
use crate::domain::given::Given;
use crate::domain::handling::{Disposition, RefusalGround};
use crate::domain::ids::RegistrationNumber;
use crate::domain::outcome::{Ended, Ending, FileOutcome, ImportedLabel};
use crate::domain::person::{Complainant, Email, PaymentAccount, Phone, ResidentId};
use crate::domain::respondent::{CreditCode, Respondent};
use crate::domain::submission::{Attachment, Channel, Part, Quantity, Submission};
use crate::domain::text::{Address, AmountFen, Line, Story};
use crate::domain::time::{Moment, Timestamp};

#[derive(Serialize, Deserialize)]
pub(crate) struct SubmissionV1 {
    number: RegistrationNumber,
    received: MomentV1,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    channel: Given<Word<Channel>>,
    complainant: ComplainantV1,
    respondent: RespondentV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    complaint: Option<PartV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    report: Option<PartV1>,
}
form!(
    SubmissionV1 = Submission {
        number: number,
        received: received,
        channel: channel,
        complainant: complainant,
        respondent: respondent,
        complaint: complaint,
        report: report,
    }
);

#[derive(Serialize, Deserialize)]
pub(crate) struct MomentV1 {
    at: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    date_only: bool,
}
form!(MomentV1 = Moment { at: at, date_only: date_only });

#[derive(Serialize, Deserialize)]
pub(crate) struct ComplainantV1 {
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    name: Given<Line>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    phone: Given<Phone>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    other_phones: Given<Vec<Phone>>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    resident_id: Given<ResidentId>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    address: Given<Address>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    delivery_address: Given<Address>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    email: Given<Email>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    payment_account: Given<PaymentAccount>,
}
form!(
    ComplainantV1 = Complainant {
        name: name,
        phone: phone,
        other_phones: other_phones,
        resident_id: resident_id,
        address: address,
        delivery_address: delivery_address,
        email: email,
        payment_account: payment_account,
    }
);

#[derive(Serialize, Deserialize)]
pub(crate) struct RespondentV1 {
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    name: Given<Line>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    credit_code: Given<CreditCode>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    premises: Given<Address>,
}
form!(RespondentV1 = Respondent { name: name, credit_code: credit_code, premises: premises });

#[derive(Serialize, Deserialize)]
pub(crate) struct PartV1 {
    // Always there: an absent text is written as `null`, and comes back as a masked one.
    text: Given<Story>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    demands: Given<Vec<Line>>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    amount_fen: Given<AmountFen>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    object_category: Given<Line>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    problem_category: Given<Line>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    product: Given<Line>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    brand: Given<Line>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    sales_mode: Given<Line>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    platform: Given<Line>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    order_number: Given<Line>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    quantity: Given<Quantity>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    occurred: Given<MomentV1>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    place: Given<Address>,
    #[serde(default, skip_serializing_if = "Given::is_absent")]
    attachments: Given<Vec<AttachmentV1>>,
}
form!(
    PartV1 = Part {
        text: text,
        demands: demands,
        amount_fen: amount_fen,
        object_category: object_category,
        problem_category: problem_category,
        product: product,
        brand: brand,
        sales_mode: sales_mode,
        platform: platform,
        order_number: order_number,
        quantity: quantity,
        occurred: occurred,
        place: place,
        attachments: attachments,
    }
);

#[derive(Serialize, Deserialize)]
pub(crate) struct AttachmentV1 {
    name: Line,
    media_type: Line,
    size_bytes: i64,
    sha256: String,
}
form!(
    AttachmentV1 = Attachment { name: name, media_type: media_type, size_bytes: size_bytes, sha256: sha256 }
);

#[derive(Serialize, Deserialize)]
pub(crate) struct FileOutcomeV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ending: Option<EndingV1>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    taken_up: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<Word<ImportedLabel>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handled_by: Option<Line>,
    as_of: Timestamp,
}
form!(
    FileOutcomeV1 = FileOutcome {
        ending: ending,
        taken_up: accepted_upstream,
        mark: imported_label,
        handled_by: handled_by,
        as_of: as_of,
    }
);

#[derive(Serialize, Deserialize)]
pub(crate) struct EndingV1 {
    ended: EndedV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<MomentV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovered: Option<AmountFen>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fined: Option<AmountFen>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confiscated: Option<AmountFen>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handled_by: Option<Line>,
}
form!(
    EndingV1 = Ending {
        ended: ended,
        at: at,
        recovered: recovered,
        fined: fined,
        confiscated: confiscated,
        handled_by: handled_by,
    }
);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndedV1 {
    Refused(Option<Word<RefusalGround>>),
    NotFiled,
    Closed(Option<Word<Disposition>>),
}
form_enum!(EndedV1 = Ended { Refused = Refused(ground), NotFiled = NotFiled, Closed = Closed(disposition) });
