//! Models: a bureau starts with the baseline and says so; it trains its own, looks at it and puts it to use.

use std::collections::HashMap;
use std::process::{Command as Process, Output};

use rstest::rstest;
use serde_json::{Value, json};
use triage::app::{Config, FIRST_BUREAU};
use triage::domain::command::{Command, FileRef, Handling, Outcome, Ruling, Verb};
use triage::domain::handling::Finding;
use triage::domain::ids::{Sequence, Track};
use triage::model::{Artefact, baseline};
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::support::world::{World, intake, officer, pull, request_id, unit, why};
use crate::support::{Backend, MONDAY, fresh, rows, scratch_context};

/// The place of the eastern station, to which all of these complaints go.
const EAST: usize = 1;

/// Complaint `n` of a made-up year, one in three of them of a kind that officers find suspected, with exceptions both
/// ways. Persons come three times.
fn complaint(n: i64) -> (Value, bool) {
    let professional = n % 3 == 0;
    let text = if professional {
        "预包装食品未标注生产日期，不符合GB 7718，要求退一赔十，请书面答复"
    } else {
        "手机维修后仍不能开机，商家拒绝退费，附小票"
    };
    let at = MONDAY.0 - (1_000 - n) * 3_600_000_000;
    let whole = json!({
        "number": format!("T{n}"), "received": { "at": at },
        "complainant": { "name": "王某", "phone": format!("139{:08}", n / 9 * 3 + n % 3) },
        "respondent": { "name": format!("东街商店{}", n % 40), "premises": "东街街道一号" },
        "complaint": { "text": format!("{text}（{n}）"), "amount_fen": 468 * (1 + n % 50) },
    });
    (whole, professional != (n % 7 == 5))
}

/// Submits `count` complaints and has an officer decide them all, each with a finding.
async fn decided(world: &World, count: i64) {
    let submit = |n| {
        let submission = serde_json::from_value(complaint(n).0).unwrap();
        (intake(), request_id(&format!("s{n}")), Command::Submit(Box::new(submission)))
    };
    let mut submitted = HashMap::new();
    for (n, answer) in (0..).zip(world.ask_at_once((0..count).map(submit).collect()).await) {
        let Ok(Outcome::Submitted { receipt, .. }) = answer else { panic!("{answer:?}") };
        submitted.insert(receipt.sequence, (receipt.number, complaint(n).1));
    }
    let by = officer("e1");
    let handle = |file: &FileRef, token: Sequence, verb: Verb| {
        let id = request_id(&format!("{}-{}", verb.word(), file.number));
        (unit(EAST), id, Command::Handle(Handling { file: file.clone(), officer: by.clone(), token, verb }))
    };
    loop {
        let id = request_id(&format!("p{}", submitted.len()));
        let pulled = world.ask((unit(EAST), id, pull(EAST, Track::Complaint, 50))).await.unwrap();
        let Outcome::Pulled(leases) = pulled else { panic!("{pulled:?}") };
        let files: Vec<(FileRef, bool, Sequence)> = leases
            .into_iter()
            .map(|lease| (submitted.remove(&lease.file.submission).unwrap(), lease.token))
            .map(|((number, suspected), token)| {
                (FileRef { number, track: Track::Complaint }, suspected, token)
            })
            .collect();
        if files.is_empty() {
            break;
        }
        let signed = files.iter().map(|(file, _, token)| handle(file, *token, Verb::SignFor)).collect();
        let decide =
            world.ask_at_once(signed).await.into_iter().zip(&files).map(|(signed, (file, suspected, _))| {
                let Ok(Outcome::Handled { token, .. }) = signed else { panic!("{signed:?}") };
                let finding = if *suspected { Finding::Suspected } else { Finding::NotSuspected };
                let finding = Some((finding, why("依据历史记录")));
                handle(
                    file,
                    token,
                    Verb::Decide { ruling: Ruling::Accept, finding, on: None, approved_by: None },
                )
            });
        for decided in world.ask_at_once(decide.collect()).await {
            decided.unwrap();
        }
    }
    assert!(submitted.is_empty());
}

/// Runs the real binary on the database of `config`.
fn triage(config: &Config, arguments: &[&str]) -> Output {
    let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
    process.env_remove("TRIAGE_DATABASE").arg("--data").arg(&config.data).args(arguments);
    if let Some(url) = &config.database {
        process.args(["--database", url]);
    }
    process.output().unwrap()
}

fn submitted(config: &Config, arguments: &[&str]) -> String {
    let output = triage(config, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json_text(config: &Config, arguments: &[&str]) -> Value {
    serde_json::from_str(&submitted(config, arguments)).unwrap()
}

fn refused(config: &Config, arguments: &[&str]) -> String {
    let output = triage(config, arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Code of the first reason, and the model, of the newest decision.
async fn newest(world: &World, name: &str) -> (String, String) {
    let n: i64 = 900 + i64::from(name.as_bytes()[0]);
    let mut whole = complaint(n).0;
    whole["number"] = json!(name);
    let submit = Command::Submit(Box::new(serde_json::from_value(whole).unwrap()));
    let answer = world.ask((intake(), request_id(name), submit)).await.unwrap();
    let Outcome::Submitted { receipt, .. } = answer else { panic!("{answer:?}") };
    let suspicion = receipt.decisions[0].suspicion.as_ref().unwrap();
    assert!(suspicion.score.is_some());
    (suspicion.reasons[0].feature.clone(), suspicion.model.as_ref().unwrap().to_string())
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_bureau_starts_with_the_baseline_and_says_so(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let world = World::open(&config, 7, LoadBasis::LAWFUL).await;
    let id = baseline().unwrap().id().unwrap().to_string();
    assert_eq!(newest(&world, "A").await, ("simulated_model".to_owned(), id.clone()));
    // The first event of all put it to use, and the log alone says so.
    let events = "SELECT sequence, kind FROM event ORDER BY sequence";
    assert_eq!(rows::rows(&config, events).await, ["1 | 16", "2 | 15", "3 | 1"]);
    let replayed = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&world.app.context, &replayed, FIRST_BUREAU).await.unwrap();
    assert_eq!((found.events, found.differences), (3, vec![]));
    // Opened again, it is not put to use again.
    let beside = World::beside(&config, 7, LoadBasis::LAWFUL).await;
    assert_eq!(rows::rows(&config, "SELECT sequence, champion FROM bureau").await, [format!("3 | {id}")]);
    replayed.store.close().await;
    beside.close().await;
    world.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_bureau_trains_its_own_model_and_uses_it(#[case] backend: Backend) {
    let (config, _directory) = fresh(backend);
    let world = World::open(&config, 256, LoadBasis::LAWFUL).await;
    assert!(refused(&config, &["train"]).contains("认定太少"));
    decided(&world, 420).await;

    // The test's bureau is of June; the command goes by the machine's clock, which somebody has to confirm.
    submitted(&config, &["clock", "accept"]);
    let trained = json_text(&config, &["train", "--json"]);
    let id = trained["model"].as_str().unwrap();
    let report = &trained["report"];
    assert_eq!(report["trained_on"]["examples"], 420);
    assert_eq!(report["trained_on"]["findings"], 420);
    assert_eq!(report["trained_on"]["clusters"], 141);
    let judged = &report["hold_out"]["judged"];
    assert_eq!(judged["champion"]["source"], "simulated");
    let pr_auc = |figures: &Value| figures["pr_auc"].as_f64().unwrap();
    assert!(
        pr_auc(&judged["figures"]["metrics"]) > pr_auc(&judged["figures"]["base_rate"]) + 0.2,
        "{report}"
    );

    // The copy is the artefact of the database; the card lies beside it.
    let copy = std::fs::read_to_string(config.data.join(format!("models/{id}.json"))).unwrap();
    let shown = json_text(&config, &["models", "show", id, "--json"]);
    assert_eq!(Artefact::parse(&copy).unwrap().id().unwrap().to_string(), id);
    assert_eq!(serde_json::from_str::<Value>(&copy).unwrap(), shown["artefact"]);
    let card = std::fs::read_to_string(config.data.join(format!("models/{id}.md"))).unwrap();
    assert!(submitted(&config, &["models", "show", &id[..6]]).starts_with(card.trim_end()));

    let champions = |listed: &Value| -> Vec<String> {
        let listed = listed.as_array().unwrap().iter().filter(|model| !model["champion_since"].is_null());
        listed.map(|model| model["model"].as_str().unwrap().to_owned()).collect()
    };
    let listed = json_text(&config, &["models", "list", "--json"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let first = baseline().unwrap().id().unwrap().to_string();
    assert_eq!(champions(&listed), [first]);
    assert!(submitted(&config, &["models", "list"]).contains("现用模型，自 2026-06-01 09:00:00"));

    // By the beginning of its id; from the next complaint on.
    submitted(&config, &["models", "use", &id[..6]]);
    assert_eq!(champions(&json_text(&config, &["models", "list", "--json"])), [id.to_owned()]);
    let (reason, model) = newest(&world, "B").await;
    assert_eq!(model, id);
    assert_ne!(reason, "simulated_model");
    // Its own complaints flatter it, and the report says of how many.
    let again = json_text(&config, &["train", "--json", "--use"]);
    let held_out = &again["report"]["hold_out"]["judged"];
    assert_eq!(held_out["champion"]["within_its_training"], held_out["figures"]["examples"]);
    assert_eq!(again["model"], id, "the same complaints give the same model");

    for unknown in [["models", "show", "nothing"], ["models", "use", "nothing"], ["models", "use", ""]] {
        assert!(refused(&config, &unknown).contains("triage models list"), "{unknown:?}");
    }
    assert_eq!(json_text(&config, &["replay", "--json"])["differences"], json!([]));
    world.close().await;
}

/// A baseline must be the same whoever makes it, whenever and wherever: other keys, another database.
#[tokio::test]
async fn the_same_complaints_give_the_same_baseline_bytes() {
    let mut made = Vec::new();
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let (config, directory) = fresh(backend);
        let world = World::open(&config, 256, LoadBasis::LAWFUL).await;
        decided(&world, 180).await;
        let file = directory.path().join("out/baseline.json");
        let file = file.to_str().unwrap();
        submitted(&config, &["train", "--baseline", file, "--made-by", "seed 7"]);
        made.push(
            ["json", "md"]
                .map(|end| std::fs::read_to_string(std::path::Path::new(file).with_extension(end)).unwrap()),
        );
        // It is written, not kept.
        assert_eq!(json_text(&config, &["models", "list", "--json"]).as_array().unwrap().len(), 1);
        world.close().await;
    }
    assert_eq!(made[0], made[1]);
    assert!(made[0][1].contains("出厂模型") && made[0][1].contains("seed 7"), "{}", made[0][1]);
}
