//! Every state and every verb of a file (件的办理过程): what the service does is what `statute::life` says, and what it
//! refuses it refuses with the error that the table means.

use rstest::rstest;
use serde_json::{Value, json};
use triage::domain::act::{DisputeEnd, FileAct, MediationMeans, Notice, NoticeMeans, NoticeSubject, Party};
use triage::domain::command::{Command, FileRef, Handling, Lease, Outcome, Ruling, Verb};
use triage::domain::deadline::{Duty, ReviewEnd};
use triage::domain::handling::{
    Disposition, Finding, OtherMatter, RefusalGround, ReviewKind, ReviewOutcome, Status, StepKind,
};
use triage::domain::ids::{RegistrationNumber, Sequence, Track};
use triage::domain::outcome::FileOutcome;
use triage::domain::refusal::Refusal;
use triage::domain::submission::Submission;
use triage::domain::text::Line;
use triage::routing::LoadBasis;
use triage::service::Failure;
use triage::statute::life::{Act, NotPossible, Standing, allows, opened};

use crate::support::world::{
    Asked, LATEST, World, intake, officer, pull, reception, request_id, unit, unit_id, why,
};
use crate::support::{Backend, MONDAY, fresh};

/// The eastern station in [`crate::support::world::UNITS`].
const EAST: usize = 1;

/// A file and how far it has been led.
struct Led<'w> {
    world: &'w World,
    file: FileRef,
    token: Sequence,
    count: usize,
    /// The platform has accepted or filed it.
    accepted_upstream: bool,
}

impl<'w> Led<'w> {
    fn new(world: &'w World, number: RegistrationNumber, track: Track) -> Self {
        Led { world, file: FileRef { number, track }, token: Sequence(1), count: 0, accepted_upstream: false }
    }

    /// An export tells that the platform has accepted or filed it.
    async fn take_up(&mut self) {
        let outcome = FileOutcome {
            ending: None,
            accepted_upstream: true,
            imported_label: None,
            handled_by: None,
            as_of: MONDAY,
        };
        let asked = self.ask(|led| (intake(), Command::Outcome { file: led.file.clone(), outcome }));
        self.world.ask(asked).await.expect("noted");
        self.accepted_upstream = true;
    }

    fn ask(&mut self, asked: impl FnOnce(&Self) -> (triage::domain::caller::Caller, Command)) -> Asked {
        let (caller, command) = asked(self);
        self.count += 1;
        let id = format!("{}-{}-{}", self.file.number, self.file.track.word(), self.count);
        (caller, request_id(&id), command)
    }

    async fn verb(&mut self, verb: Verb) -> Result<Outcome, Failure> {
        let asked = self.ask(|led| {
            let (file, token) = (led.file.clone(), led.token);
            (unit(EAST), Command::Handle(Handling { file, officer: officer("e1"), token, verb }))
        });
        let answer = self.world.ask(asked).await;
        if let Ok(Outcome::Handled { token, .. }) = &answer {
            self.token = *token;
        }
        answer
    }

    async fn pull(&mut self) -> Vec<Lease> {
        let track = self.file.track;
        let asked = self.ask(|_| (unit(EAST), pull(EAST, track, 50)));
        let Ok(Outcome::Pulled(leases)) = self.world.ask(asked).await else { panic!("no pull") };
        leases
    }

    /// Leads a file that waits to a state.
    async fn lead(&mut self, status: Status) {
        let track = self.file.track;
        let verbs: Vec<Verb> = match status {
            Status::Waiting => Vec::new(),
            Status::Closed if self.accepted_upstream => vec![Verb::SignFor, close(track)],
            _ if self.accepted_upstream => vec![Verb::SignFor],
            Status::SignedFor => vec![Verb::SignFor],
            Status::Accepted => vec![Verb::SignFor, accept()],
            Status::Refused => vec![Verb::SignFor, refuse()],
            Status::Filed => vec![Verb::SignFor, ruling(Ruling::File)],
            Status::NotFiled => {
                vec![Verb::SignFor, ruling(Ruling::NotFile { reason: why("查无实据"), basis: None })]
            }
            Status::Closed if track == Track::Complaint => {
                vec![Verb::SignFor, accept(), close(Track::Complaint)]
            }
            Status::Closed => vec![Verb::SignFor, ruling(Ruling::File), close(Track::Report)],
        };
        if !verbs.is_empty() {
            let leases = self.pull().await;
            self.token = leases.first().expect("a file to pull").token;
        }
        for verb in verbs {
            self.verb(verb).await.expect("a way to the state");
        }
    }
}

fn ruling(ruling: Ruling) -> Verb {
    Verb::Decide { ruling, finding: None, on: None, approved_by: None }
}

fn accept() -> Verb {
    Verb::Decide {
        ruling: Ruling::Accept,
        finding: Some((Finding::NotSuspected, why("首次投诉"))),
        on: None,
        approved_by: None,
    }
}

fn refuse() -> Verb {
    let ruling = Ruling::Refuse { ground: RefusalGround::NotForConsumption, reason: why("不能证明") };
    Verb::Decide {
        ruling, finding: Some((Finding::Suspected, why("大量购买"))), on: None, approved_by: None
    }
}

fn close(track: Track) -> Verb {
    let disposition = match track {
        Track::Complaint => Disposition::Settled,
        Track::Report => Disposition::Rectified,
    };
    Verb::Close { disposition, termination: None, ground: None, on: None, recovered: None, note: None }
}

fn step(kind: StepKind) -> Verb {
    Verb::Step { kind, at: MONDAY, note: None }
}

fn submission(number: &str, track: Track) -> Box<Submission> {
    let part = json!({ "text": "买到的蛋糕有异物，要求退款" });
    let moment = json!({ "at": MONDAY.0 - 3_600_000_000_i64 });
    let mut facts: Value = json!({
        "number": number, "received": moment,
        "complainant": { "name": "王某", "phone": "13900000001" },
        "respondent": { "name": "东街蛋糕房", "premises": "东街街道一号" },
    });
    facts[track.word()] = part;
    serde_json::from_value(facts).expect("a submission")
}

/// What one act is asked with; none for those that are no verb of a unit and have a way of their own.
fn verb_of(
    act: Act,
    status: Status,
    track: Track,
    (itself, earlier): (&RegistrationNumber, &RegistrationNumber),
) -> Option<Verb> {
    Some(match act {
        Act::Extend => Verb::Extend,
        Act::Skip => Verb::Skip { reason: why("等待材料") },
        Act::SignFor => Verb::SignFor,
        Act::Accept => with_finding(Ruling::Accept, track),
        Act::Refuse => {
            let ground = RefusalGround::NotForConsumption;
            with_finding(Ruling::Refuse { ground, reason: why("不能证明") }, track)
        }
        Act::File => with_finding(Ruling::File, track),
        Act::NotFile => with_finding(Ruling::NotFile { reason: why("查无实据"), basis: None }, track),
        Act::Repeat => with_finding(Ruling::Repeat { of: earlier.clone(), reason: why("同一事实") }, track),
        Act::Merge => with_finding(Ruling::Merge { into: earlier.clone(), reason: why("新的事实") }, track),
        Act::Step => step(StepKind::SiteVisit),
        Act::Notify => record(FileAct::Notice(Notice {
            subject: of_what(status),
            to: Party::Sender,
            means: NoticeMeans::Phone,
            proof: Line::parse("通话记录第1号").expect("a line"),
            note: None,
            text: None,
        })),
        Act::NotCompetent => {
            with_finding(Ruling::NotCompetent { competent: None, reason: why("在青山区") }, track)
        }
        Act::OtherChannel => {
            let matter = OtherMatter::Consultation;
            with_finding(Ruling::OtherChannel { matter, reason: why("咨询") }, track)
        }
        Act::EndDispute => record(FileAct::DisputeEnded { how: DisputeEnd::Agreed, note: None }),
        Act::HandOver => record(FileAct::HandedOver {
            to: Line::parse("公安机关").expect("a line"),
            receipt: None,
            approved_by: Line::parse("局长").ok(),
            reason: why("涉嫌敲诈勒索"),
        }),
        Act::HandOverResult => record(FileAct::HandOverResult { note: why("已立案") }),
        Act::Reply => record(FileAct::Replied { review: Sequence(1), note: None }),
        Act::SelfCorrect => record(FileAct::SelfCorrected {
            approved_by: Line::parse("局长").expect("a name"),
            reason: why("依据有误"),
        }),
        Act::FindLead => {
            let number = format!("{itself}-lead");
            let number = RegistrationNumber::parse(&number).expect("a number");
            record(FileAct::LeadFound { number, facts: why("货架上有过期食品") })
        }
        Act::Join => record(FileAct::Joined {
            lead: itself.clone(),
            consent: Line::parse("书面同意书第1号").expect("a line"),
            represents: true,
        }),
        Act::Mediate => {
            let how = MediationMeans::Phone;
            record(FileAct::Mediated { how, delegated: None, paper: None, note: None })
        }
        Act::Recuse => {
            record(FileAct::Recused { officer: officer("w1"), applied_for: true, reason: why("近亲属") })
        }
        Act::Close => close(track),
        Act::Return => Verb::Return { reason: why("不属本所") },
        Act::Prolong => {
            let approved_by = Line::parse("局长").expect("a name");
            Verb::Prolong { approved_by, reason: why("案情复杂"), on: None, until: None }
        }
        _ => return None,
    })
}

/// Something that can be told of a file in a status.
fn of_what(status: Status) -> NoticeSubject {
    match status {
        Status::Accepted => NoticeSubject::Acceptance,
        Status::Refused => NoticeSubject::Refusal,
        Status::Filed | Status::NotFiled => NoticeSubject::FilingDecision,
        Status::Waiting | Status::SignedFor | Status::Closed => NoticeSubject::Result,
    }
}

fn record(act: FileAct) -> Verb {
    Verb::Record { on: MONDAY.day(), act }
}

/// A decision in the form that files of the track want, so that nothing but its place can be wrong with it.
fn with_finding(ruling: Ruling, track: Track) -> Verb {
    let finding = (track == Track::Complaint).then(|| (Finding::NotSuspected, why("首次投诉")));
    Verb::Decide { ruling, finding, on: None, approved_by: None }
}

/// Does one act on a file that was led to a state.
async fn act_on(
    led: &mut Led<'_>,
    status: Status,
    act: Act,
    earlier: &RegistrationNumber,
) -> Result<(), Failure> {
    let track = led.file.track;
    let number = led.file.number.clone();
    if let Some(verb) = verb_of(act, status, track, (&number, earlier)) {
        return led.verb(verb).await.map(|_| ());
    }
    let file = led.file.clone();
    let (caller, command) = match act {
        Act::Reassign => {
            (reception(), Command::Reassign { file, unit: unit_id("west"), reason: why("属西所") })
        }
        Act::Withdraw => (intake(), Command::Withdraw { number, reason: None }),
        Act::Urge => (intake(), Command::Urge { number, note: None }),
        Act::Review => {
            let authority = Line::parse("某某人民政府").expect("a name");
            let kind = ReviewKind::Reconsideration;
            (
                reception(),
                Command::OpenReview { file, kind, authority, received: MONDAY.day(), against: LATEST },
            )
        }
        _ => return Ok(()),
    };
    let asked = led.ask(|_| (caller, command));
    led.world.ask(asked).await.map(|_| ())
}

/// The refusal that a bar means, as the reason on the wire; a wrong track is a wrong field.
fn reason_of(barred: NotPossible) -> &'static [&'static str] {
    match barred {
        NotPossible::Ended => &["FILE_ENDED"],
        NotPossible::WrongState => &["WRONG_STATE"],
        NotPossible::LeaseLost => &["LEASE_LOST"],
        NotPossible::Leased => &["LEASED"],
        NotPossible::WrongTrack | NotPossible::AtReception | NotPossible::Prolonged => {
            &["INVALID_FIELDS", "NOT_FOUND"]
        }
    }
}

/// Acts that are asked of a file here: pulls choose their file themselves, amendments and outcomes have tests of their own,
/// urging never fails where a submission is known, and what answers a dispute, a review or a hand-over needs one first.
const ASKED: [Act; 23] = [
    Act::Extend,
    Act::Skip,
    Act::SignFor,
    Act::Accept,
    Act::Refuse,
    Act::File,
    Act::NotFile,
    Act::Repeat,
    Act::Merge,
    Act::Step,
    Act::Notify,
    Act::Close,
    Act::Return,
    Act::Reassign,
    Act::Withdraw,
    Act::Prolong,
    Act::NotCompetent,
    Act::OtherChannel,
    Act::HandOver,
    Act::SelfCorrect,
    Act::Recuse,
    Act::FindLead,
    Act::Join,
];

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_state_and_every_verb_is_as_the_table_says(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 16, LoadBasis::LAWFUL).await;
    let mut walked = 0;
    for track in Track::ALL {
        // An open report to repeat or to add to: of the same person against the same shop, at the same unit.
        let earlier = RegistrationNumber::parse(&format!("E-{}", track.word())).expect("a number");
        for status in Status::ALL.iter().copied().filter(|status| reachable(*status, track)) {
            for act in ASKED.into_iter().chain([Act::Review]) {
                walk(&world, track, status, act, &earlier, false).await;
                walked += 1;
            }
        }
        for status in [Status::Waiting, opened(track), Status::Closed] {
            for act in ASKED.into_iter().chain([Act::Review]) {
                walk(&world, track, status, act, &earlier, true).await;
                walked += 1;
            }
        }
    }
    assert_eq!(walked, (5 + 3 + 5 + 3) * 24);
    world.close().await;
}

fn reachable(status: Status, track: Track) -> bool {
    match status {
        Status::Accepted | Status::Refused => track == Track::Complaint,
        Status::Filed | Status::NotFiled => track == Track::Report,
        Status::Waiting | Status::SignedFor | Status::Closed => true,
    }
}

async fn walk(
    world: &World,
    track: Track,
    status: Status,
    act: Act,
    earlier: &RegistrationNumber,
    accepted_upstream: bool,
) {
    let of = if accepted_upstream { "taken-up-" } else { "" };
    let number = format!("{of}{}-{}-{}", track.word(), status.code(), act.code());
    let number = RegistrationNumber::parse(&number).expect("a number");
    // Each walk leaves its queue empty but for what it asks about.
    let mut led = Led::new(world, number.clone(), track);
    for (facts, lead) in
        [(earlier_of(&number), matches!(act, Act::Repeat | Act::Merge)), (number.clone(), true)]
    {
        if lead {
            let asked = led.ask(|_| (intake(), Command::Submit(submission(facts.as_str(), track))));
            world.ask(asked).await.expect("taken in");
        }
        if lead && facts != number {
            // Out of the way, held by another officer.
            Led::new(world, facts, track).lead(Status::SignedFor).await;
        }
    }
    if accepted_upstream {
        led.take_up().await;
    }
    led.lead(status).await;
    if act == Act::Notify && status == Status::SignedFor {
        // The table does not know of decisions that were taken back; there is nothing to tell of yet.
        return;
    }
    let standing = Standing { accepted_upstream, ..Standing::of(status) };
    let expected = allows(track, standing, act);
    let earlier = if matches!(act, Act::Repeat | Act::Merge) { &earlier_of(&number) } else { earlier };
    let found = act_on(&mut led, status, act, earlier).await;
    let facts = format!("{of}{track:?} {status:?} {act:?}: {found:?}, by the table {expected:?}");
    match (expected, found) {
        (Ok(()), Ok(())) => {}
        (Err(barred), Err(Failure::Refused(refusal))) => {
            assert!(reason_of(barred).contains(&Refusal::reason(&refusal)), "{facts}");
        }
        _ => panic!("{facts}"),
    }
    // What still waits would be pulled by the next walk.
    led.pull().await;
}

fn earlier_of(number: &RegistrationNumber) -> RegistrationNumber {
    RegistrationNumber::parse(&format!("{number}-earlier")).expect("a number")
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_overturned_refusal_is_no_claim_and_is_decided_again(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 16, LoadBasis::LAWFUL).await;
    let number = RegistrationNumber::parse("A1").expect("a number");
    let file = FileRef { number, track: Track::Complaint };
    let mut led = Led::new(&world, file.number.clone(), file.track);
    let asked = led.ask(|_| (intake(), Command::Submit(submission("A1", Track::Complaint))));
    world.ask(asked).await.expect("taken in");
    led.lead(Status::Refused).await;
    let authority = Line::parse("某某人民政府").expect("a name");
    let kind = ReviewKind::Reconsideration;
    let open =
        Command::OpenReview { file: file.clone(), kind, authority, received: MONDAY.day(), against: LATEST };
    let asked = led.ask(|_| (reception(), open));
    let Ok(Outcome::Noted { sequence }) = world.ask(asked).await else { panic!("not noted") };
    let outcome = ReviewOutcome::RedoOrdered;
    let end =
        Command::EndReview { file: file.clone(), review: sequence, end: ReviewEnd::of(outcome), note: None };
    let asked = led.ask(|_| (reception(), end.clone()));
    world.ask(asked).await.expect("noted");
    let again = led.ask(|_| (reception(), end));
    assert!(matches!(world.ask(again).await, Err(Failure::Refused(Refusal::Invalid(_)))), "it has ended");

    let seen = world.service.submission(&reception(), file.number.clone()).await.expect("seen");
    let state = &seen.files[0].state;
    assert_eq!((state.status, state.finding), (Status::Waiting, Some(Finding::NotSuspected)));
    let running: Vec<_> = state.clocks.iter().map(|term| &term.clock).filter(|clock| clock.runs()).collect();
    let owed: Vec<_> = running.iter().map(|clock| clock.duty).collect();
    assert_eq!(owed, [Duty::Accept, Duty::TellComplainant], "to decide, and to tell");
    assert!(running.iter().all(|clock| clock.started_on == MONDAY.day() && clock.started_by > sequence));
    assert_eq!(state.reviews[0].outcome, Some(outcome));
    led.lead(Status::Accepted).await;
    world.close().await;
}
