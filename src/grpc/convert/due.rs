//! Terms that run out and moves that are proposed, on the wire (到期提醒、均衡建议).

use super::view::{deadline, hundredths, status};
use super::{file_name, finish, page};
use crate::domain::ids::UnitId;
use crate::domain::violation::{Invalid, Violations};
use crate::grpc::pb;
use crate::service::Failure;
use crate::service::due::{DueList, DueTerm, Proposal};

const TERMS_DEFAULT: u32 = 100;
const TERMS_MOST: u32 = 1_000;
const WITHIN_MOST: u16 = 250;

/// Which terms are asked for.
#[derive(Debug)]
pub(in crate::grpc) struct DueAsked {
    pub(in crate::grpc) within: u16,
    pub(in crate::grpc) unit: Option<UnitId>,
    pub(in crate::grpc) most: u32,
}

pub(in crate::grpc) fn list_due(sent: &pb::ListDueRequest) -> Result<DueAsked, Failure> {
    let mut v = Violations::default();
    let bad = || Invalid::new("must be 0 to 250", "工作日数应在 0 至 250 之间");
    let within = u16::try_from(sent.within_working_days).ok().filter(|days| *days <= WITHIN_MOST);
    let within = v.take("within_working_days", within.ok_or_else(bad));
    let unit = match sent.unit.as_str() {
        "" => Some(None),
        unit => v.take("unit", UnitId::parse(unit)).map(Some),
    };
    let page = page(&mut v, sent.page_size, "", TERMS_DEFAULT, TERMS_MOST);
    let asked = (|| Some(DueAsked { within: within?, unit: unit?, most: page?.most }))();
    finish(v, asked)
}

pub(in crate::grpc) fn due(seen: DueList) -> pb::ListDueResponse {
    pb::ListDueResponse { terms: seen.terms.into_iter().map(term).collect(), more: seen.more }
}

fn term(seen: DueTerm) -> pb::DueTerm {
    pb::DueTerm {
        file: file_name(&seen.number, seen.track),
        unit: seen.unit.to_string(),
        status: status(seen.status).into(),
        deadline: Some(deadline(seen.clock)),
        working_days_left: seen.working_days_left,
    }
}

pub(in crate::grpc) fn proposals(seen: &[Proposal]) -> pb::ProposeRebalanceResponse {
    let proposal = |Proposal { number, change }: &Proposal| pb::propose_rebalance_response::Proposal {
        file: file_name(number, change.file.track),
        from_unit: change.from.to_string(),
        to_unit: change.to.to_string(),
        from_load_before: hundredths(change.from_load.0),
        from_load_after: hundredths(change.from_load.1),
        to_load_before: hundredths(change.to_load.0),
        to_load_after: hundredths(change.to_load.1),
    };
    pb::ProposeRebalanceResponse { proposals: seen.iter().map(proposal).collect() }
}
