//! Safety first (危险情形): words raise a flag on either track, a person confirms it, and then it is pulled before all else. Never from a
//! score.

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde_json::{Value, json};
use triage::domain::act::FileAct;
use triage::domain::command::{Command, FileRef, Verb};
use triage::domain::danger::DangerKind;
use triage::domain::ids::{Sequence, Track};
use triage::domain::time::Timestamp;
use triage::service::Failure;

use crate::queues::{DAY, EAST, Hall, WEST, complaint, fields, named};
use crate::support::Backend;
use crate::support::world::{intake, reception, unit, why};

/// A file of today with a text of its own.
async fn sent(hall: &Hall, number: &str, track: Track, text: &str) -> FileRef {
    let at: Timestamp = hall.world.clock.now();
    let mut whole: Value = json!({
        "number": number, "received": { "at": at.0, "date_only": false },
        "complainant": { "name": format!("民{number}"), "phone": format!("137{:08}", number.len() * 7 + usize::from(number.as_bytes()[1])) },
        "respondent": { "name": format!("东街{number}店"), "premises": "东街街道一号" },
    });
    whole[track.word()] = json!({ "text": text, "object_category": "商品->其他" });
    hall.must(intake(), Command::Submit(serde_json::from_value(whole).unwrap())).await;
    named(number, track)
}

fn judged(hall: &Hall, stands: bool, reason: &str) -> Verb {
    let act = FileAct::DangerJudged { kind: DangerKind::Gas, stands, reason: why(reason) };
    Verb::Record { on: hall.world.clock.now().day(), act }
}

async fn flagged(hall: &Hall, at: usize, track: Track) -> Vec<String> {
    let seen = hall.world.service.flagged(&unit(at), track, None, 10).await.unwrap();
    seen.items.iter().map(|file| file.number.to_string()).collect()
}

async fn pulled(hall: &Hall, track: Track, most: u32) -> Vec<String> {
    hall.pull_by(EAST, "e1", track, most).await.into_iter().map(|(number, _)| number).collect()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_danger_is_flagged_confirmed_and_goes_first(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    for track in Track::ALL {
        let name = |at: char| format!("{}{at}", if track == Track::Complaint { "K" } else { "J" });
        // One is nearly overdue when the day comes; L33 comes last.
        let old = sent(&hall, &name('1'), track, "面包有异物").await;
        hall.world.wait(20 * DAY);
        sent(&hall, &name('2'), track, "面包有异物").await;
        let file = sent(&hall, &name('3'), track, "楼道里燃气味很大，孩子在医院").await;
        sent(&hall, &name('4'), track, "燃气灶点不着火，要求退款").await;
        // Flagged with its words on receipt, and nothing moves by that.
        let seen = hall.world.service.submission(&intake(), file.number.clone()).await.unwrap();
        let view = seen.files.iter().find(|seen| seen.id.track == track).unwrap();
        let kinds: Vec<DangerKind> = view.dangers.iter().map(|danger| danger.kind).collect();
        assert_eq!((kinds, view.state.danger), (vec![DangerKind::Gas, DangerKind::Infant], None));
        assert!(view.dangers[0].words.contains(&"燃气味".to_owned()), "{:?}", view.dangers);
        assert_eq!(flagged(&hall, EAST, track).await, [name('3')]);
        assert_eq!(flagged(&hall, WEST, track).await, [""; 0], "another unit's");
        let all = hall.world.service.flagged(&reception(), track, None, 1).await.unwrap();
        assert_eq!((all.items.len(), all.items[0].number.to_string()), (1, name('3')));
        assert_eq!(pulled(&hall, track, 1).await, [name('1')], "the nearly overdue one goes first");
        hall.world.wait(15);
        // A score is no reason for it either.
        let scored = hall.verb(&file, Sequence(1), judged(&hall, true, "系统评分高")).await;
        assert_eq!(fields(scored), ["danger_judged.reason"]);
        // Confirmed by a person while it waits: first within class A, though its clock is not.
        hall.verb(&file, Sequence(1), judged(&hall, true, "已电话核实，正在漏气")).await.unwrap();
        assert_eq!(flagged(&hall, EAST, track).await, [""; 0], "somebody has looked");
        assert_eq!(hall.state(&file).await.danger, Some(true));
        let queue =
            hall.world.service.queue(&reception(), &unit(EAST).unit.unwrap(), track, 10).await.unwrap();
        assert!(queue.files[0].danger && queue.files[0].number == file.number);
        let leases = hall.pull_by(EAST, "e1", track, 2).await;
        let numbers: Vec<&String> = leases.iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, [&name('3'), &name('1')]);
        // The lease comes to nothing, and somebody finds that there was no danger: it takes its turn.
        hall.world.wait(15);
        hall.verb(&file, leases[0].1.token, judged(&hall, false, "现场检查未见泄漏")).await.unwrap();
        assert_eq!(pulled(&hall, track, 1).await, [name('1')]);
        let acts = hall.world.service.file(&unit(EAST), &file).await.unwrap().acts;
        let titles: Vec<&str> = acts.iter().map(|act| act.title.as_str()).collect();
        assert!(
            titles.contains(&"确认危险情形：燃气安全") && titles.contains(&"排除危险情形：燃气安全"),
            "{titles:?}"
        );
        // An officer sees one without such words.
        hall.world.wait(15);
        let lease = hall.pull_by(EAST, "e1", track, 1).await.remove(0);
        assert_eq!(lease.0, old.number.to_string());
        hall.verb(&old, lease.1.token, judged(&hall, true, "来电反映有人受伤")).await.unwrap();
        assert_eq!(hall.state(&old).await.danger, Some(true));
    }
    hall.world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_flagged_is_for_those_who_work_on_it(#[case] backend: Backend) {
    let hall = Hall::open(backend).await;
    hall.file(complaint("D1", 1, 0)).await;
    let denied = hall.world.service.flagged(&intake(), Track::Complaint, None, 10).await;
    assert!(matches!(denied, Err(Failure::Denied)));
    assert_eq!(flagged(&hall, EAST, Track::Complaint).await, [""; 0]);
    hall.world.close().await;
}

/// No line of the code that scores or makes features names the words of danger.
#[test]
fn no_score_reads_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.join("features"), root.join("model"), root.join("training")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                let text = fs::read_to_string(&entry).unwrap_or_default();
                assert!(!text.contains("danger"), "{}", entry.display());
            }
        }
    }
}
