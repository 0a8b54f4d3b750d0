//! A history lived: what happens becomes requests to a bureau as it stands when a wave begins.

use proptest::sample::Index;
use triage::app::{Config, FIRST_BUREAU};
use triage::domain::act::{
    DisputeEnd, FileAct, Notice, NoticeMeans, NoticeSubject, Party, Verification, VerificationAnswer,
    VerificationSubject,
};
use triage::domain::caller::{Caller, Role};
use triage::domain::command::{Command, FileRef, Handling, Ruling, Verb};
use triage::domain::danger::DangerKind;
use triage::domain::deadline::{Against, ReviewEnd};
use triage::domain::evidence::IdentityKey;
use triage::domain::handling::{
    Disposition, Finding, RefusalGround, ReviewKind, ReviewOutcome, Status, StepKind, TerminationGround,
};
use triage::domain::ids::{CallerId, RegistrationNumber, Sequence, Track};
use triage::domain::text::{AmountFen, Line};
use triage::domain::time::Timestamp;

use super::{Act, Facts, History, NUMBERS, bureau, number, outcomes, submission};
use crate::support::rows::rows;
use crate::support::world::{
    Asked, UNITS, World, intake, officer, pull, reception, request_id, unit, unit_at, unit_id, why,
};

/// What was asked in one wave, after a wait.
pub(crate) type Wave = (u64, Vec<Asked>);

fn file_ref(file: &Stand) -> FileRef {
    FileRef { number: RegistrationNumber::parse(&file.number).unwrap(), track: file.track }
}

/// Where a file stands when a wave begins.
struct Stand {
    number: String,
    track: Track,
    unit: usize,
    status: Status,
    token: i64,
    held: bool,
}

const STANDS: &str =
    "SELECT number, track, unit, status, COALESCE(token, 0), COALESCE(leased_until, 0) FROM file
    ORDER BY number, track";

const REVIEWS: &str = "SELECT f.number, r.track, r.sequence FROM review r
    JOIN file f ON f.bureau_id = r.bureau_id AND f.submission = r.submission AND f.track = r.track
    WHERE r.outcome IS NULL ORDER BY r.sequence";

/// Where the bureau stands when a wave begins.
struct Standing {
    now: Timestamp,
    files: Vec<Stand>,
    reviews: Vec<(FileRef, Sequence)>,
}

async fn standing(world: &World, config: &Config) -> Standing {
    let review = |row: String| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [number, track, sequence] = cells[..] else { panic!("{row}") };
        let number = RegistrationNumber::parse(number).unwrap();
        (FileRef { number, track: track_of(track) }, Sequence(sequence.parse().unwrap()))
    };
    let reviews = rows(config, REVIEWS).await.into_iter().map(review).collect();
    Standing { now: world.clock.now(), files: stands(world, config).await, reviews }
}

fn track_of(code: &str) -> Track {
    if code == "0" { Track::Complaint } else { Track::Report }
}

async fn stands(world: &World, config: &Config) -> Vec<Stand> {
    let now = world.clock.now().0;
    let stand = |row: String| {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [number, track, unit, status, token, leased] = cells[..] else { panic!("{row}") };
        let status = Status::from_code(status.parse().unwrap()).unwrap();
        let leased = leased.parse::<i64>().unwrap() > now;
        Stand {
            number: number.to_owned(),
            track: track_of(track),
            unit: unit_at(&unit_id(unit)),
            status,
            token: token.parse().unwrap(),
            held: leased || !(status == Status::Waiting || status.has_ended()),
        }
    };
    rows(config, STANDS).await.into_iter().map(stand).collect()
}

fn pick(stands: &[Stand], index: Index, which: impl Fn(&Stand) -> bool) -> Option<&Stand> {
    let fit: Vec<&Stand> = stands.iter().filter(|stand| which(stand)).collect();
    (!fit.is_empty()).then(|| *index.get(&fit))
}

/// An act of the law: often one that fits, sometimes not.
fn act(percent: u8, complaint: bool, stand: &Stand, now: Timestamp) -> Verb {
    let notice = |subject, to| {
        let proof = Line::parse("平台反馈第88号").unwrap();
        FileAct::Notice(Notice { subject, to, means: NoticeMeans::Platform, proof, note: None, text: None })
    };
    let reason = || why("依据在案材料");
    let subject = match (stand.status, complaint) {
        (Status::Refused, _) => NoticeSubject::Refusal,
        (Status::Accepted, _) => NoticeSubject::Acceptance,
        (Status::Closed, true) => NoticeSubject::Termination,
        (_, true) => NoticeSubject::Result,
        (_, false) => NoticeSubject::FilingDecision,
    };
    let act = match percent % 6 {
        0 | 1 => notice(subject, Party::Sender),
        2 => notice(subject, Party::Respondent),
        3 => FileAct::DisputeEnded { how: DisputeEnd::Agreed, note: None },
        4 if stand.status.has_ended() => {
            FileAct::SelfCorrected { approved_by: Line::parse("局长").unwrap(), reason: reason() }
        }
        4 => FileAct::Recused { officer: officer("e2"), applied_for: true, reason: reason() },
        _ => FileAct::HandedOver {
            to: Line::parse("昆都仑区公安分局").unwrap(),
            receipt: None,
            approved_by: Line::parse("局长").ok(),
            reason: reason(),
        },
    };
    Verb::Record { on: now.day(), act }
}

/// What a hand does with a file that stands so: mostly what leads on, sometimes what does not fit.
fn verb(percent: u8, stand: &Stand, now: Timestamp, earlier: RegistrationNumber) -> Verb {
    let (status, track) = (stand.status, stand.track);
    let complaint = track == Track::Complaint;
    let finding = |finding| complaint.then(|| (finding, why("依据小票与历史记录")));
    let reason = why("不属于本局职责");
    let go_on = Verb::Decide {
        ruling: if complaint { Ruling::Accept } else { Ruling::File },
        finding: finding(if percent.is_multiple_of(2) { Finding::Suspected } else { Finding::NotSuspected }),
        on: None,
        approved_by: None,
    };
    let same = if percent.is_multiple_of(2) {
        Ruling::Repeat { of: earlier, reason: reason.clone() }
    } else {
        Ruling::Merge { into: earlier, reason: reason.clone() }
    };
    let refuse = if complaint {
        Ruling::Refuse { ground: RefusalGround::NotOurDuty, reason: reason.clone() }
    } else {
        Ruling::NotFile { reason: reason.clone(), basis: None }
    };
    let refuse =
        Verb::Decide { ruling: refuse, finding: finding(Finding::Undetermined), on: None, approved_by: None };
    let kinds = [
        StepKind::SiteVisit,
        StepKind::TestingBegan,
        StepKind::TestingEnded,
        StepKind::CompetenceDisputed,
        StepKind::Evidence,
    ];
    let kind = kinds[usize::from(percent) % kinds.len()];
    let step = Verb::Step { kind, at: now, note: Some(why("现场查看")) };
    let disposition = match (complaint, percent % 3) {
        (true, 0) => Disposition::MediationEnded,
        (true, _) => Disposition::Settled,
        (false, _) => Disposition::Penalised,
    };
    let termination = (disposition == Disposition::MediationEnded).then_some(TerminationGround::NoAgreement);
    let recovered = AmountFen::parse(468).ok();
    let close = Verb::Close { disposition, termination, ground: None, on: None, recovered, note: None };
    let act = act(percent, complaint, stand, now);
    match (status, percent) {
        (Status::Waiting, 0..70) => Verb::SignFor,
        (Status::Waiting, 70..80) => Verb::Extend,
        (Status::Waiting, 80..95) => Verb::Skip { reason },
        (Status::SignedFor, 0..50) | (Status::Accepted | Status::Filed, 60..75) => go_on,
        (Status::SignedFor, 50..60) => refuse,
        (Status::SignedFor, 60..65) if complaint => refuse,
        (Status::SignedFor, 60..65) => {
            Verb::Decide { ruling: same, finding: None, on: None, approved_by: None }
        }
        (Status::SignedFor, 65..85) | (Status::Accepted | Status::Filed, 75..85) => Verb::Return { reason },
        (Status::Accepted | Status::Filed, 0..60) | (_, 90..95) => close,
        (_, 85..90) => act,
        (_, 95..98) => Verb::Prolong {
            approved_by: Line::parse("局长").unwrap(),
            reason: why("案情复杂"),
            on: None,
            until: None,
        },
        (_, 98) => asked_for(percent, now),
        (_, 99) => {
            let (kind, stands, reason) = (DangerKind::Gas, now.seconds() % 3 > 0, why("楼道里有燃气味"));
            Verb::Record { on: now.day(), act: FileAct::DangerJudged { kind, stands, reason } }
        }
        _ => step,
    }
}

/// The sender is asked for something.
fn asked_for(percent: u8, now: Timestamp) -> Verb {
    let answers = VerificationAnswer::ALL;
    let one = Verification {
        subject: VerificationSubject::Purchase,
        asked: Line::parse("购物小票").unwrap(),
        means: NoticeMeans::Phone,
        answer: answers[usize::from(percent) % answers.len()],
        note: None,
    };
    Verb::Record { on: now.day(), act: FileAct::Verified(one) }
}

/// Asks a history of a bureau, wave by wave, each wave at once; gives what was asked and what was answered.
pub(crate) async fn live(world: &World, config: &Config, history: &History) -> (Vec<Wave>, Vec<String>) {
    let mut waves: Vec<Wave> = Vec::new();
    let mut asked: Vec<Option<Asked>> = Vec::new();
    let mut answers = Vec::new();
    for (minutes, acts) in &history.waves {
        world.wait(*minutes);
        let at_once = next_wave(world, config, (history, acts), &mut asked).await;
        answers.extend(world.ask_at_once(at_once.clone()).await.iter().map(|answer| format!("{answer:?}")));
        waves.push((*minutes, at_once));
    }
    (waves, answers)
}

/// Asks some waves of a history, after what was `asked` of it before: each at once, of the processes in turn.
pub(crate) async fn live_on(
    processes: &[World],
    (history, waves): (&History, &[(u64, Vec<Act>)]),
    asked: &mut Vec<Option<Asked>>,
) {
    for (minutes, acts) in waves {
        for process in processes {
            process.wait(*minutes);
        }
        let at_once = next_wave(&processes[0], &processes[0].config, (history, acts), asked).await;
        let turns = at_once.into_iter().zip(processes.iter().cycle());
        crate::support::world::at_once(turns.map(|(asked, process)| process.ask(asked)).collect()).await;
    }
}

/// What a wave asks of the bureau as it stands.
async fn next_wave(
    world: &World,
    config: &Config,
    (history, acts): (&History, &[Act]),
    asked: &mut Vec<Option<Asked>>,
) -> Vec<Asked> {
    let standing = standing(world, config).await;
    let from = asked.len();
    for act in acts {
        asked.push(resolve(history, act, &standing, asked.as_slice()));
    }
    asked[from..].iter().flatten().cloned().collect()
}

/// Asks the same waves again of another bureau, one request after the other.
pub(crate) async fn live_in_turn(world: &World, waves: Vec<Wave>) -> Vec<String> {
    let mut answers = Vec::new();
    for (minutes, asked) in waves {
        world.wait(minutes);
        answers.extend(world.ask_in_turn(asked).await.iter().map(|answer| format!("{answer:?}")));
    }
    answers
}

fn resolve(
    history: &History,
    act: &Act,
    Standing { now, files: stands, reviews }: &Standing,
    asked: &[Option<Asked>],
) -> Option<Asked> {
    let id = request_id(&format!("q{}", asked.len()));
    let earlier = |back: usize| asked.len().checked_sub(back).and_then(|at| asked[at].clone());
    let named = |at: usize| RegistrationNumber::parse(&number(at)).unwrap();
    Some(match act {
        Act::Submit { number: at, hidden, other } => {
            let facts = other.unwrap_or(history.facts[*at]);
            (intake(), id, Command::Submit(Box::new(submission(&number(*at), facts, *hidden))))
        }
        Act::Import { number: at, hidden, outcome } => {
            // A row of an export has one part.
            let facts = Facts { parts: history.facts[*at].parts.min(2), ..history.facts[*at] };
            let submission = Box::new(submission(&number(*at), facts, *hidden));
            let outcome = outcomes(*outcome, facts.parts == 1);
            (intake(), id, Command::Import { submission, outcome })
        }
        Act::Row { number: at, outcome } => {
            let facts = Facts { parts: history.facts[*at].parts.min(2), ..history.facts[*at] };
            let submission = Box::new(submission(&number(*at), facts, 0));
            let outcome = outcomes(*outcome, facts.parts == 1);
            (intake(), id, Command::Import { submission, outcome })
        }
        Act::Amend { number: at, other } => {
            // Parts and receive time cannot be amended.
            let first = history.facts[*at];
            let facts = Facts { parts: first.parts, hours: first.hours, ..*other };
            let submission = Box::new(submission(&number(*at), facts, 0));
            (intake(), id, Command::Amend { submission, reason: why("投诉人补充") })
        }
        Act::Withdraw { number } => {
            (intake(), id, Command::Withdraw { number: named(*number), reason: None })
        }
        Act::Urge { number } => (intake(), id, Command::Urge { number: named(*number), note: None }),
        Act::Rescore { number } => (reception(), id, Command::Rescore { number: named(*number) }),
        Act::Pull { pick: index, track, most } => {
            let waits = |file: &Stand| file.track == *track && file.status == Status::Waiting && !file.held;
            let at = pick(stands, *index, waits)?.unit;
            (unit(at), id, pull(at, *track, *most))
        }
        Act::Handle { pick: index, track, verb: percent, stale } => {
            let file = pick(stands, *index, |file| file.track == *track && file.held)?;
            let token = Sequence(file.token - i64::from(*stale));
            let verb = verb(*percent, file, *now, named(usize::from(*percent) % NUMBERS));
            let officer = officer(UNITS[file.unit].1);
            (unit(file.unit), id, Command::Handle(Handling { file: file_ref(file), officer, token, verb }))
        }
        Act::Reassign { pick: index, track, unit } => {
            let file = file_ref(pick(stands, *index, |file| file.track == *track)?);
            let unit = unit_id(UNITS[*unit].0);
            (reception(), id, Command::Reassign { file, unit, reason: why("属地调整") })
        }
        Act::OpenReview { pick: index, track, kind } => {
            // Against an act of a file, mostly one that has ended; sometimes against nothing that it stands by.
            let fits = |file: &Stand| file.status.has_ended() || *kind % 4 == 3;
            let file = pick(stands, *index, |file| file.track == *track && fits(file))?;
            let against = match *kind / 8 % 4 {
                0 | 1 => Against::Latest,
                2 => Against::Act(file.status),
                _ => Against::Act(Status::ALL[usize::from(*kind) % Status::ALL.len()]),
            };
            let file = file_ref(file);
            let kind = ReviewKind::ALL[usize::from(*kind) % ReviewKind::ALL.len()];
            let authority = Line::parse("测试区人民政府").unwrap();
            let (received, against) = (now.day(), Some(against));
            (reception(), id, Command::OpenReview { file, kind, authority, received, against })
        }
        Act::EndReview { pick: index, track, outcome } => {
            let reviews: Vec<_> = reviews.iter().filter(|(file, _)| file.track == *track).collect();
            let (file, review) = (!reviews.is_empty()).then(|| (*index.get(&reviews)).clone())?;
            let end = ReviewEnd {
                decided_itself: *outcome >= 0xd0,
                act_by: (*outcome & 0x18 == 0x18).then(|| now.day().plus(30)),
                ..ReviewEnd::of(ReviewOutcome::ALL[usize::from(*outcome) % ReviewOutcome::ALL.len()])
            };
            (reception(), id, Command::EndReview { file, review, end, note: None })
        }
        Act::Escalate { pick: index, track } => {
            let waits = |file: &Stand| file.track == *track && file.status == Status::Waiting;
            let file = file_ref(pick(stands, *index, waits)?);
            let itself = Caller::service(CallerId::SERVICE, FIRST_BUREAU, Role::Reception, None);
            (itself, id, Command::Escalate { file })
        }
        Act::Load { variant } => (reception(), id, Command::LoadBureau { content: bureau(*variant).into() }),
        Act::CutLink { number, other, key } => {
            let (number, other, key) = (named(*number), named(*other), IdentityKey::ALL[*key]);
            (reception(), id, Command::CutLink { number, other, key, reason: why("不是同一人") })
        }
        Act::Again { back } => earlier(*back)?,
        Act::Reuse { back, number, outcome } => {
            let (caller, mut id, _) = earlier(*back)?;
            if *outcome && !id.as_str().ends_with("-outcome") {
                id = request_id(&format!("{id}-outcome"));
            }
            (caller, id, Command::Withdraw { number: named(*number), reason: None })
        }
    })
}
