//! The real server, as a process of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command as Process, Stdio};

use triage::app::Config;

/// Arguments by which a command works on `config`.
pub(crate) fn arguments(config: &Config) -> Vec<String> {
    let data = ["--data".to_owned(), config.data.display().to_string()];
    let database = config.database.clone().map(|url| ["--database".to_owned(), url]);
    data.into_iter().chain(database.into_iter().flatten()).collect()
}

/// The real process.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: std::path::PathBuf,
}

impl Server {
    /// Starts it and waits until it says where it listens.
    pub(crate) fn start(config: &Config) -> Self {
        Self::start_as(Process::new(env!("CARGO_BIN_EXE_triage")), config, &["--listen", "127.0.0.1:0"])
    }

    /// As [`Server::start`]; it logs what it would else keep to itself.
    pub(crate) fn start_talkative(config: &Config) -> Self {
        let mut process = Process::new(env!("CARGO_BIN_EXE_triage"));
        process.env("RUST_LOG", "debug");
        Self::start_as(process, config, &["--listen", "127.0.0.1:0"])
    }

    /// As [`Server::start`], with fewer descriptors than usual.
    pub(crate) fn start_with_descriptors(config: &Config, most: u32) -> Self {
        let mut shell = Process::new("sh");
        shell.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_triage")]);
        Self::start_as(shell, config, &["--listen", "127.0.0.1:0"])
    }

    /// As [`Server::start`], where no file may grow beyond `bytes`. What it writes beyond that fails, as on a disk that is full.
    pub(crate) fn start_with_room(config: &Config, bytes: u64) -> Self {
        let mut shell = Process::new("sh");
        shell
            .args(["-c", "trap '' XFSZ; exec prlimit --fsize=\"$0\": \"$@\""])
            .arg(bytes.to_string())
            .arg(env!("CARGO_BIN_EXE_triage"));
        Self::start_as(shell, config, &["--listen", "127.0.0.1:0"])
    }

    /// Lets files grow as they like again.
    pub(crate) fn make_room(&self) {
        let pid = format!("--pid={}", self.child.id());
        assert!(Process::new("prlimit").args([&pid, "--fsize=unlimited:"]).status().unwrap().success());
    }

    /// As [`Server::start`], with other arguments of `serve`.
    pub(crate) fn start_serving(config: &Config, more: &[&str]) -> Self {
        Self::start_as(Process::new(env!("CARGO_BIN_EXE_triage")), config, more)
    }

    fn start_as(mut process: Process, config: &Config, more: &[&str]) -> Self {
        let log = config.data.join("serve.log");
        let mut child = process
            .args(arguments(config))
            .arg("serve")
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split_whitespace().find_map(|word| word.parse().ok());
        let address = address.unwrap_or_else(|| panic!("it does not serve: {line:?}, see {}", log.display()));
        Self { child, address, log }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The end of its log.
    pub(crate) fn log(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        text[text.floor_char_boundary(text.len().saturating_sub(4_000))..].to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dead already after a test that went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
