//! Other machines call over TLS; a socket file serves a proxy on this one.

use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use triage::app::FIRST_BUREAU;
use triage::clock::{Clock, Deadline};
use triage::domain::caller::Role;
use triage::domain::text::Line;
use triage::domain::time::Timestamp;
use triage::grpc::pb::intake_service_client::IntakeServiceClient;
use triage::grpc::target::{Target, TlsOptions};
use triage::grpc::{CERTIFICATE_HEALTH, ConnectionLimits, Listener, Tls, client_key_of_file};
use triage::identity::KnownBy;
use triage::service::Bounds;

use crate::support::authority::{Authority, Signed};
use crate::support::door::{Door, NEVER, Open, call, called};
use crate::support::items::{complaint, submit};
use crate::support::server::{Server, arguments};
use crate::support::{Backend, MONDAY, TestApp, fresh, ok};

/// An address of this machine that is not its loopback; the loopback where it has no other.
fn another_address() -> SocketAddr {
    let asked = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        // Sends nothing: it asks which of its addresses this machine would use.
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    match asked {
        Ok(address) => SocketAddr::new(address.ip(), 0),
        Err(error) => {
            eprintln!("this machine has no address but the loopback: {error}");
            SocketAddr::from(([127, 0, 0, 1], 0))
        }
    }
}

/// An authority, and a server of the test's bureau with a certificate of it at an address that others can reach.
struct Reached {
    app: TestApp,
    door: Door,
    address: SocketAddr,
    authority: Authority,
    signed: Signed,
    directory: TempDir,
    token: String,
}

impl Reached {
    async fn new(asks_clients: bool, clock: Clock) -> Self {
        let app = TestApp::spawn(Backend::Sqlite).await;
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::new(directory.path(), "authority");
        let listener = TcpListener::bind(another_address()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let signed = authority.sign(directory.path(), "service", &address.ip().to_string());
        let tls = Tls::open(signed.files(asks_clients.then_some(&authority)), clock).unwrap();
        let listener = Listener::with_tls(listener, tls.looking_every(Duration::from_millis(5)));
        let door = Door::open(&app, listener, ConnectionLimits::default());
        let token = app.token(Role::Intake, None).await;
        Self { app, door, address, authority, signed, directory, token }
    }

    fn target(&self, authority: &Authority, identity: Option<&Signed>) -> Target {
        let identity = identity.map(|signed| (signed.certificate.clone(), signed.key.clone()));
        let options = TlsOptions { authority: Some(authority.file.clone()), identity };
        Target::new(&format!("https://{}", self.address), &options).unwrap()
    }

    /// Whether a submission gets in.
    async fn gets_in(&self, target: &Target) -> bool {
        let Ok(channel) = target.connect().await else { return false };
        called(channel, &self.token).submit(submit(complaint("T1", 0))).await.is_ok()
    }

    async fn stop(self) {
        self.door.stop().await;
        self.app.stop().await;
    }
}

#[tokio::test]
async fn another_address_is_served_over_tls_and_over_nothing_else() {
    let reached = Reached::new(false, Clock::System).await;
    assert!(reached.gets_in(&reached.target(&reached.authority, None)).await);
    let strange = Authority::new(reached.directory.path(), "strange");
    assert!(!reached.gets_in(&reached.target(&strange, None)).await, "an authority that did not sign it");
    let plain = Target::new(&format!("http://{}", reached.address), &TlsOptions::default()).unwrap();
    assert!(!reached.gets_in(&plain).await, "no TLS");
    assert!(reached.gets_in(&reached.target(&reached.authority, None)).await, "the others did no harm");
    reached.stop().await;
}

#[tokio::test]
async fn where_clients_are_asked_for_a_certificate_no_other_gets_in() {
    let reached = Reached::new(true, Clock::System).await;
    let directory = reached.directory.path();
    let own = reached.authority.sign(directory, "client", "intake.example");
    let strange = Authority::new(directory, "strange").sign(directory, "stranger", "intake.example");
    assert!(!reached.gets_in(&reached.target(&reached.authority, None)).await, "no certificate");
    assert!(
        !reached.gets_in(&reached.target(&reached.authority, Some(&strange))).await,
        "of another authority"
    );
    assert!(reached.gets_in(&reached.target(&reached.authority, Some(&own))).await);
    reached.stop().await;
}

/// A caller known by the key of its certificate needs no token: what it may do is its role's, and ends as a token does.
#[tokio::test]
async fn a_client_is_known_by_the_key_of_its_certificate() {
    let reached = Reached::new(true, Clock::System).await;
    let (app, directory) = (&reached.app.app, reached.directory.path());
    let [own, next, other] =
        ["own", "next", "other"].map(|name| reached.authority.sign(directory, name, "intake.example"));
    let known_by = |signed: &Signed| KnownBy::Certificate(client_key_of_file(&signed.certificate).unwrap());
    let name = Line::parse("登记系统").unwrap();
    let add = async |signed: &Signed| {
        app.add_caller_for(FIRST_BUREAU, (Role::Intake, None), &name, known_by(signed), None).await
    };
    let (caller, token) = add(&own).await.unwrap();
    assert_eq!(token, None, "there is nothing to keep secret");
    assert!(add(&own).await.is_err(), "a key stands for one caller");

    let target = |signed: &Signed| reached.target(&reached.authority, Some(signed));
    let asks = async |signed: &Signed, authorization: Option<&'static str>, bureau: Option<&'static str>| {
        let mut asked = Request::new(submit(complaint("M1", 0)));
        for (key, value) in [("authorization", authorization), ("bureau", bureau)] {
            if let Some(value) = value {
                asked.metadata_mut().insert(key, value.parse().unwrap());
            }
        }
        let channel = target(signed).connect().await.unwrap();
        IntakeServiceClient::new(channel).submit(asked).await.map(|_| ()).map_err(|status| status.code())
    };
    assert_eq!(asks(&own, None, None).await, Ok(()));
    assert_eq!(asks(&own, None, Some("1")).await, Ok(()));
    for bureau in ["2", "x", "-1"] {
        assert_eq!(asks(&own, None, Some(bureau)).await, Err(Code::Unauthenticated), "bureau {bureau}");
    }
    assert_eq!(asks(&other, None, None).await, Err(Code::Unauthenticated), "nobody's key");
    // A token that is sent is what counts, and the hash of a key is no token.
    assert_eq!(asks(&own, Some("Bearer t1.1.00"), None).await, Err(Code::Unauthenticated));
    assert_eq!(asks(&own, Some(""), None).await, Err(Code::Unauthenticated));

    // An open stream and new calls go on while the key changes, and end when the caller does.
    let mut stream = Open::without_token(target(&own).connect().await.unwrap()).await;
    app.rotate_token(FIRST_BUREAU, caller.id, known_by(&next), 1, None).await.unwrap();
    stream.submit("M2").await;
    assert_eq!((asks(&own, None, None).await, asks(&next, None, None).await), (Ok(()), Ok(())));
    app.revoke_caller(FIRST_BUREAU, caller.id).await.unwrap();
    reached.app.advance(Duration::from_secs(6));
    assert_eq!(stream.ended().await, Code::Unauthenticated);
    assert_eq!(asks(&next, None, None).await, Err(Code::Unauthenticated));
    assert!(add(&next).await.is_err(), "what is a caller's that has ended is no other's");
    reached.stop().await;
}

/// The certificate that a new connection is greeted with.
async fn greeted_with(reached: &Reached) -> Vec<u8> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&reached.authority.file).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(reached.address).await.unwrap();
    let name = ServerName::from(reached.address.ip());
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn a_changed_certificate_greets_new_connections_and_open_streams_go_on() {
    let reached = Reached::new(false, Clock::System).await;
    let target = reached.target(&reached.authority, None);
    let mut streams = Vec::new();
    // As many as one caller may have open, of eight callers.
    for _ in 0..8 {
        let token = reached.app.token(Role::Intake, None).await;
        let mut intake = call(&target, &token).await;
        for _ in 0..8 {
            streams.push(Open::new(&mut intake).await);
        }
    }
    for (number, stream) in streams.iter_mut().enumerate() {
        stream.submit(&format!("A{number}")).await;
    }
    assert_eq!(greeted_with(&reached).await, reached.signed.der);
    let new = reached.authority.sign(reached.directory.path(), "service", &reached.address.ip().to_string());
    let changed = async { while greeted_with(&reached).await != new.der {} };
    Deadline::after(NEVER).within(NEVER, changed).await.expect("the new certificate is seen");
    for (number, stream) in streams.iter_mut().enumerate() {
        stream.submit(&format!("B{number}")).await;
    }
    assert!(reached.gets_in(&target).await);
    drop(streams);
    reached.stop().await;
}

/// 4095-12-01, a month before the certificates of the tests end.
const LAST_MONTH: Timestamp = Timestamp(67_087_440_000_000_000);

#[tokio::test]
async fn health_tells_of_a_certificate_that_ends_soon() {
    let clock = Clock::manual(LAST_MONTH);
    let reached = Reached::new(false, clock.clone()).await;
    let channel = reached.target(&reached.authority, None).connect().await.unwrap();
    let mut health = HealthClient::new(channel);
    let about = |service: &str| HealthCheckRequest { service: service.to_owned() };
    let mut reports = ok(health.watch(about(CERTIFICATE_HEALTH)).await);
    assert_eq!(reports.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    clock.advance(Duration::from_secs(20 * 24 * 3_600));
    assert_eq!(reports.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert_eq!(ok(health.check(about("")).await).status(), ServingStatus::Serving, "it still serves");
    drop((reports, health));
    reached.stop().await;
}

/// A change to the files of a good certificate, the time, and what the refusal says.
#[rstest]
#[case::no_file("rm service.pem", MONDAY, "不能读取")]
#[case::key_for_all("chmod 644 service.key", MONDAY, "chmod 600")]
#[case::another_key("cp other.key service.key", MONDAY, "不是一对")]
#[case::authority_first("cat authority.pem service.pem >chain; mv chain service.pem", MONDAY, "不是一对")]
#[case::swapped(
    "mv service.pem k; mv service.key service.pem; mv k service.key; chmod 600 service.key",
    MONDAY,
    "填反"
)]
#[case::no_certificate("echo nothing >service.pem", MONDAY, "没有 PEM 证书")]
#[case::no_key("echo nothing >service.key", MONDAY, "没有 PEM 私钥")]
#[case::locked_key("sed -i 's/PRIVATE/ENCRYPTED PRIVATE/' service.key", MONDAY, "口令")]
#[case::half_a_file("head -n 3 service.pem >half; mv half service.pem", MONDAY, "不是完整的 PEM")]
#[case::no_authority("echo nothing >authority.pem", MONDAY, "authority.pem 中没有 PEM 证书")]
#[case::expired("true", Timestamp(70_000_000_000_000_000), "过期")]
#[case::not_yet("true", Timestamp(0), "检查本机时间")]
fn a_certificate_that_cannot_serve_is_refused_with_advice(
    #[case] change: &str,
    #[case] now: Timestamp,
    #[case] says: &str,
) {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::new(directory.path(), "authority");
    let signed = authority.sign(directory.path(), "service", "localhost");
    authority.sign(directory.path(), "other", "localhost");
    let files = signed.files(Some(&authority));
    Tls::open(files.clone(), Clock::manual(MONDAY)).unwrap();
    assert!(
        Process::new("sh").args(["-c", change]).current_dir(directory.path()).status().unwrap().success()
    );
    let refused = Tls::open(files, Clock::manual(now)).unwrap_err().to_string();
    assert!(refused.contains(says), "{refused}");
}

fn triage(arguments: &[String], more: &[&str]) -> (bool, String) {
    let done = Process::new(env!("CARGO_BIN_EXE_triage"))
        .args(arguments)
        .args(more)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (done.status.success(), String::from_utf8(done.stderr).unwrap())
}

#[tokio::test]
async fn the_command_serves_others_with_a_certificate_only_and_the_bench_reaches_it() {
    // By the machine's clock, as the process that follows.
    let (config, directory) = fresh(Backend::Sqlite);
    let app = TestApp::spawn_with(config, directory, Bounds::default(), Clock::System, true).await;
    let token = app.token(Role::Intake, None).await;
    let (config, directory, _) = app.stop().await;
    let path = |name: &str| directory.path().join(name).display().to_string();
    let listen = another_address();
    let authority = Authority::new(directory.path(), "authority");
    authority.sign(directory.path(), "service", &listen.ip().to_string());
    std::fs::write(path("token"), token).unwrap();

    if !listen.ip().is_loopback() {
        let (served, says) = triage(&arguments(&config), &["serve", "--listen", &listen.to_string()]);
        assert!(!served && says.contains("--tls-cert"), "{says}");
    }
    let (certificate, key, ca) = (path("service.pem"), path("service.key"), path("authority.pem"));
    let tls = ["--listen", &listen.to_string(), "--tls-cert", &certificate, "--tls-key", &key];
    let server = Server::start_serving(&config, &tls);
    let address = server.address.to_string();
    let bench = ["bench", "--count", "8", "--token-file", &path("token"), "--address", &address];
    let (reached, says) = triage(&[], &[&bench[..], &["--tls-ca", &ca]].concat());
    assert!(reached, "{says}");
    assert!(!triage(&[], &bench).0, "without TLS it is not reached");
    let https = format!("https://{address}");
    let (reached, says) = triage(&[], &[&bench[..5], &["--address", &https]].concat());
    assert!(!reached && says.contains("--tls-ca"), "{says}");
}

#[tokio::test]
async fn a_socket_file_serves_this_machine_and_goes_with_the_service() {
    let app = TestApp::spawn(Backend::Sqlite).await;
    let token = app.token(Role::Intake, None).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("triage.sock");
    // What a killed process leaves behind.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let door = Door::open(&app, Listener::unix(&path).unwrap(), ConnectionLimits::default());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let mut intake = call(&Target::plain(format!("unix:{}", path.display())), &token).await;
    ok(intake.submit(submit(complaint("U1", 0))).await);
    assert!(Listener::unix(&path).is_err(), "another process listens there");
    door.stop().await;
    assert!(!path.exists());
    std::fs::write(&path, "a file of somebody's").unwrap();
    assert!(Listener::unix(&path).is_err());
    assert!(path.exists(), "it is left alone");
    app.stop().await;
}

#[test]
fn a_client_says_what_its_address_needs() {
    let options =
        |authority: Option<&str>| TlsOptions { authority: authority.map(PathBuf::from), identity: None };
    let refused =
        |address: &str, authority| Target::new(address, &options(authority)).unwrap_err().to_string();
    assert!(refused("https://host:1", None).contains("--tls-ca"));
    assert!(refused("http://host:1", Some("ca.pem")).contains("https://"));
    assert!(refused("unix:/run/t.sock", Some("ca.pem")).contains("https://"));
    let here = Path::new(file!()).display().to_string();
    assert!(refused("host:1", Some(&here)).contains("PEM"));
}
