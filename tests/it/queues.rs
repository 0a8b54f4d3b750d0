//! What a queue gives and when (领取次序、催签、期限): who is next, who is told when nobody signs, and what the clocks of a
//! file do to its place.

use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;
use triage::app::FIRST_BUREAU;
use triage::domain::caller::Caller;
use triage::domain::command::{Command, FileRef, Handling, Lease, Outcome, Ruling, Verb};
use triage::domain::deadline::{Clock, Duty, LastDay};
use triage::domain::handling::{Disposition, Finding, RefusalGround, Status, StepKind};
use triage::domain::ids::{RegistrationNumber, Sequence, Track};
use triage::domain::text::Line;
use triage::domain::time::{Day, Timestamp};
use triage::domain::view::FileState;
use triage::routing::LoadBasis;
use triage::service::Failure;

use crate::support::world::{World, intake, officer, reception, request_id, unit, unit_id, why};
use crate::support::{BUREAU, Backend, MONDAY, fresh};

pub(crate) const EAST: usize = 1;
pub(crate) const WEST: usize = 2;
const HOUR: u64 = 60;
pub(crate) const DAY: u64 = 24 * HOUR;

/// A bureau in hand: everything asked of it succeeds, or says why.
pub(crate) struct Hall {
    pub(crate) world: World,
    asked: std::cell::Cell<usize>,
    _directory: TempDir,
}

/// Something to file: a number, a person, how many days ago, and of which track.
pub(crate) struct Item {
    number: &'static str,
    person: u32,
    days_ago: i64,
    track: Track,
    shop: &'static str,
    category: &'static str,
}

pub(crate) fn complaint(number: &'static str, person: u32, days_ago: i64) -> Item {
    let (track, shop) = (Track::Complaint, "东街蛋糕房");
    Item { number, person, days_ago, track, shop, category: "商品->食品" }
}

pub(crate) fn report(number: &'static str, person: u32, days_ago: i64) -> Item {
    Item { track: Track::Report, ..complaint(number, person, days_ago) }
}

impl Item {
    /// The same, of this category.
    pub(crate) fn of(self, category: &'static str) -> Self {
        Item { category, ..self }
    }
}

pub(crate) fn named(number: &str, track: Track) -> FileRef {
    FileRef { number: RegistrationNumber::parse(number).unwrap(), track }
}

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

impl Hall {
    pub(crate) async fn open(backend: Backend) -> Self {
        let (config, directory) = fresh(backend);
        let world = World::open(&config, 16, LoadBasis::LAWFUL).await;
        Self { world, asked: std::cell::Cell::new(0), _directory: directory }
    }

    pub(crate) async fn ask(&self, caller: Caller, command: Command) -> Result<Outcome, Failure> {
        self.asked.set(self.asked.get() + 1);
        self.world.ask((caller, request_id(&format!("q{}", self.asked.get())), command)).await
    }

    pub(crate) async fn must(&self, caller: Caller, command: Command) -> Outcome {
        self.ask(caller, command).await.unwrap()
    }

    pub(crate) async fn load(&self, content: String) {
        self.must(reception(), Command::LoadBureau { content: content.into() }).await;
    }

    pub(crate) async fn file(&self, item: Item) -> Outcome {
        let Item { number, person, days_ago, track, shop, category } = item;
        let at = self.world.clock.now().0 - days_ago * 86_400_000_000;
        let mut whole: Value = json!({
            "number": number, "received": { "at": at, "date_only": false },
            "complainant": { "name": format!("民{person}"), "phone": format!("139{person:08}") },
            "respondent": { "name": shop, "premises": "东街街道一号" },
        });
        whole[track.word()] = json!({ "text": format!("{number}有异物"), "object_category": category });
        self.must(intake(), Command::Submit(serde_json::from_value(whole).unwrap())).await
    }

    pub(crate) async fn pull_by(&self, at: usize, by: &str, track: Track, most: u32) -> Vec<(String, Lease)> {
        let unit_of = unit(at).unit.unwrap();
        let command = Command::Pull { unit: unit_of, officer: officer(by), track, most };
        let Outcome::Pulled(leases) = self.must(unit(at), command).await else { panic!("no pull") };
        let mut pulled = Vec::new();
        for lease in leases {
            let sql = "SELECT submission, number FROM file";
            let known = crate::support::rows::rows(&self.world_config(), sql).await;
            let prefix = format!("{} | ", lease.file.submission.0);
            let number = known.iter().find_map(|row| row.strip_prefix(&prefix)).unwrap();
            pulled.push((number.to_owned(), lease));
        }
        pulled
    }

    fn world_config(&self) -> triage::app::Config {
        self.world.config.clone()
    }

    /// Numbers that a pull of an eastern officer gives.
    async fn pull(&self, track: Track, most: u32) -> Vec<String> {
        self.pull_by(EAST, "e1", track, most).await.into_iter().map(|(number, _)| number).collect()
    }

    pub(crate) async fn verb(
        &self,
        file: &FileRef,
        token: Sequence,
        verb: Verb,
    ) -> Result<Sequence, Failure> {
        let handling = Handling { file: file.clone(), officer: officer("e1"), token, verb };
        match self.ask(unit(EAST), Command::Handle(handling)).await? {
            Outcome::Handled { token, .. } => Ok(token),
            other => panic!("{other:?}"),
        }
    }

    /// Pulls one file of the east and does some verbs on it; the last token.
    pub(crate) async fn lead(&self, file: &FileRef, verbs: Vec<Verb>) -> Sequence {
        let pulled = self.pull_by(EAST, "e1", file.track, 50).await;
        let found = pulled.iter().find(|(number, _)| number == file.number.as_str());
        let mut token = found.expect("a file to pull").1.token;
        for verb in verbs {
            token = self.verb(file, token, verb).await.unwrap();
        }
        token
    }

    pub(crate) async fn state(&self, file: &FileRef) -> FileState {
        let seen = self.world.service.submission(&reception(), file.number.clone()).await.unwrap();
        seen.files.into_iter().find(|seen| seen.id.track == file.track).unwrap().state
    }

    pub(crate) async fn clock(&self, file: &FileRef, duty: Duty) -> Clock {
        let clocks = self.state(file).await.clocks;
        clocks
            .into_iter()
            .rev()
            .map(|term| term.clock)
            .find(|clock| clock.duty == duty)
            .expect("a clock of that duty")
    }

    async fn sweep(&self) {
        self.world.service.escalate(FIRST_BUREAU).await.unwrap();
    }
}

/// The fields that a refusal names.
pub(crate) fn fields(refused: Result<impl std::fmt::Debug, Failure>) -> Vec<String> {
    match refused.unwrap_err() {
        Failure::Refused(triage::domain::refusal::Refusal::Invalid(found)) => {
            found.into_iter().map(|one| one.field).collect()
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) fn step(kind: StepKind, at: Timestamp) -> Verb {
    Verb::Step { kind, at, note: None }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_nearly_overdue_goes_first_then_everybody_in_turn(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    // One hand files four; two others and one who is nearly overdue come after.
    for item in [
        complaint("F1", 1, 3),
        complaint("F2", 1, 3),
        complaint("F3", 1, 2),
        complaint("B1", 2, 1),
        complaint("B2", 2, 0),
        complaint("C1", 3, 0),
        // Seven working days from 2026-05-22 are over on 2026-06-02: one is left.
        complaint("A1", 1, 10),
    ] {
        hall.file(item).await;
    }
    assert_eq!(
        hall.pull(Track::Complaint, 4).await,
        ["A1", "B1", "C1", "F1"],
        "served by A1, its hand waits its turn"
    );
    hall.file(complaint("D1", 4, 0)).await;
    assert_eq!(hall.pull(Track::Complaint, 9).await, ["B2", "F2", "D1", "F3"]);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_skipped_file_keeps_its_place_and_is_counted(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    for item in [complaint("A1", 1, 2), complaint("B1", 2, 1)] {
        hall.file(item).await;
    }
    let first = named("A1", Track::Complaint);
    for skips in 1..=2 {
        let pulled = hall.pull_by(EAST, "e1", Track::Complaint, 1).await;
        assert_eq!(pulled[0].0, "A1");
        hall.verb(&first, pulled[0].1.token, Verb::Skip { reason: why("等待材料") }).await.unwrap();
        assert_eq!(hall.state(&first).await.skips, skips);
        hall.world.wait(10);
    }
    hall.file(complaint("C1", 3, 3)).await;
    assert_eq!(hall.pull(Track::Complaint, 9).await, ["A1", "B1", "C1"]);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn nobody_signs_the_manager_is_told_and_reception_gets_it(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    for item in [complaint("A1", 1, 0), complaint("B1", 2, 0)] {
        hall.file(item).await;
    }
    let (waits, signed) = (named("A1", Track::Complaint), named("B1", Track::Complaint));
    let pulled = hall.pull_by(EAST, "e1", Track::Complaint, 2).await;
    hall.verb(&signed, pulled[1].1.token, Verb::SignFor).await.unwrap();
    // From nine on a Monday: four working hours end at 15:30, for lunch is from twelve to half past two.
    hall.world.wait(6 * HOUR + 29);
    hall.sweep().await;
    assert_eq!(hall.state(&waits).await.warned_at, None, "a minute too early");
    hall.world.wait(1);
    let late = hall.world.clock.now();
    hall.sweep().await;
    hall.sweep().await;
    let item = hall.state(&waits).await;
    assert_eq!((item.warned_at, item.unit.as_str()), (Some(late), "east"));

    // The office closes at 17:30 and opens at 8:30: eight hours end at 10:30 on Tuesday. A lease holds it off.
    hall.world.wait(18 * HOUR + 50);
    let lease = hall.pull_by(EAST, "e2", Track::Complaint, 5).await[0].1.clone();
    hall.world.wait(9);
    hall.sweep().await;
    assert_eq!(hall.state(&waits).await.unit.as_str(), "east", "a minute too early");
    hall.world.wait(1);
    hall.sweep().await;
    let moved = hall.state(&waits).await;
    assert_eq!((moved.unit.as_str(), moved.status, moved.warned_at), ("reception", Status::Waiting, None));
    let handling =
        Handling { file: waits.clone(), officer: officer("e2"), token: lease.token, verb: Verb::SignFor };
    let gone = hall.ask(unit(EAST), Command::Handle(handling)).await;
    assert!(matches!(gone, Err(Failure::Refused(refusal)) if refusal.reason() == "NOT_FOUND"));

    hall.world.wait(9 * DAY);
    hall.sweep().await;
    assert_eq!(hall.state(&waits).await.warned_at, None, "reception has nobody to send it to");
    let held = hall.state(&signed).await;
    assert_eq!((held.warned_at, held.unit.as_str(), held.status), (None, "east", Status::SignedFor));
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_unit_gets_no_more_than_it_may_have(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let east = "id = \"east\"\nname = \"城东所\"\nkind = \"station\"\n";
    hall.load(BUREAU.replace(east, &format!("{east}capacity = {{ complaint = 2.0 }}\n"))).await;
    let mut units = Vec::new();
    for item in [complaint("A1", 1, 0), complaint("A2", 2, 0), complaint("A3", 3, 0), report("R1", 4, 0)] {
        let Outcome::Submitted { receipt, .. } = hall.file(item).await else { panic!() };
        units.push(receipt.decisions[0].routing.clone().unwrap().unit.to_string());
    }
    assert_eq!(units, ["east", "east", "reception", "east"], "full of complaints, not of reports");
    let sent_on = |to: &str| {
        let (file, unit) = (named("A3", Track::Complaint), unit_id(to));
        hall.ask(reception(), Command::Reassign { file, unit, reason: why("属地") })
    };
    let full = sent_on("east").await;
    assert!(matches!(full, Err(Failure::Refused(refusal)) if refusal.reason() == "AT_CAPACITY"));
    let file = named("A1", Track::Complaint);
    let ruling = Ruling::Refuse { ground: RefusalGround::NotOurDuty, reason: why("不属本局") };
    let refuse = Verb::Decide {
        ruling,
        finding: Some((Finding::NotSuspected, why("首次投诉"))),
        on: None,
        approved_by: None,
    };
    hall.lead(&file, vec![Verb::SignFor, refuse]).await;
    sent_on("east").await.unwrap();
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_officer_who_keeps_off_is_not_offered_it_and_cannot_take_it(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    let e1 = "id = \"e1\"\nname = \"东甲\"\nunit = \"east\"\n";
    hall.load(BUREAU.replace(e1, &format!("{e1}recused_from = [\"东街蛋糕房\"]\n"))).await;
    hall.file(complaint("A1", 1, 3)).await;
    hall.file(Item { shop: "东街面馆", ..complaint("B1", 2, 0) }).await;
    assert_eq!(hall.pull(Track::Complaint, 9).await, ["B1"]);
    let pulled = hall.pull_by(EAST, "e2", Track::Complaint, 9).await;
    assert_eq!(pulled[0].0, "A1");
    let file = named("A1", Track::Complaint);
    assert_eq!(fields(hall.verb(&file, pulled[0].1.token, Verb::SignFor).await), ["officer"]);
    let handling = Handling { file, officer: officer("e2"), token: pulled[0].1.token, verb: Verb::SignFor };
    hall.must(unit(EAST), Command::Handle(handling)).await;
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn testing_does_not_count_and_time_is_prolonged_once(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    hall.file(report("R1", 1, 0)).await;
    let file = named("R1", Track::Report);
    // Fifteen working days from Monday 2026-06-01; Dragon Boat, 2026-06-19, is off.
    assert_eq!(hall.clock(&file, Duty::Verify).await.due_on, LastDay::from(day("2026-06-23")));
    let mut token = hall.lead(&file, vec![Verb::SignFor]).await;
    assert_eq!(fields(hall.verb(&file, token, step(StepKind::TestingEnded, MONDAY)).await), ["kind"]);
    hall.world.wait(DAY);
    let began = hall.world.clock.now();
    token = hall.verb(&file, token, step(StepKind::TestingBegan, began)).await.unwrap();
    assert_eq!(fields(hall.verb(&file, token, step(StepKind::TestingBegan, began)).await), ["kind"]);
    hall.world.wait(2 * DAY);
    let ended = hall.world.clock.now();
    token = hall.verb(&file, token, step(StepKind::TestingEnded, ended)).await.unwrap();
    // Tuesday to Thursday: three working days.
    assert_eq!(hall.clock(&file, Duty::Verify).await.due_on, LastDay::from(day("2026-06-26")));

    let prolong = || {
        let approved_by = Line::parse("局长").unwrap();
        Verb::Prolong { approved_by, reason: why("案情复杂"), on: None, until: None }
    };
    token = hall.verb(&file, token, prolong()).await.unwrap();
    let (verify, prolonged) =
        (hall.clock(&file, Duty::Verify).await, hall.clock(&file, Duty::VerifyProlonged).await);
    assert!(verify.dropped && prolonged.runs());
    assert_eq!((prolonged.started_on, prolonged.due_on), (MONDAY.day(), LastDay::from(day("2026-07-17"))));
    assert_eq!(fields(hall.verb(&file, token, prolong()).await), ["file"]);
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_report_told_again_ends_and_a_report_with_new_facts_starts_the_first_anew(
    #[case] backend: Backend,
) {
    let hall = Hall::open(backend).await;
    for item in [report("R1", 1, 4), report("X1", 2, 4), Item { shop: "东街面馆", ..report("R2", 1, 4) }]
    {
        hall.file(item).await;
    }
    let first = named("R1", Track::Report);
    let held = hall.lead(&first, vec![Verb::SignFor]).await;
    for item in [report("R3", 1, 0), report("R4", 1, 0)] {
        hall.file(item).await;
    }
    hall.world.wait(10);
    let again = named("R3", Track::Report);
    let mut token = hall.lead(&again, vec![Verb::SignFor]).await;
    let repeat = |number: &str| {
        let of = RegistrationNumber::parse(number).unwrap();
        Verb::Decide {
            ruling: Ruling::Repeat { of, reason: why("同一事实") },
            finding: None,
            on: None,
            approved_by: None,
        }
    };
    for (number, reason) in [("X1", "another's"), ("R2", "another shop's"), ("R3", "itself"), ("R9", "none")]
    {
        let refused = hall.verb(&again, token, repeat(number)).await;
        assert_eq!(fields(refused), ["earlier_registration_number"], "{reason}");
    }
    hall.verb(&again, token, repeat("R1")).await.unwrap();
    let ended = hall.state(&again).await;
    assert_eq!((ended.status, ended.disposition), (Status::Closed, Some(Disposition::Repeated)));
    assert!(hall.clock(&again, Duty::Verify).await.dropped);
    assert_eq!(hall.clock(&first, Duty::Verify).await.started_on, day("2026-05-28"), "as it was");

    let more = named("R4", Track::Report);
    hall.world.wait(10);
    token = hall.lead(&more, vec![Verb::SignFor]).await;
    let into = RegistrationNumber::parse("R1").unwrap();
    let merge = Verb::Decide {
        ruling: Ruling::Merge { into, reason: why("补充新的事实") },
        finding: None,
        on: None,
        approved_by: None,
    };
    hall.verb(&more, token, merge).await.unwrap();
    assert_eq!(hall.state(&more).await.disposition, Some(Disposition::Merged));
    assert_eq!(
        hall.clock(&first, Duty::Verify).await.started_on,
        MONDAY.day(),
        "from the receipt of the new facts"
    );
    let stale = hall.verb(&first, held, step(StepKind::SiteVisit, MONDAY)).await;
    assert!(matches!(stale, Err(Failure::Refused(refusal)) if refusal.reason() == "VERSION_STALE"));
    hall.world.close().await;
}
