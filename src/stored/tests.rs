use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::Value;

use super::v1::Worded;
use super::*;
use crate::domain::act::{
    DisputeEnd, MediationMeans, MediationPaper, NoticeMeans, NoticeSubject, Party, VerificationAnswer,
    VerificationSubject,
};
use crate::domain::check::WarningKind;
use crate::domain::command::EventKind;
use crate::domain::danger::DangerKind;
use crate::domain::given::PURGED;
use crate::domain::handling::{
    Disposition, Finding, NotFiledBasis, OtherMatter, RefusalGround, ReviewKind, ReviewOutcome, Status,
    StepKind, TerminationGround,
};
use crate::domain::ids::CallerId;
use crate::domain::outcome::ImportedLabel;

const GOLDEN: &str = include_str!("golden/v1.txt");

/// What stands behind a name: of an event the word of its kind, else what is kept.
fn golden() -> Vec<(&'static str, &'static str)> {
    let lines = GOLDEN.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).collect()
}

/// The kinds of events that a command leaves. A new command does not compile until it says so.
fn kinds(command: &Command) -> Vec<EventKind> {
    match command {
        Command::Submit(_) => vec![EventKind::Submit, EventKind::Unmask],
        Command::Import { .. } => vec![EventKind::Submit, EventKind::Backfill, EventKind::Unmask],
        Command::Outcome { .. } => vec![EventKind::Outcome],
        Command::Amend { .. } => vec![EventKind::Amend],
        Command::Withdraw { .. } => vec![EventKind::Withdraw],
        Command::Urge { .. } => vec![EventKind::Urge],
        Command::Pull { .. } => vec![EventKind::Pull],
        Command::Handle(handling) => vec![EventKind::from(&handling.verb)],
        Command::Reassign { .. } => vec![EventKind::Reassign],
        Command::Escalate { .. } => vec![EventKind::Escalate],
        Command::OpenReview { .. } => vec![EventKind::OpenReview],
        Command::EndReview { .. } => vec![EventKind::EndReview],
        Command::CutLink { .. } => vec![EventKind::CutLink],
        Command::Rescore { .. } => vec![EventKind::Rescore],
        Command::LoadBureau { .. } => vec![EventKind::LoadBureau],
        Command::UseModel { .. } => vec![EventKind::UseModel],
        Command::AcceptClock { .. } => vec![EventKind::AcceptClock],
        Command::MakeCaller(_) => vec![EventKind::MakeCaller],
        Command::RevokeCaller { .. } => vec![EventKind::RevokeCaller],
        Command::StoreModel { .. } => vec![EventKind::StoreModel],
        Command::RotateToken { .. } => vec![EventKind::RotateToken],
        Command::Account(change) => vec![EventKind::from(change)],
        Command::Purge(_) => vec![EventKind::Purge],
        Command::Disclose(_) => vec![EventKind::Disclose],
        Command::Rekey { .. } => vec![EventKind::Rekey],
    }
}

/// Read, and written again: the same bytes, whatever the types of the domain are called by now.
fn same<T: Stored>(json: &str) -> T {
    let value: T = from_json(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(to_json(&value).unwrap(), json);
    value
}

#[test]
fn everything_stored_is_read_and_written_as_it_was() {
    let mut seen: HashMap<EventKind, usize> = HashMap::new();
    for (name, json) in golden() {
        match name {
            "event" => {
                let (word, json) = json.split_once(' ').unwrap();
                let kind = EventKind::ALL.iter().copied().find(|kind| kind.word() == word).unwrap();
                let Recorded { command, .. } = same(json);
                assert!(kinds(&command).contains(&kind), "{word}: {json}");
                *seen.entry(kind).or_default() += 1;
            }
            "leases" => drop(same::<Vec<Lease>>(json)),
            "handled" => drop(same::<Handled>(json)),
            "opened" => assert!(same::<CallerId>(json).0 > 0),
            "mended" => drop(same::<Mended>(json)),
            "reasons" => drop(same::<Vec<Reason>>(json)),
            "evidence" => drop(same::<Evidence>(json)),
            "testing" => drop(same::<Testing>(json)),
            "recused" => drop(same::<Recused>(json)),
            "kinds" | "words" => {}
            unknown => panic!("nothing of the name {unknown} is stored"),
        }
    }
    for kind in EventKind::ALL {
        assert!(seen.contains_key(kind), "golden/v1.txt has no event {}: add a line", kind.word());
    }
}

/// Codes are stored in columns and words in texts: neither is ever changed, nor used again for something else.
#[test]
fn codes_and_words_are_what_they_were() {
    let codes: Vec<String> =
        EventKind::ALL.iter().map(|kind| format!("{}={}", kind.word(), kind.code())).collect();
    let of = |name: &str| golden().into_iter().filter(|(of, _)| *of == name).map(|(_, line)| line).collect();
    let (kinds, words): (Vec<&str>, Vec<&str>) = (of("kinds"), of("words"));
    assert_eq!(kinds, [codes.join(" ")]);
    for kind in EventKind::ALL {
        assert_eq!(EventKind::from_code(kind.code()), Some(*kind));
    }
    assert_eq!(
        words,
        [
            words_of("status", Status::ALL, Status::code),
            words_of("ground", RefusalGround::ALL, RefusalGround::code),
            words_of("finding", Finding::ALL, Finding::code),
            words_of("step", StepKind::ALL, StepKind::code),
            words_of("disposition", Disposition::ALL, Disposition::code),
            words_of("review", ReviewKind::ALL, ReviewKind::code),
            words_of("review_outcome", ReviewOutcome::ALL, ReviewOutcome::code),
            words_of("mark", ImportedLabel::ALL, ImportedLabel::code),
            words_of("termination", TerminationGround::ALL, TerminationGround::code),
            words_of("matter", OtherMatter::ALL, OtherMatter::code),
            words_of("notice", NoticeSubject::ALL, NoticeSubject::code),
            words_of("party", Party::ALL, Party::code),
            words_of("means", NoticeMeans::ALL, NoticeMeans::code),
            words_of("dispute_end", DisputeEnd::ALL, DisputeEnd::code),
            words_of("mediation_means", MediationMeans::ALL, MediationMeans::code),
            words_of("mediation_paper", MediationPaper::ALL, MediationPaper::code),
            words_of("verification", VerificationSubject::ALL, VerificationSubject::code),
            words_of("answer", VerificationAnswer::ALL, VerificationAnswer::code),
            words_of("warning", WarningKind::ALL, WarningKind::code),
            words_of("danger", DangerKind::ALL, DangerKind::code),
            words_of("not_filed", NotFiledBasis::ALL, NotFiledBasis::code),
        ]
    );
}

fn words_of<T: Worded>(name: &str, all: &[T], code: fn(T) -> i16) -> String {
    let words = all.iter().map(|value| format!(" {}={}", value.word(), code(*value)));
    format!("{name}{}", words.collect::<String>())
}

/// The texts of a stored command that are somebody's, each replaced by another: all of the complainant's, and whatever is
/// not plain ASCII, as ids and words of lists are.
fn others(value: &mut Value, whose: bool, signs: &mut impl Iterator<Item = char>, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if whose || !text.is_ascii() => {
            *text = signs.by_ref().take(8).collect();
            texts.push(text.clone());
        }
        Value::Array(list) => list.iter_mut().for_each(|one| others(one, whose, signs, texts)),
        Value::Object(fields) => {
            fields
                .iter_mut()
                .for_each(|(name, one)| others(one, whose || name == "complainant", signs, texts));
        }
        _ => {}
    }
}

proptest! {
    /// Whatever people have told or written in a command of any kind: `Debug` shows none of it.
    #[test]
    fn debug_shows_nothing_of_persons(signs in proptest::collection::vec(0x4e00..0x9fa6_u32, 997)) {
        let mut signs = signs.into_iter().filter_map(char::from_u32).cycle();
        let mut shown = 0;
        for (_, line) in golden().into_iter().filter(|(name, _)| *name == "event") {
            let mut json: Value = serde_json::from_str(line.split_once(' ').unwrap().1).unwrap();
            let mut texts = Vec::new();
            others(&mut json, false, &mut signs, &mut texts);
            let recorded: Recorded = from_json(json.to_string()).unwrap();
            let printed = format!("{recorded:?} {recorded:#?}");
            for text in &texts {
                prop_assert!(!printed.contains(text), "{text}: {printed}");
            }
            if let Some(version) = recorded.command.version() {
                // As it is printed by whatever holds it: a view, an answer, a row of a file.
                let parts = format!("{:?} {:?} {:?}", version.complainant, version.complaint, version.report);
                prop_assert!(texts.iter().all(|text| !parts.contains(text)), "{parts}");
            }
            shown += texts.len();
        }
        prop_assert!(shown > 50);
    }
}

/// What may be said of something that is no person's, and not of a tombstone alone: operators, categories, authorities.
const NOBODYS: [&str; 9] = [
    "respondent",
    "object_category",
    "problem_category",
    "sales_mode",
    "platform",
    "authority",
    "handled_by",
    "to",
    "basis",
];

/// Takes out what is no person's.
fn without_nobodys(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(without_nobodys),
        Value::Object(fields) => {
            fields.retain(|name, _| !NOBODYS.contains(&name.as_str()));
            fields.values_mut().for_each(without_nobodys);
        }
        _ => {}
    }
}

/// Of a command of any kind, what somebody has told or written is gone from what is stored once it was purged; what a tombstone says
/// is read again.
#[test]
fn a_tombstone_holds_nothing_that_a_person_told_or_wrote() {
    let of_bureau = ["load_bureau", "make_caller", "store_model", "open_account", "set_password", "disclose"];
    let mut taken = 0;
    for (_, line) in golden().into_iter().filter(|(name, _)| *name == "event") {
        let (kind, json) = line.split_once(' ').unwrap();
        if of_bureau.contains(&kind) {
            continue;
        }
        let mut json: Value = serde_json::from_str(json).unwrap();
        let mut signs = (0x4e00..0x9fa6_u32).filter_map(char::from_u32).cycle();
        let mut texts = Vec::new();
        others(&mut json, false, &mut signs, &mut texts);
        taken += texts.len();
        let mut recorded: Recorded = from_json(json.to_string()).unwrap();
        recorded.command.purge();
        recorded.purged = Some(Tombstone::default());
        let left = to_json(&recorded).unwrap();
        assert_eq!(to_json(&from_json::<Recorded>(&left).unwrap()).unwrap(), left);
        let mut left: Value = serde_json::from_str(&left).unwrap();
        without_nobodys(&mut left);
        let left = left.to_string().replace(PURGED, "");
        assert!(left.is_ascii(), "{kind}: {left}");
    }
    assert!(taken > 50, "{taken} texts");
}
