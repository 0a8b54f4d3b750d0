//! What a person says of himself, and what anybody writes, is sealed and stands nowhere else: not in the database, its write-ahead log, the
//! log of the process at its most talkative, the heads of the trail, the lists of an import, a backup, or what a replay and a migration
//! leave beside the database.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use aho_corasick::AhoCorasick;
use rstest::rstest;
use tonic::transport::Endpoint;
use triage::app::{App, Config, FIRST_BUREAU, Upgraded};
use triage::clock::Clock;
use triage::domain::caller::Role;
use triage::domain::command::Command;
use triage::domain::ids::UnitId;
use triage::domain::text::Line;
use triage::grpc::pb;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::pb::search_request::By;
use triage::grpc::pb::unit_service_client::UnitServiceClient;
use triage::replay::replay;
use triage::routing::LoadBasis;

use crate::support::items::{both, submit};
use crate::support::server::{Server, arguments};
use crate::support::{BUREAU, Backend, MONDAY, fresh, lease, ok, rows, scratch_context};

const NAME: &str = "钟离白隼";
const PHONE: &str = "13547209753";
const OTHER_PHONE: &str = "13547209754";
const DOCUMENT: &str = "11010519491231002X";
const EMAIL: &str = "baisun@example.com";
const ACCOUNT: &str = "6222020200119753864";
const ADDRESS: &str = "白隼胡同七十七号六单元";
const DELIVERY: &str = "白隼巷九十九号二单元";
const STORY: &str = "灰背隼在柜台上停了三天";
const REPORT: &str = "赤腹鹰从后门进货";
const URGED: &str = "雀鹰等了两周没有回音";
const NOTE: &str = "游隼一案电话联系不上";
const IMPORTED: &str = "红脚隼的保质期写了两遍";
const REFUSED_ROW: &str = "猎隼这一行没有登记时间";

/// Everything that may stand in a sealed value alone.
const CANARIES: [&str; 14] = [
    NAME,
    PHONE,
    OTHER_PHONE,
    DOCUMENT,
    EMAIL,
    ACCOUNT,
    ADDRESS,
    DELIVERY,
    STORY,
    REPORT,
    URGED,
    NOTE,
    IMPORTED,
    REFUSED_ROW,
];

fn item() -> pb::Submission {
    let mut item = both("A1", 0);
    item.complainant = Some(pb::Complainant {
        name: Some(NAME.to_owned()),
        phone: Some(PHONE.to_owned()),
        id_number: Some(DOCUMENT.to_owned()),
        email: Some(EMAIL.to_owned()),
        payment_account: Some(ACCOUNT.to_owned()),
        address: Some(ADDRESS.to_owned()),
        delivery_address: Some(DELIVERY.to_owned()),
        ..pb::Complainant::default()
    });
    if let Some(part) = &mut item.complaint {
        part.text = format!("{STORY}，蛋糕有异物，要求退款");
    }
    if let Some(part) = &mut item.report {
        part.text = format!("{REPORT}，无照经营");
    }
    item
}

/// A word that stands in the clear, by which it shows that the search finds what is there.
const IN_CLEAR: &str = "东街蛋糕房";

/// Finds words as they are, as JSON escapes them, as bytes are written out, and in the other encoding of our files.
struct Search(AhoCorasick, Vec<&'static str>);

impl Search {
    fn new(words: &[&'static str]) -> Self {
        let (mut patterns, mut meant) = (Vec::new(), Vec::new());
        for word in words {
            let units: Vec<u16> = word.encode_utf16().collect();
            let escaped: Vec<String> = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let wide: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let (hex, gbk) = (hex::encode(word), encoding_rs::GBK.encode(word).0.into_owned());
            for pattern in
                [word.as_bytes().to_vec(), hex.into_bytes(), escaped.concat().into_bytes(), wide, gbk]
            {
                patterns.push(pattern);
                meant.push(*word);
            }
        }
        Self(AhoCorasick::new(patterns).unwrap(), meant)
    }

    /// What of it stands in bytes, each once.
    fn hits(&self, bytes: &[u8]) -> Vec<&'static str> {
        let mut hits: Vec<_> = self.0.find_iter(bytes).map(|hit| self.1[hit.pattern().as_usize()]).collect();
        hits.sort_unstable();
        hits.dedup();
        hits
    }
}

/// Every file below a directory.
fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Every row of every table, as PostgreSQL writes it.
async fn tables(config: &Config) -> String {
    const TABLES: &str =
        "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'";
    let mut all = String::new();
    for table in rows::rows(config, TABLES).await {
        let text: &'static str = Box::leak(format!("SELECT t::text FROM \"{table}\" t").into_boxed_str());
        all.push_str(&rows::rows(config, text).await.join("\n"));
    }
    all
}

/// A command of the office, at its most talkative; what it logs is kept beside the data. An import with a row that is refused fails.
fn office(config: &Config, words: &[&str]) {
    let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
    let done = process.args(arguments(config)).args(words).env("RUST_LOG", "debug").output().unwrap();
    assert_eq!(
        done.status.success(),
        words[0] != "import",
        "{words:?}: {}",
        String::from_utf8_lossy(&done.stdout)
    );
    fs::write(config.data.join(format!("{}.log", words[0])), &done.stderr).unwrap();
}

/// Two rows of an export: one is taken, one is refused.
fn export(directory: &Path) -> String {
    let lines = [
        "登记编号,登记时间,类型,提供方姓名,提供方联系方式,提供方地址,企业名称,具体问题".to_owned(),
        format!("X1,2026-03-02 09:10:11,投诉,{NAME},{PHONE}/{OTHER_PHONE},{ADDRESS},东街面馆,{IMPORTED}"),
        format!("X2,下周一,投诉,{NAME},{PHONE},{ADDRESS},东街面馆,{REFUSED_ROW}"),
    ];
    let file = directory.join("export.csv");
    fs::write(&file, lines.join("\n")).unwrap();
    file.display().to_string()
}

/// Everybody does something with the item, and with what is known of its person.
async fn live(server: &Server, tokens: &[String; 3]) {
    let channel =
        Endpoint::from_shared(format!("http://{}", server.address)).unwrap().connect().await.unwrap();
    let called = |token: &String| {
        let token: tonic::metadata::MetadataValue<_> = format!("Bearer {token}").parse().unwrap();
        move |mut request: tonic::Request<()>| {
            request.metadata_mut().insert("authorization", token.clone());
            Ok(request)
        }
    };
    let mut intake = IntakeServiceClient::with_interceptor(channel.clone(), called(&tokens[0]));
    let mut east = UnitServiceClient::with_interceptor(channel.clone(), called(&tokens[1]));
    let mut front = UnitServiceClient::with_interceptor(channel.clone(), called(&tokens[2]));
    ok(intake.submit(submit(item())).await);
    // What is refused is named to the caller alone.
    let mut wrong = item();
    "A2".clone_into(&mut wrong.registration_number);
    wrong.complainant.as_mut().unwrap().email = Some(format!("{EMAIL}{}", "x".repeat(500)));
    intake.submit(submit(wrong)).await.unwrap_err();
    let (request_id, registration_number, note) =
        ("urge".to_owned(), "A1".to_owned(), Some(URGED.to_owned()));
    ok(intake.urge(pb::UrgeRequest { request_id, registration_number, note }).await);
    for by in [By::Phone(PHONE.to_owned()), By::IdNumber(DOCUMENT.to_owned())] {
        let found =
            front.search(pb::SearchRequest { by: Some(by), page_size: 10, page_token: String::new() }).await;
        assert_eq!(ok(found).files.len(), 2);
    }
    let pull = pb::PullRequest {
        request_id: "pull".to_owned(),
        officer: "e1".to_owned(),
        track: pb::Track::Complaint as i32,
        max_files: 1,
        wait: None,
    };
    let pulled = ok(east.pull(pull).await).files.remove(0);
    let (file, officer) = (pulled.name.clone(), "e1".to_owned());
    let token = lease(&pulled);
    let signed = pb::SignForRequest { request_id: "sign".to_owned(), file, officer, token };
    let token = ok(east.sign_for(signed).await).progress.unwrap().token;
    let step = pb::StepRequest {
        request_id: "step".to_owned(),
        file: pulled.name,
        officer: "e1".to_owned(),
        token,
        kind: pb::StepKind::SiteVisit as i32,
        time: Some(prost_types::Timestamp { seconds: MONDAY.seconds(), nanos: 0 }),
        note: Some(NOTE.to_owned()),
    };
    ok(east.step(step).await);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test(flavor = "multi_thread")]
async fn what_people_say_stands_in_sealed_values_alone(#[case] backend: Backend) {
    let (config, directory) = fresh(backend);
    let app = App::open(config.clone(), Clock::System).await.unwrap();
    app.act(FIRST_BUREAU, Command::LoadBureau { content: BUREAU.to_owned().into() }).await.unwrap();
    let name = Line::parse("调用方").unwrap();
    let east = UnitId::parse("east").unwrap();
    let mut tokens: [String; 3] = Default::default();
    for (at, (role, unit)) in
        [(Role::Intake, None), (Role::Unit, Some(east)), (Role::Reception, None)].into_iter().enumerate()
    {
        tokens[at] = app.add_caller(FIRST_BUREAU, role, unit, &name).await.unwrap().1;
    }
    let mut server = Server::start_talkative(&config);
    live(&server, &tokens).await;
    office(&config, &["import", &export(directory.path())]);
    for words in
        [&["keys", "rotate"][..], &["keys", "reseal"], &["show", "A1"], &["replay"], &["audit", "verify"]]
    {
        office(&config, words);
    }
    if backend == Backend::Sqlite {
        office(&config, &["backup", &directory.path().join("backup").display().to_string()]);
    }
    // Killed: what it keeps beside the database stays.
    server.kill();
    let other = scratch_context(&config, &directory, "replayed.db", LoadBasis::LAWFUL).await;
    assert_eq!(replay(&app.context, &other, FIRST_BUREAU).await.unwrap().differences, []);
    assert_eq!(rows::rows(&config, "SELECT number FROM submission ORDER BY number").await, ["A1", "X1"]);
    let tables = if backend == Backend::Postgres { tables(&config).await } else { String::new() };
    // Keys that are made again, interrupted.
    rows::rows(&config, "UPDATE bureau SET key_form = NULL RETURNING bureau_id").await;
    assert_eq!(App::migrate(&config, |_, _| false).await.unwrap(), Upgraded::Stopped);

    fs::remove_file(directory.path().join("export.csv")).unwrap();
    let mut paths = Vec::new();
    files(directory.path(), &mut paths);
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let looked = ["audit-heads.jsonl", "serve.log", "import.log", "replayed.db", "made.db", "identity.key"];
    let own = ["triage.db", "triage.db-wal", "backup/triage.db"];
    for wanted in looked.iter().chain(own.iter().filter(|_| backend == Backend::Sqlite)) {
        assert!(
            names.iter().any(|name| name.ends_with(wanted)),
            "{wanted} is not looked through: {names:#?}"
        );
    }
    let (canaries, clear) = (Search::new(&CANARIES), Search::new(&[IN_CLEAR]));
    let mut is_clear = 0;
    let texts = paths.iter().map(|path| (path.display().to_string(), fs::read(path).unwrap()));
    for (place, bytes) in texts.chain([("tables".to_owned(), tables.into_bytes())]) {
        assert_eq!(canaries.hits(&bytes), Vec::<&str>::new(), "{place}");
        is_clear += clear.hits(&bytes).len();
    }
    assert!(is_clear > 1, "the search finds what stands there");
    other.store.close().await;
    app.context.store.close().await;
}
