//! What the machine did meanwhile: CPU of processes, and what the hypervisor took away.

use std::fs;

/// Ticks of `/proc` a second, on every Linux there is.
const TICKS: f64 = 100.0;

/// CPU used, at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    /// Seconds of the server.
    pub(crate) server: f64,
    /// Seconds of the database's processes.
    pub(crate) database: f64,
    steal: f64,
    total: f64,
}

impl Used {
    /// Now.
    pub(crate) fn now(server: u32, postmaster: Option<u32>) -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let fields: Vec<f64> = stat
            .lines()
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .filter_map(|n| n.parse().ok())
            .collect();
        Self {
            server: seconds_of(server),
            database: postmaster.map_or(0.0, family),
            steal: fields.get(7).copied().unwrap_or_default(),
            total: fields.iter().take(8).sum(),
        }
    }

    /// Used since.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            server: self.server - before.server,
            database: self.database - before.database,
            steal: self.steal - before.steal,
            total: self.total - before.total,
        }
    }

    /// Share of the machine's time that the hypervisor took, in percent.
    pub(crate) fn steal(self) -> f64 {
        100.0 * self.steal / self.total.max(1.0)
    }
}

/// Fields of `/proc/PID/stat` after the name: state, parent, and so on.
fn stat(process: u32) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    text.rsplit_once(')')
        .map_or_else(Vec::new, |(_, rest)| rest.split_whitespace().map(str::to_owned).collect())
}

/// CPU of a process so far.
pub(crate) fn seconds_of(process: u32) -> f64 {
    stat(process).iter().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// CPU of this process's threads whose names begin so. Threads that have ended are not counted.
pub(crate) fn seconds_of_threads(name: &str) -> f64 {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten().map(|entry| entry.path());
    let named = threads
        .filter(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(|comm| comm.starts_with(name)));
    named
        .map(|thread| {
            let text = fs::read_to_string(thread.join("stat")).unwrap_or_default();
            let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
            rest.split_whitespace()
                .skip(11)
                .take(2)
                .filter_map(|ticks| ticks.parse::<f64>().ok())
                .sum::<f64>()
        })
        .sum::<f64>()
        / TICKS
}

/// A postmaster, its living children, and the dead ones it waited for.
fn family(postmaster: u32) -> f64 {
    let waited: f64 =
        stat(postmaster).iter().skip(11).take(4).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    let children = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = children.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let parent = postmaster.to_string();
    let alive: f64 = children.filter(|child| stat(*child).get(1) == Some(&parent)).map(seconds_of).sum();
    waited / TICKS + alive
}

/// Smallest, median and largest.
pub(crate) fn spread(values: impl IntoIterator<Item = f64>) -> (f64, f64, f64) {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    (at(0), at(values.len() / 2), at(values.len().saturating_sub(1)))
}
