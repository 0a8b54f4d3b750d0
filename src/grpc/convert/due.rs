//! Terms that run out, moves and places that are proposed, on the wire (到期提醒、均衡建议、地名建议).

use super::view::{deadline, hundredths, status};
use super::{file_name, finish, no_token, page_size, wire_track};
use crate::domain::deadline::{DuePlace, Duty};
use crate::domain::ids::{FileId, Sequence, Track, UnitId};
use crate::domain::time::Day;
use crate::domain::violation::{Invalid, Violations};
use crate::draft::{PlaceProposal, Source};
use crate::grpc::pb;
use crate::service::Failure;
use crate::service::due::{DueAsked, DueList, DueTerm, Proposal};

const TERMS_DEFAULT: u32 = 100;
const TERMS_MOST: u32 = 1_000;
const WITHIN_MOST: u16 = 250;

pub(in crate::grpc) fn list_due(sent: &pb::ListDueRequest) -> Result<DueAsked, Failure> {
    let mut v = Violations::default();
    let bad = || Invalid::new("must be 0 to 250", "工作日数应在 0 至 250 之间");
    let within = u16::try_from(sent.within_working_days).ok().filter(|days| *days <= WITHIN_MOST);
    let within = v.take("within_working_days", within.ok_or_else(bad));
    let unit = match sent.unit.as_str() {
        "" => Some(None),
        unit => v.take("unit", UnitId::parse(unit)).map(Some),
    };
    let most = page_size(&mut v, sent.page_size, TERMS_DEFAULT, TERMS_MOST);
    let after = match sent.page_token.as_str() {
        "" => Some(None),
        token => v.take("page_token", parse_place(token).ok_or_else(no_token)).map(Some),
    };
    let asked = (|| Some(DueAsked { within: within?, unit: unit?, after: after?, most: most? }))();
    finish(v, asked)
}

/// A place as a token: five numbers, for nobody but us.
fn place_token(place: DuePlace) -> String {
    let DuePlace { due_on, file: FileId { submission, track }, duty, started_by } = place;
    let track = wire_track(track) as i32;
    format!("{}.{}.{track}.{}.{}", due_on.number(), submission.0, duty.code(), started_by.0)
}

fn parse_place(token: &str) -> Option<DuePlace> {
    let [due_on, submission, track, duty, started_by] = *token.split('.').collect::<Vec<_>>().as_slice()
    else {
        return None;
    };
    let track = Track::ALL.into_iter().find(|one| (wire_track(*one) as i32).to_string() == track)?;
    let sequence = |text: &str| text.parse().ok().map(Sequence);
    Some(DuePlace {
        due_on: Day(due_on.parse().ok()?).into(),
        file: FileId { submission: sequence(submission)?, track },
        duty: Duty::from_code(duty.parse().ok()?)?,
        started_by: sequence(started_by)?,
    })
}

pub(in crate::grpc) fn due(seen: DueList) -> pb::ListDueResponse {
    let next_page_token = seen.next.map(place_token).unwrap_or_default();
    pb::ListDueResponse { terms: seen.terms.into_iter().map(term).collect(), next_page_token }
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

pub(in crate::grpc) fn places(seen: Vec<PlaceProposal>) -> pb::ProposePlacesResponse {
    let source = |source: Source| pb::propose_places_response::Source {
        registration_number: source.number.to_string(),
        officer: source.officer.to_string(),
        signed_on: source.signed_on.to_string(),
    };
    let place = |place: PlaceProposal| pb::propose_places_response::Place {
        name: place.name,
        kind: place.kind.to_owned(),
        station: place.station.to_string(),
        sources: place.sources.into_iter().map(source).collect(),
    };
    pb::ProposePlacesResponse { places: seen.into_iter().map(place).collect() }
}
