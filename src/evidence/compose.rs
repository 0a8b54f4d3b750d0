//! How a sheet is put together from what was read, without reading or asking for anything more.

use std::collections::HashMap;

use super::{
    Compared, Complaint, Considered, Earlier, FORMAT, Grounds, Linked, MASK, Rest, Row, Scored, Sent, Sheet,
    Standing, TrainedExamples, Withheld, compare, law, mask,
};
use crate::domain::decision::{Candidate, Decision, Routing, Suspicion};
use crate::domain::evidence::NearDuplicate;
use crate::domain::given::{Given, PURGED};
use crate::domain::ids::{RegistrationNumber, Sequence, UnitId};
use crate::domain::person::{Complainant, Email, PaymentAccount, Phone, ResidentId};
use crate::domain::plain::{plain, seen};
use crate::domain::respondent::CreditCode;
use crate::domain::submission::Submission;
use crate::domain::text::{Address, Line, Story};
use crate::domain::time::{Moment, Timestamp};
use crate::model::recall::Recalled;
use crate::routing::Bureau;

/// How a complaint of the cluster is named that no other part of the sheet names.
pub(super) const LINKED: &str = "既往关联";

/// What is known of an earlier complaint up to then.
#[derive(Debug)]
pub(crate) struct Past {
    /// Its facts.
    pub(crate) facts: Submission,
    /// Its place in the history.
    pub(crate) sequence: Sequence,
    /// Its receive time as first sent.
    pub(crate) received: Moment,
    /// Where it stood.
    pub(crate) standing: Standing,
}

/// What a sheet is made from.
#[derive(Debug)]
pub(crate) struct Gathered<'a> {
    /// The complaint's facts, told up to then.
    pub(crate) facts: &'a Submission,
    /// Its receive time as first sent.
    pub(crate) received: Moment,
    /// Decisions up to the one asked for, oldest first, with the time of each.
    pub(crate) decisions: &'a [(Decision, Timestamp)],
    /// The bureau file the complaint was sent under.
    pub(crate) sent_under: &'a Bureau,
    /// The bureau file the score was made under.
    pub(crate) scored_under: &'a Bureau,
    /// The score, taken apart; none when there was none.
    pub(crate) recalled: Option<Recalled>,
    /// Earlier complaints, by number.
    pub(crate) past: &'a HashMap<RegistrationNumber, Past>,
    /// That the facts were purged since.
    pub(crate) purged: Option<String>,
    /// The reader may see candidates' loads: they count reports too.
    pub(crate) may_see_loads: bool,
}

/// Earlier complaints that a score names, each with the parts that name it.
pub(crate) fn named(suspicion: &Suspicion) -> Vec<(RegistrationNumber, Vec<String>)> {
    let mut named: Vec<(RegistrationNumber, Vec<String>)> = Vec::new();
    let mut name =
        |number: &RegistrationNumber, by: String| match named.iter_mut().find(|(known, _)| known == number) {
            Some((_, parts)) if parts.contains(&by) => {}
            Some((_, parts)) => parts.push(by),
            None => named.push((number.clone(), vec![by])),
        };
    for (at, reason) in (1..).zip(&suspicion.reasons) {
        reason.records.iter().for_each(|number| name(number, format!("理由{at}")));
    }
    for guard in &suspicion.evidence.guards {
        guard.records.iter().for_each(|number| name(number, "易误判情形".to_owned()));
    }
    for (at, link) in (1..).zip(&suspicion.evidence.links) {
        link.from.iter().chain([&link.to]).for_each(|number| name(number, format!("关联{at}")));
    }
    if let Some(near_duplicate) = &suspicion.evidence.near_duplicate {
        name(&near_duplicate.number, "雷同文本".to_owned());
    }
    for number in &suspicion.evidence.linked {
        name(number, LINKED.to_owned());
    }
    named
}

/// Makes the sheet; none without a decision that holds a score row.
pub(crate) fn sheet(gathered: &Gathered<'_>) -> Option<Sheet> {
    let Gathered { facts, received, decisions, .. } = gathered;
    let (asked, at) = decisions.last()?;
    let suspicion = asked.suspicion.as_ref()?;
    let law = gathered.scored_under.governing(received.at.day(), at.day()).law;
    Some(Sheet {
        format: FORMAT,
        number: facts.number.clone(),
        bureau: gathered.scored_under.name().to_owned(),
        as_of_sequence: asked.sequence,
        as_of_time: at.display(),
        outward: false,
        advice: law::advice(law),
        rules: law,
        purged: gathered.purged.clone(),
        complaint: complaint(facts)?.into(),
        score: scored(gathered, asked, suspicion),
        scores: decisions.iter().filter_map(row).collect(),
        guards: suspicion.evidence.guards.clone(),
        links: links(suspicion),
        near_duplicate: suspicion
            .evidence
            .near_duplicate
            .as_ref()
            .map(|near_duplicate| compared(gathered, near_duplicate)),
        earlier: earlier(gathered, suspicion),
        withheld: Withheld::default(),
        routing: decisions
            .first()
            .and_then(|(first, at)| Some(sent(gathered, first, first.routing.as_ref()?, *at))),
    })
}

fn demands(given: &Given<Vec<Line>>) -> Vec<String> {
    match given {
        Given::Absent => Vec::new(),
        Given::Masked => vec![MASK.to_owned()],
        Given::Purged => vec![PURGED.to_owned()],
        Given::Known(lines) => lines.iter().map(|line| line.as_str().to_owned()).collect(),
    }
}

fn complaint(facts: &Submission) -> Option<Complaint> {
    let (who, whom, part) = (&facts.complainant, &facts.respondent, facts.complaint.as_ref()?);
    Some(Complaint {
        received: moment(&facts.received),
        channel: shown(&facts.channel, |channel| channel.zh()),
        complainant: shown(&who.name, Line::as_str),
        phone: shown(&who.phone, Phone::digits),
        resident_id: shown(&who.resident_id, ResidentId::text),
        address: shown(&who.address, Address::as_str),
        delivery_address: shown(&who.delivery_address, Address::as_str),
        email: shown(&who.email, Email::text),
        payment_account: shown(&who.payment_account, PaymentAccount::text),
        respondent: shown(&whom.name, Line::as_str),
        credit_code: shown(&whom.credit_code, CreditCode::text),
        premises: shown(&whom.premises, Address::as_str),
        text: shown(&part.text, Story::as_str),
        demands: demands(&part.demands),
        amount_fen: part.amount_fen.known().copied(),
        object_category: shown(&part.object_category, Line::as_str),
        problem_category: shown(&part.problem_category, Line::as_str),
        product: shown(&part.product, Line::as_str),
        brand: shown(&part.brand, Line::as_str),
        sales_mode: shown(&part.sales_mode, Line::as_str),
        platform: shown(&part.platform, Line::as_str),
        order_number: shown(&part.order_number, Line::as_str),
        quantity: part.quantity.known().map(|quantity| quantity.0),
        occurred: part.occurred.known().map(moment),
        place: shown(&part.place, Address::as_str),
        attachments: part.attachments.known().map_or(0, Vec::len),
    })
}

fn shown<T>(fact: &Given<T>, text: impl Fn(&T) -> &str) -> Option<String> {
    match fact {
        Given::Absent => None,
        Given::Masked => Some(MASK.to_owned()),
        Given::Purged => Some(PURGED.to_owned()),
        Given::Known(known) => Some(text(known).to_owned()),
    }
}

fn moment(moment: &Moment) -> String {
    if moment.date_only { moment.at.day().to_string() } else { moment.at.display() }
}

fn scored(gathered: &Gathered<'_>, asked: &Decision, suspicion: &Suspicion) -> Scored {
    let recalled = gathered.recalled.as_ref();
    let terms = recalled.map(|recalled| recalled.terms.clone()).unwrap_or_default();
    let is_term = |feature: &str| terms.iter().any(|term| term.feature == feature);
    let reasons: Vec<Grounds> = suspicion
        .reasons
        .iter()
        .map(|reason| Grounds {
            feature: reason.feature.clone(),
            text: reason.text.clone(),
            factor: reason.factor,
            // A notice is no feature and adds nothing.
            contribution: Some(reason.contribution).filter(|_| is_term(&reason.feature)),
            records: reason.records.clone(),
            withheld: 0,
        })
        .collect();
    let unsaid: Vec<f64> = terms
        .iter()
        .filter(|term| reasons.iter().all(|reason| reason.feature != term.feature))
        .map(|term| term.contribution)
        .collect();
    let (medium_from, high_from) = gathered.scored_under.settings().bands;
    Scored {
        band: suspicion.band,
        probability: suspicion.score,
        log_odds: suspicion.log_odds,
        model: suspicion.model.clone(),
        model_source: recalled.map(|recalled| recalled.source),
        model_trained_on: recalled.and_then(|recalled| recalled.trained_on).map(TrainedExamples::from),
        schema_hash: suspicion.schema_hash.clone(),
        bureau_file: asked.rules,
        medium_from,
        high_from,
        floors: gathered.scored_under.settings().floors.clone(),
        baseline: recalled.map(|recalled| recalled.baseline),
        reasons,
        rest: recalled
            .map(|_| Rest { features: unsaid.len(), contribution: unsaid.iter().sum::<f64>() + 0.0 }),
        terms,
    }
}

fn row((decision, at): &(Decision, Timestamp)) -> Option<Row> {
    let suspicion = decision.suspicion.as_ref()?;
    Some(Row {
        sequence: decision.sequence,
        time: at.display(),
        band: suspicion.band,
        probability: suspicion.score,
        model: suspicion.model.clone(),
    })
}

fn links(suspicion: &Suspicion) -> Vec<Linked> {
    suspicion
        .evidence
        .links
        .iter()
        .zip(1..)
        .map(|(link, at)| Linked {
            at,
            key: link.key,
            from: link.from.clone(),
            to: link.to.clone(),
            received: link.received.to_string(),
            complaints: link.complaints,
            names: link.names,
        })
        .collect()
}

/// Both texts with what identifies either complainant covered, so that what is marked is the story's difference.
fn compared(gathered: &Gathered<'_>, near_duplicate: &NearDuplicate) -> Compared {
    let here = gathered.facts;
    let there = gathered.past.get(&near_duplicate.number).map(|past| &past.facts);
    let text = |facts: &Submission| facts.complaint.as_ref().and_then(|part| part.text.known().cloned());
    let texts = text(here).zip(there.and_then(text));
    let persons = [Some(here), there].into_iter().flatten().flat_map(|facts| facts.complainant.shown());
    let known: Vec<(String, &str)> =
        persons.filter_map(|(name, words)| Some((words.known()?.clone(), name.cover?))).collect();
    let known: Vec<(&str, &str)> = known.iter().map(|(words, cover)| (words.as_str(), *cover)).collect();
    let covered = |text: &Story| mask::masked(&seen(text.as_str()), &known);
    let runs = texts.map(|(here, there)| compare::compare(&covered(&here), &covered(&there)));
    let runs = runs.map(compare::without_others_own);
    Compared { near_duplicate: near_duplicate.clone(), runs: runs.unwrap_or_default().into() }
}

fn earlier(gathered: &Gathered<'_>, suspicion: &Suspicion) -> Vec<Earlier> {
    let mut named: Vec<_> = named(suspicion)
        .into_iter()
        .filter_map(|(number, by)| Some((gathered.past.get(&number)?, number, by)))
        .collect();
    named.sort_by_key(|(past, ..)| std::cmp::Reverse((past.received.at, past.sequence)));
    let received = gathered.received.at.day().to_string();
    let earlier = |(past, number, named_by): (&Past, _, _)| Earlier {
        number,
        received: moment(&past.received),
        respondent: shown(&past.facts.respondent.name, Line::as_str),
        product: past.facts.complaint.as_ref().and_then(|part| shown(&part.product, Line::as_str)),
        amount_fen: past.facts.complaint.as_ref().and_then(|part| part.amount_fen.known().copied()),
        demands: past.facts.complaint.as_ref().map(|part| demands(&part.demands)).unwrap_or_default(),
        ended_after_receipt: past.standing.ended_on.as_deref().is_some_and(|day| day > received.as_str()),
        standing: past.standing.clone(),
        is_own: is_one_person(&gathered.facts.complainant, &past.facts.complainant),
        named_by,
    };
    named.into_iter().map(earlier).collect()
}

/// Whether two complaints came from one person, as far as their facts say: by the document; else by one name with one more
/// fact in common; else, where a name is not known, by the telephone. Who cannot be told is another person.
fn is_one_person(one: &Complainant, other: &Complainant) -> bool {
    if let (Given::Known(one), Given::Known(other)) = (&one.resident_id, &other.resident_id) {
        return one == other;
    }
    let is_same = |one: &Given<String>, other: &Given<String>| {
        one.known().zip(other.known()).is_some_and(|(one, other)| plain(one) == plain(other))
    };
    match (one.name.known(), other.name.known()) {
        (Some(name), Some(of_other)) => {
            let in_common =
                one.shown().zip(other.shown()).filter(|((_, one), (_, other))| is_same(one, other));
            plain(name.as_str()) == plain(of_other.as_str()) && in_common.count() > 1
        }
        _ => one.phone.known().is_some() && one.phone == other.phone,
    }
}

fn sent(gathered: &Gathered<'_>, decision: &Decision, routing: &Routing, at: Timestamp) -> Sent {
    let rules = gathered.sent_under;
    let law = rules.governing(gathered.received.at.day(), at.day()).law;
    let name = |id: &UnitId| rules.unit(id).map_or_else(|| id.to_string(), |unit| unit.name.clone());
    let considered = |candidate: &Candidate| Considered {
        unit: candidate.unit.clone(),
        unit_name: name(&candidate.unit),
        open_centiunits: candidate.open_centiunits,
        centiofficers: candidate.centiofficers,
        barred: candidate.barred,
        load: candidate.load(),
        assigned_centiunits: candidate.assigned_centiunits,
        month_centiofficers: candidate.month_centiofficers,
        assigned_with: candidate.assigned_with(routing.centiunits),
        chosen: candidate.chosen,
    };
    let unit_name = name(&routing.unit);
    let sent = Sent {
        unit: routing.unit.clone(),
        basis: routing.basis,
        why: routing.sentence(&unit_name, law),
        centiunits: routing.centiunits,
        bureau_file: decision.rules,
        candidates: Some(routing.candidates.iter().map(considered).collect()),
        why_without_loads: Routing { candidates: Vec::new(), ..routing.clone() }.sentence(&unit_name, law),
        unit_name,
    };
    if gathered.may_see_loads { sent } else { sent.without_loads() }
}
