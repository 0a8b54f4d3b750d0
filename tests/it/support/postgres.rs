//! One throwaway PostgreSQL for the whole test process, one empty database for whoever asks.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::OnceLock,
    sync::atomic::{AtomicU64, Ordering},
};

/// The child holds the pipe whose end is the server's end, so it must live exactly as long as the server is wanted.
pub(crate) struct Cluster {
    _owned: Child,
    pub(crate) url: String,
}

/// Where tests put databases: in memory where there is room, for they commit many thousand times and a disk that is shared answers
/// slowly. Everything is synced there as anywhere; a power failure is not among the faults that are tried. `TMPDIR` decides where it
/// is set.
pub(crate) fn scratch() -> &'static Path {
    static SCRATCH: OnceLock<PathBuf> = OnceLock::new();
    SCRATCH.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let free = Command::new("df").args(["--output=avail", "--block-size=1G"]).arg(memory).output();
        let gibibytes = free.ok().and_then(|free| {
            String::from_utf8_lossy(&free.stdout)
                .lines()
                .nth(1)
                .and_then(|line| line.trim().parse::<u64>().ok())
        });
        match gibibytes {
            Some(8..) if std::env::var_os("TMPDIR").is_none() => memory.to_owned(),
            _ => std::env::temp_dir(),
        }
    })
}

/// The URL of the server's own database; tests take a [`fresh_database`] each.
pub(crate) fn url() -> &'static str {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    &CLUSTER.get_or_init(|| start(&[])).url
}

/// A new, empty database. Nobody drops it: it goes with the cluster.
pub(crate) fn fresh_database() -> String {
    // template0 because nobody can be connected to it; a stray connection to template1 would make CREATE DATABASE wait.
    database_of("template0")
}

/// A new database like this one, to which nobody is connected.
pub(crate) fn database_of(template: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = format!("it_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
    let created = Command::new(psql())
        .args(["--no-psqlrc", "--quiet", "--command", &sql, url()])
        .status()
        .expect("psql comes with PostgreSQL: apt-get install postgresql (or make deps)");
    assert!(created.success(), "psql could not run: {sql}");
    let (server, _) = url().rsplit_once('/').expect("the URL ends in a database name");
    format!("{server}/{name}")
}

/// A server; its arguments are the script's.
pub(crate) fn start(arguments: &[&str]) -> Cluster {
    let mut child = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/ops/test-postgres"))
        .args(arguments)
        .env("TMPDIR", scratch())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Its own process group: what kills the group of the tests must leave it alive to clean up.
        .process_group(0)
        .spawn()
        .expect("ops/test-postgres is executable");
    let mut line = String::new();
    let out = child.stdout.as_mut().expect("stdout is piped");
    BufReader::new(out).read_line(&mut line).expect("ops/test-postgres prints text");
    let url = line.trim().to_owned();
    assert!(
        !url.is_empty(),
        "no PostgreSQL to test on: apt-get install postgresql (or make deps); details above"
    );
    Cluster { _owned: child, url }
}

/// The newest of Debian's versions, else the one on the PATH: Debian's own /usr/bin/psql is a slow wrapper.
fn psql() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max();
    newest.map_or("psql".into(), |version| format!("/usr/lib/postgresql/{version}/bin/psql").into())
}
