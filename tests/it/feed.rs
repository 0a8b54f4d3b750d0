//! The change feed folded from the start (变更流): it gives what the service shows of every file, whatever was done.

use std::time::Duration;

use std::collections::{BTreeMap, BTreeSet};

use proptest::test_runner::TestCaseResult;
use rstest::rstest;
use triage::domain::command::EventKind;
use triage::domain::cursor::Cursor;
use triage::domain::handling::Status;
use triage::domain::ids::{OfficerId, RegistrationNumber, Track};
use triage::domain::view::{After, Change, FileState, Owed};
use triage::routing::LoadBasis;

use crate::support::histories::live::live;
use crate::support::histories::{History, histories};
use crate::support::proofs::{prove, usual};
use crate::support::world::{World, intake};
use crate::support::{Backend, fresh};

/// What a reader of the feed keeps of a file.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    after: After,
    holder: Option<OfficerId>,
    owed: Option<Owed>,
}

/// One more change, by the rules that the contract states.
fn fold(files: &mut BTreeMap<(RegistrationNumber, Track), Kept>, change: Change) {
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

async fn folded(backend: Backend, history: &History) -> TestCaseResult {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 64, LoadBasis::LAWFUL).await;
    live(&world, &config, history).await;
    let (mut files, mut after): (BTreeMap<_, _>, Option<Cursor>) = (BTreeMap::new(), None);
    loop {
        let page = world.service.changes(&intake(), after.as_ref(), 7, Duration::ZERO).await.unwrap();
        page.items.into_iter().for_each(|change| fold(&mut files, change));
        after = Some(page.cursor);
        if !page.more {
            break;
        }
    }
    let numbers: BTreeSet<_> = files.keys().map(|(number, _)| number.clone()).collect();
    let mut seen = BTreeMap::new();
    for number in numbers {
        let found = world.service.submission(&intake(), number.clone()).await.unwrap();
        seen.extend(found.files.iter().map(|file| ((number.clone(), file.id.track), shown(&file.state))));
    }
    proptest::prop_assert_eq!(files, seen);
    world.close().await;
    Ok(())
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
fn the_feed_folded_is_what_is_shown(#[case] backend: Backend) {
    prove(usual(backend), histories(), |runtime, history| runtime.block_on(folded(backend, &history)));
}
