//! The change feed folded from the start (变更流): it gives what the service shows of every file, whatever was done.

use std::time::Duration;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use rstest::rstest;
use tempfile::TempDir;
use triage::app::Config;
use triage::domain::command::EventKind;
use triage::domain::cursor::Cursor;
use triage::domain::handling::Status;
use triage::domain::ids::{OfficerId, RegistrationNumber, Track};
use triage::domain::refusal::Refusal;
use triage::domain::time::Timestamp;
use triage::domain::view::{After, Change, FileState, Owed};
use triage::routing::LoadBasis;
use triage::service::Failure;

use crate::support::histories::live::live_on;
use crate::support::histories::{History, histories};
use crate::support::proofs::{prove, usual};
use crate::support::world::{World, intake};
use crate::support::{Backend, MONDAY, fresh, postgres};

/// What a reader of the feed keeps of a file.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    after: After,
    holder: Option<OfficerId>,
    owed: Option<Owed>,
}

/// All files, by number and track.
type Files = BTreeMap<(RegistrationNumber, Track), Kept>;

/// One more change, by the rules that the contract states.
fn fold(files: &mut Files, change: Change) {
    let (Some(track), Some(after)) = (change.track, change.after) else { return };
    let known = files.get(&(change.number.clone(), track)).cloned();
    let unit = after.unit.clone().or(known.as_ref().and_then(|known| known.after.unit.clone()));
    let (holder, owed) = known.map(|known| (known.holder, known.owed)).unwrap_or_default();
    let holder = match change.act.kind {
        EventKind::SignFor => change.act.officer.clone(),
        _ => holder,
    };
    let holder = holder.filter(|_| after.status != Status::Waiting);
    let owed = change.owed.or(owed);
    files.insert((change.number, track), Kept { after: After { unit, ..after }, holder, owed });
}

fn shown(state: &FileState) -> Kept {
    let after = After {
        status: state.status,
        unit: Some(state.unit.clone()),
        ground: state.ground,
        disposition: state.disposition,
        termination: state.termination,
        recovered_fen: state.recovered_fen,
        ended_at: state.ended_at,
        withdrawn_at: state.withdrawn_at,
        accepted_upstream: state.accepted_upstream,
        danger: state.danger,
    };
    let owed = Owed { clocks: state.clocks.clone(), reviews: state.reviews.clone() };
    Kept { after, holder: state.officer.clone(), owed: Some(owed) }
}

/// A reader of the feed: it keeps what it has read, in order, so that it can drop what a restored backup has taken back.
#[derive(Default)]
struct Reader {
    read: Vec<Change>,
    cursor: Option<Cursor>,
    /// How often a history was replaced by a backup.
    replaced: usize,
}

impl Reader {
    /// Reads on to the end, by the rules that the contract states.
    async fn read(&mut self, world: &World) {
        loop {
            let page = match world.service.changes(&intake(), self.cursor.as_ref(), 7, Duration::ZERO).await {
                Ok(page) => page,
                Err(Failure::Refused(Refusal::CursorUnknown { resume })) => {
                    let resume = Cursor::parse(&resume).unwrap();
                    self.read.retain(|change| change.act.sequence <= resume.sequence);
                    (self.cursor, self.replaced) = (Some(resume), self.replaced + 1);
                    continue;
                }
                Err(other) => panic!("{other:?}"),
            };
            self.read.extend(page.items);
            self.cursor = Some(page.cursor);
            if !page.more {
                return;
            }
        }
    }

    fn folded(self) -> Files {
        let mut files = Files::new();
        self.read.into_iter().for_each(|change| fold(&mut files, change));
        files
    }
}

async fn all_shown(world: &World, files: &Files) -> Files {
    let numbers: BTreeSet<_> = files.keys().map(|(number, _)| number.clone()).collect();
    let mut seen = Files::new();
    for number in numbers {
        let found = world.service.submission(&intake(), number.clone()).await.unwrap();
        seen.extend(found.files.iter().map(|file| ((number.clone(), file.id.track), shown(&file.state))));
    }
    seen
}

/// What else befalls a history: a backup is made after so many of its waves and restored after so many more, and a second process
/// works on its database (PostgreSQL alone).
#[derive(Debug, Clone, Copy)]
struct Fate {
    restored: Option<(usize, usize)>,
    second: bool,
}

fn fates() -> impl Strategy<Value = Fate> {
    let restored = proptest::option::of((1..8_usize, 0..4_usize));
    (restored, any::<bool>()).prop_map(|(restored, second)| Fate { restored, second })
}

/// The processes of a bureau on its database, whose clocks show `now`.
async fn processes(config: &Config, second: bool, now: Timestamp) -> Vec<World> {
    let mut all = vec![World::at(config, 64, LoadBasis::LAWFUL, now).await];
    if second && config.database.is_some() {
        all.push(World::at(config, 64, LoadBasis::LAWFUL, now).await);
    }
    all
}

async fn close(processes: Vec<World>) {
    for process in processes {
        process.close().await;
    }
}

/// The processes on a copy of their database as it is now.
async fn backed_up(processes: Vec<World>, second: bool, directory: &TempDir) -> (Vec<World>, Config) {
    let (config, now) = (processes[0].config.clone(), processes[0].clock.now());
    let Some(url) = &config.database else {
        let data = directory.path().join("restored");
        processes[0].app.backup(&data).await.unwrap();
        std::fs::copy(config.data.join("identity.key"), data.join("identity.key")).unwrap();
        return (processes, Config { data, database: None });
    };
    close(processes).await;
    let (_, name) = url.rsplit_once('/').unwrap();
    let copy = Config { data: config.data.clone(), database: Some(postgres::database_of(name)) };
    (self::processes(&config, second, now).await, copy)
}

async fn folded(backend: Backend, history: &History, fate: Fate) -> TestCaseResult {
    let (config, directory) = fresh(backend);
    World::open(&config, 64, LoadBasis::LAWFUL).await.close().await;
    let mut worlds = processes(&config, fate.second, MONDAY).await;
    let (mut reader, mut asked, mut waves) = (Reader::default(), Vec::new(), &history.waves[..]);
    if let Some((before, lost)) = fate.restored {
        let (kept, rest) = waves.split_at(before.min(waves.len()));
        let (gone, rest) = rest.split_at(lost.min(rest.len()));
        live_on(&worlds, (history, kept), &mut asked).await;
        let (still, copy) = backed_up(worlds, fate.second, &directory).await;
        reader.read(&still[0]).await;
        live_on(&still, (history, gone), &mut asked).await;
        reader.read(&still[0]).await;
        let now = still[0].clock.now();
        close(still).await;
        worlds = processes(&copy, fate.second, now).await;
        // As it was when the backup was made, or with something done since.
        reader.read(&worlds[0]).await;
        waves = rest;
    }
    live_on(&worlds, (history, waves), &mut asked).await;
    let mut from_the_start = Reader::default();
    from_the_start.read(&worlds[0]).await;
    prop_assert_eq!(from_the_start.replaced, 0);
    let files = from_the_start.folded();
    let seen = all_shown(&worlds[0], &files).await;
    prop_assert_eq!(&files, &seen);
    // Whoever has read on all the time has the same; but terms and reviews are as of the day of the answer, and those of a history
    // that was replaced may have been told before what was taken back.
    reader.read(&worlds[0]).await;
    prop_assert!(reader.replaced <= 1);
    let replaced = reader.replaced > 0;
    let without = |files: Files| -> Files {
        files
            .into_iter()
            .map(|(file, kept)| (file, Kept { owed: kept.owed.filter(|_| !replaced), ..kept }))
            .collect()
    };
    prop_assert_eq!(without(reader.folded()), without(seen));
    close(worlds).await;
    Ok(())
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
fn the_feed_folded_is_what_is_shown(#[case] backend: Backend) {
    let cases = (histories(), fates());
    prove(usual(backend), cases, |runtime, (history, fate)| {
        runtime.block_on(folded(backend, &history, fate))
    });
}
