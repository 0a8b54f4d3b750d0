//! The first day: what has ended teaches a model before the open rows are scored; and an open queue is brought to another model.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::process::{Command as Process, Output, Stdio};

use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use triage::app::{App, Config, FIRST_BUREAU};
use triage::clock::Clock;
use triage::domain::command::Command;
use triage::domain::decision::Band;
use triage::exchange::Sheet;
use triage::import::Rows;
use triage::lifecycle::Lifecycle;
use triage::model::baseline;
use triage::replay::replay;
use triage::routing::LoadBasis;

use super::files::{clerk, said};
use super::{HEADER, bureau, import, may};
use crate::support::models::{artefact, use_model};
use crate::support::server::arguments;
use crate::support::{BUREAU, Backend, fresh, rows, scratch_context};

/// Complaints that were submitted and are open, by the model of their latest score.
const OPEN: &str = "SELECT d.model, CAST(COUNT(*) AS BIGINT) FROM file f JOIN decision d ON d.bureau_id = f.bureau_id
        AND d.submission = f.submission AND d.track = f.track
        AND d.sequence = (SELECT MAX(e.sequence) FROM decision e WHERE e.bureau_id = f.bureau_id AND e.submission = f.submission AND e.track = f.track)
    WHERE f.track = 0 AND f.status = 1 GROUP BY d.model";
/// What was decided first, of every file.
const FIRST: &str = "SELECT submission, track, model, log_odds, band FROM decision WHERE sequence = submission ORDER BY submission, track";
const STANDS: &str =
    "SELECT number, track, unit, status, token, turn, due_on, cluster FROM file ORDER BY number, track";

/// An export of a year: one in three ended complaints was found suspected, with exceptions both ways; some rows are open.
fn year(ended: i64, open: i64) -> String {
    let mut text = format!("{HEADER}\n");
    for n in 0..ended + open {
        let is_claim = n % 3 == 0;
        let story = if is_claim {
            "预包装食品未标注生产日期，不符合GB 7718，要求退一赔十，请书面答复"
        } else {
            "手机维修后仍不能开机，商家拒绝退费，附小票"
        };
        let end = match (n < ended, is_claim != (n % 7 == 5)) {
            (false, _) => "待核查,,待受理,,,,",
            (true, true) => "不予受理,不是为生活消费需要,不予受理,,2026-06-21,0,是",
            (true, false) => "已受理,,已办结,,2026-06-21,5,否",
        };
        let (month, day, hour) = (1 + n / 100, 1 + n % 100 / 4, n % 24);
        let phone = 13_900_000_000 + n / 9 * 3 + n % 3;
        let _ = writeln!(
            text,
            "Y{n},2026-{month:02}-{day:02} {hour:02}:00:00,投诉,王某,{phone},东街商店{},东街街道一号,{}.68,{story}（{n}）,{end}",
            n % 40,
            4 * (1 + n % 50),
        );
    }
    text
}

fn triage(config: &Config, asked: &[&str]) -> Output {
    let mut command = Process::new(env!("CARGO_BIN_EXE_triage"));
    command.args(arguments(config)).env("RUST_LOG", "error").args(asked).output().unwrap()
}

/// A bureau with its file, whose model is the one that a bureau starts with.
async fn first_day(config: &Config) {
    let app = App::open(config.clone(), Clock::System).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    app.context.store.close().await;
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_first_day_leaves_no_open_complaint_to_the_simulated_model(#[case] backend: Backend) {
    let simulated = baseline().unwrap().id().unwrap().to_string();
    let (config, directory) = fresh(backend);
    first_day(&config).await;
    let export = directory.path().join("year.csv");
    std::fs::write(&export, year(420, 30)).unwrap();
    let export = export.to_str().unwrap();

    let done = clerk(&config, &["--train", "yes", "--json", export]);
    assert!(done.status.success(), "{}", said(&done));
    let done: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let model = done[0]["learning"]["model"].as_str().unwrap();
    assert_eq!(done[0]["learning"]["labels"], 420);
    assert_ne!(model, simulated);
    assert_eq!(rows::rows(&config, OPEN).await, [format!("{model} | 30")]);
    let again = clerk(&config, &["--train", "yes", export]);
    assert!(said(&again).contains("450 行  已有件，无变化"), "{}", said(&again));
    assert!(said(&again).contains("已有本局模型，没有另行训练"), "{}", said(&again));
    let replayed = triage(&config, &["replay"]);
    assert!(replayed.status.success(), "{}", said(&replayed));

    // The other order: imported first, trained afterwards.
    let (config, _other) = fresh(backend);
    first_day(&config).await;
    let plain = clerk(&config, &[export]);
    assert!(plain.status.success() && said(&plain).contains("420 行含认定或标注"), "{}", said(&plain));
    assert_eq!(rows::rows(&config, OPEN).await, [format!("{simulated} | 30")]);
    let (first, stands) = (rows::rows(&config, FIRST).await, rows::rows(&config, STANDS).await);
    let trained = triage(&config, &["train", "--use"]);
    assert!(said(&trained).contains("triage rescore"), "{}", said(&trained));
    let rescored = triage(&config, &["rescore"]);
    assert!(said(&rescored).contains("重评未办结的投诉 30 件"), "{}", said(&rescored));
    let open = rows::rows(&config, OPEN).await;
    assert!(open.len() == 1 && open[0].ends_with(" | 30") && !open[0].starts_with(&simulated), "{open:?}");
    assert_eq!(rows::rows(&config, FIRST).await, first, "what was decided first stays");
    assert_eq!(rows::rows(&config, STANDS).await, stands, "unit, terms, turn and token stay");
    let nothing = triage(&config, &["rescore"]);
    assert!(said(&nothing).contains("都已由现用模型"), "{}", said(&nothing));
    let replayed = triage(&config, &["replay"]);
    assert!(replayed.status.success(), "{}", said(&replayed));
}

/// Of two files one is in memory at a time, each read again for its open rows: what comes of it is what comes of both held at once.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn two_files_teach_one_model_before_the_open_rows_of_either(#[case] backend: Backend) {
    const SCORES: &str = "SELECT f.number, d.log_odds, d.band, f.unit, f.status, d.sequence FROM file f JOIN decision d
        ON d.bureau_id = f.bureau_id AND d.submission = f.submission AND d.track = f.track ORDER BY d.sequence";
    let whole = year(420, 30);
    let (header, lines) = whole.split_once('\n').unwrap();
    // Ended and open rows stand in both files.
    let part = |first: bool| {
        let of = lines.lines().enumerate().filter(|(at, _)| (*at % 2 == 1) == first);
        format!("{header}\n{}\n", of.map(|(_, line)| line).collect::<Vec<_>>().join("\n"))
    };
    let (config, directory) = fresh(backend);
    first_day(&config).await;
    let paths = ["one.csv", "two.csv", "missing.csv"].map(|name| directory.path().join(name));
    for (path, first) in paths.iter().zip([true, false]) {
        std::fs::write(path, part(first)).unwrap();
    }
    let [one, two, missing] = paths.each_ref().map(|path| path.to_str().unwrap());
    let done = clerk(&config, &["--train", "yes", "--json", one, missing, two]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert_eq!(String::from_utf8_lossy(&done.stderr).matches("missing.csv").count(), 1, "{}", said(&done));
    let done: Vec<serde_json::Value> = serde_json::from_slice(&done.stdout).unwrap();
    let counts = |done: &serde_json::Value| {
        ["rows", "ended", "open", "known", "refused"].map(|what| done["imported"][what].as_u64().unwrap())
    };
    assert_eq!(done.iter().map(counts).collect::<Vec<_>>(), [[225, 210, 15, 0, 0]; 2]);
    assert_eq!(done[0]["learning"]["model"], done[1]["learning"]["model"]);
    let replayed = triage(&config, &["replay"]);
    assert!(replayed.status.success(), "{}", said(&replayed));
    let twice_read = rows::rows(&config, SCORES).await;

    let (config, _other) = fresh(backend);
    first_day(&config).await;
    let life = Lifecycle::default();
    let sheets = [one, two].map(|path| Sheet::read(std::path::Path::new(path)).unwrap());
    let app = App::open_existing(config.clone(), Clock::System).await.unwrap();
    for sheet in sheets.clone() {
        let mut running = app.begin_import(FIRST_BUREAU, sheet, None).await.unwrap();
        app.go_on_importing(FIRST_BUREAU, &mut running, Rows::Ended, &life, |_| ()).await.unwrap();
    }
    app.context.store.close().await;
    let trained = triage(&config, &["train", "--use"]);
    assert!(trained.status.success(), "{}", said(&trained));
    let app = App::open_existing(config.clone(), Clock::System).await.unwrap();
    for sheet in sheets {
        app.import(FIRST_BUREAU, sheet, None, &life, |_| ()).await.unwrap();
    }
    app.context.store.close().await;
    let held = rows::rows(&config, SCORES).await;
    assert_eq!(held.len(), 450);
    assert_eq!(held, twice_read);
}

/// What has ended comes in first; an import that ends there is gone on with, and loses neither rows nor its model.
#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_import_that_ends_before_its_model_is_made_goes_on(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    first_day(&config).await;
    let export = directory.path().join("year.csv");
    std::fs::write(&export, year(420, 30)).unwrap();
    let app = App::open_existing(config.clone(), Clock::System).await.unwrap();
    let sheet = Sheet::read(&export).unwrap();
    let mut running = app.begin_import(FIRST_BUREAU, sheet, None).await.unwrap();
    let life = Lifecycle::default();
    app.go_on_importing(FIRST_BUREAU, &mut running, Rows::Ended, &life, |_| ()).await.unwrap();
    let taken = running.finish();
    assert_eq!((taken.ended, taken.open, taken.routed.len()), (420, 0, 0), "{taken:?}");
    app.context.store.close().await;
    assert_eq!(rows::rows(&config, OPEN).await, [""; 0]);

    let done = clerk(&config, &["--train", "yes", "--json", export.to_str().unwrap()]);
    assert!(done.status.success(), "{}", said(&done));
    let done: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let (imported, model) = (&done[0]["imported"], done[0]["learning"]["model"].as_str().unwrap());
    assert_eq!((&imported["known"], &imported["open"]), (&420.into(), &30.into()), "{imported}");
    assert_eq!(rows::rows(&config, OPEN).await, [format!("{model} | 30")]);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_open_queue_follows_the_model_in_use_and_back(#[case] backend: Backend) {
    const EVENTS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM event WHERE kind = 29";
    const LATEST: &str = "SELECT number, d.sequence, d.band FROM file f JOIN decision d ON d.bureau_id = f.bureau_id
            AND d.submission = f.submission AND d.track = f.track WHERE f.track = 0 ORDER BY number, d.sequence";
    let (config, directory) = fresh(backend);
    let app = bureau(&config).await;
    import(&app, "may", &may()).await;
    let life = Lifecycle::default();
    // The model that scored them is in use.
    let none = app.rescore(FIRST_BUREAU, &life, |_, _| ()).await.unwrap();
    assert_eq!((none.complaints, none.rescored), (0, 0));
    let first = rows::rows(&config, FIRST).await;
    for (round, size) in [(1, -0.9), (2, 0.4)] {
        use_model(&app, &artefact(size)).await;
        let done = app.rescore(FIRST_BUREAU, &life, |_, _| ()).await.unwrap();
        // A5 and A3 are open complaints; A1 and A2 have ended, A4 is a report.
        assert_eq!((done.complaints, done.rescored, done.ended, done.stopped), (2, 2, 0, false), "{done:?}");
        assert_eq!(rows::rows(&config, EVENTS).await, [(2 * round).to_string()]);
        let moved: usize = done.moved.iter().map(|moved| moved.complaints).sum();
        assert!(
            moved <= 2
                && done.moved.iter().all(|moved| moved.from != moved.to && moved.to != Band::NotScored)
        );
        let again = app.rescore(FIRST_BUREAU, &life, |_, _| ()).await.unwrap();
        assert_eq!((again.complaints, again.rescored), (0, 0));
    }
    assert_eq!(rows::rows(&config, FIRST).await, first);
    let latest = rows::rows(&config, LATEST).await;
    let of = |number: &str| latest.iter().filter(|row| row.starts_with(number)).count();
    assert_eq!((of("A1"), of("A2"), of("A3"), of("A5")), (1, 1, 3, 3), "{latest:?}");
    let replayed = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
    let found = replay(&app.context, &replayed, FIRST_BUREAU).await.unwrap();
    assert!(found.differences.is_empty(), "{:#?}", found.differences);
    replayed.store.close().await;
    app.context.store.close().await;
}

/// The findings may stand in the file that cannot be read: what is open waits for it, and nothing says that nothing was said.
#[tokio::test]
async fn a_file_that_cannot_be_read_leaves_no_open_row_to_the_simulated_model() {
    let (config, directory) = fresh(Backend::Sqlite);
    first_day(&config).await;
    let [plain, broken] = ["plain.csv", "broken.xlsx"].map(|name| directory.path().join(name));
    let story = "王某,13900000001,东街面馆,东街街道二号,9,手机坏了";
    let rows_of = format!(
        "{HEADER}\nN1,2026-05-02,投诉,{story},已受理,,已办结,,2026-05-20,0,\nN2,2026-05-03,投诉,{story},待核查,,待受理,,,,\n"
    );
    std::fs::write(&plain, rows_of).unwrap();
    std::fs::write(&broken, b"PK\x03\x04 no workbook").unwrap();
    let [plain, broken] = [&plain, &broken].map(|path| path.to_str().unwrap());
    let done = clerk(&config, &["--train", "yes", plain, broken]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    let text = said(&done);
    assert!(text.contains("未办结的行没有导入") && text.contains("--train no"), "{text}");
    let files = "SELECT number FROM file ORDER BY number";
    assert_eq!(rows::rows(&config, files).await, ["N1"]);
    let done = clerk(&config, &["--train", "no", plain]);
    assert!(done.status.success(), "{}", said(&done));
    assert_eq!(rows::rows(&config, files).await, ["N1", "N2"]);
    // Tomorrow's export does not exist.
    let done = clerk(&config, &["--as-of", "2999-01-01", plain]);
    assert_eq!(done.status.code(), Some(1), "{}", said(&done));
    assert!(said(&done).contains("晚于今天"), "{}", said(&done));
}

/// Whoever is asked may also press Ctrl-C, or the machine may be shut down: the question ends, and nothing was imported.
#[rstest]
#[case::interrupt(Signal::INT)]
#[case::terminate(Signal::TERM)]
#[tokio::test]
async fn a_question_at_the_terminal_ends_with_a_signal(#[case] signal: Signal) {
    let (config, directory) = fresh(Backend::Sqlite);
    first_day(&config).await;
    let file = directory.path().join("年.csv");
    std::fs::write(&file, year(30, 3)).unwrap();
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let keyboard = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let child = Process::new(env!("CARGO_BIN_EXE_triage"))
        .args(arguments(&config))
        .arg("import")
        .arg(&file)
        .stdin(keyboard.try_clone().unwrap())
        .stderr(keyboard)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = Vec::new();
    let mut screen = File::from(terminal);
    while !String::from_utf8_lossy(&shown).contains("[y/n]") {
        let mut bytes = [0; 512];
        let read = screen.read(&mut bytes).unwrap();
        shown.extend_from_slice(&bytes[..read]);
    }
    kill_process(Pid::from_child(&child), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "no file was taken");
}
