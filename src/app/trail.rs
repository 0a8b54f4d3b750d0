//! The heads of the trail outside the database, and its verification.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tracing::error;

use super::{App, AppError};
use crate::audit::found::Verified;
use crate::audit::head::{Head, Heads, Line, end_of, last_of};
use crate::audit::verify::{HeadsFile, Standing, Verification};
use crate::clock::{Clock, Deadline};
use crate::domain::ids::BureauId;
use crate::domain::time::Timestamp;
use crate::identity::Identity;
use crate::ledger::Context;
use crate::lifecycle::Lifecycle;
use crate::store::{BureauRow, StoreError, Tx};

/// How often a head is written that has moved.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// How long a disk may take. One that does not answer must stop neither the service nor its end.
const WRITE_MOST: Duration = Duration::from_secs(5);

/// Rows and events read at a time.
const PAGE: i64 = 8_192;

/// Of the end of a file, more than all bureaus' last lines by far.
const TAIL_BYTES: u64 = 256 * 1024;

/// Writes heads of the trail outside the database.
#[derive(Debug, Clone)]
pub(super) struct HeadsWriter {
    context: Arc<Context>,
    clock: Clock,
    file: PathBuf,
    /// Held while the disk is at work.
    writing: Arc<Mutex<()>>,
}

impl HeadsWriter {
    /// Writes the heads that have moved since they were last written. What cannot be written stays to be written: it is logged, and stops
    /// nothing.
    pub(super) async fn write(&self) {
        if let Err(error) = self.try_to_write().await {
            let file = self.file.display();
            error!(%file, %error, "the heads of the trail were not written; what came since is not anchored");
        }
    }

    async fn try_to_write(&self) -> Result<(), AppError> {
        let mut tx = self.context.store.read().await?;
        let mut heads = Vec::new();
        for BureauRow { bureau, .. } in tx.bureaus().await? {
            let chain = tx.head(bureau).await?.and_then(|head| head.chain);
            heads.extend(chain.filter(|chain| chain.number > 0).map(|chain| Head {
                bureau: bureau.0,
                number: chain.number,
                hash: chain.hash,
                before: chain.before,
            }));
        }
        tx.rollback().await?;
        let (file, context, now) = (self.file.clone(), Arc::clone(&self.context), self.clock.now());
        let still = || io::Error::new(io::ErrorKind::TimedOut, "the disk does not answer");
        let writing = Arc::clone(&self.writing).try_lock_owned();
        let append = async {
            let writing = writing.map_err(|_| still())?;
            let work = spawn_blocking(move || {
                let _writing = writing;
                append(&file, &heads, now, &context.identity)
            });
            work.await.unwrap_or_else(|error| Err(io::Error::other(error)))
        };
        let written = Deadline::after(WRITE_MOST).within(WRITE_MOST, append).await;
        written
            .unwrap_or_else(|| Err(still()))
            .map_err(|source| AppError::File { path: self.file.clone(), source })
    }

    /// Writes each minute, until the service stops.
    pub(super) async fn write_while_serving(self, life: Lifecycle) {
        while !life.is_stopping() {
            self.write().await;
            Deadline::after(WRITE_EVERY).within(WRITE_EVERY, life.stopping()).await;
        }
    }
}

/// Adds the heads that have moved to a file, in one piece, and makes sure that they are on the disk. Several processes may do so.
fn append(path: &Path, heads: &[Head], now: Timestamp, identity: &Identity) -> io::Result<()> {
    if heads.is_empty() {
        return Ok(());
    }
    let is_new = !path.exists();
    let mut file = File::options().create(true).read(true).append(true).mode(0o600).open(path)?;
    file.lock()?;
    let tail = tail_of(&mut file)?;
    let (mut number, is_torn) = end_of(&tail);
    let time = format!("{}+08:00", now.display().replace(' ', "T"));
    let mut text = if is_torn { "\n".to_owned() } else { String::new() };
    let is_known = |head: &Head| {
        last_of(&tail, head.bureau)
            .is_some_and(|(number, hash)| number == head.number && hash == hex::encode(head.hash))
    };
    let moved: Vec<&Head> = heads.iter().filter(|head| !is_known(head)).collect();
    if moved.is_empty() {
        return Ok(());
    }
    for head in moved {
        number += 1;
        text.push_str(&serde_json::to_string(&Line::signed(*head, number, &time, identity))?);
        text.push('\n');
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if is_new {
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or(Path::new("."))).and_then(|directory| directory.sync_all())?;
    }
    Ok(())
}

/// The end of a file; all of it where no line can be read there.
fn tail_of(file: &mut File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len();
    let mut tail = Vec::new();
    for from in [length.saturating_sub(TAIL_BYTES), 0] {
        tail.clear();
        file.seek(SeekFrom::Start(from))?;
        file.read_to_end(&mut tail)?;
        if end_of(&tail).0 > 0 {
            break;
        }
    }
    Ok(tail)
}

impl App {
    /// What writes heads of the trail, to the file of the settings.
    pub(super) fn heads(&self) -> HeadsWriter {
        let file = self.settings.heads_file(&self.config.data);
        let (context, clock) = (Arc::clone(&self.context), self.clock.clone());
        HeadsWriter { context, clock, file, writing: Arc::default() }
    }

    /// Writes the heads of the trail that have moved, outside the database: at the end of a command that has written. What fails is
    /// logged.
    pub async fn write_heads(&self) {
        self.heads().write().await;
    }

    /// The public key by which heads of the trail can be checked, as PEM.
    pub fn public_key(&self) -> String {
        self.context.identity.public_key_pem()
    }

    /// Verifies the trail of a bureau against its events and the heads written outside the database: in `files`, or in that of the
    /// settings where none is named. Of a file that is named and is not there nothing can be said; that of the settings may be gone
    /// because somebody has taken it away. `progress` is told how many rows were read, of how many.
    pub async fn verify_trail(
        &self,
        bureau: BureauId,
        files: &[PathBuf],
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Verified, AppError> {
        // Before the database: a head that is written meanwhile must not be ahead of what is read of that.
        let heads = self.heads_of(files)?;
        let mut tx = self.context.store.read_at_length().await?;
        let head = tx.head(bureau).await?.ok_or(StoreError::Missing("there is no such bureau"))?;
        let standing = Standing { sequence: head.sequence.0, number: head.audit_number, chain: head.chain };
        let mut verification = Verification::new(bureau.0, standing, heads);
        let all = usize::try_from(head.audit_number).unwrap_or_default().max(1);
        let (mut row, mut event, mut read) = (i64::MIN, 0, 0);
        loop {
            let page = tx.trail(bureau, row, PAGE).await?;
            let Some(last) = page.last() else { break };
            row = last.entry.number;
            read += page.len();
            for row in &page {
                verification.row(row);
            }
            let wanted = verification.wanted();
            event = events(&mut tx, bureau, (event, wanted), &mut verification).await?;
            progress(read.min(all.saturating_sub(1)), all);
        }
        events(&mut tx, bureau, (event, i64::MAX), &mut verification).await?;
        tx.rollback().await?;
        progress(all, all);
        Ok(verification.finish())
    }

    fn heads_of(&self, files: &[PathBuf]) -> Result<Vec<HeadsFile>, AppError> {
        let identity = &self.context.identity;
        let own = [self.settings.heads_file(&self.config.data)];
        let named = if files.is_empty() { &own[..] } else { files };
        let read = |path: &PathBuf| {
            let name = path.display().to_string();
            match read_shared(path) {
                Ok(text) => Ok(HeadsFile { name, heads: Some(Heads::read(&text, identity)) }),
                Err(error) if error.kind() == io::ErrorKind::NotFound && files.is_empty() => {
                    Ok(HeadsFile { name, heads: None })
                }
                Err(source) => Err(AppError::File { path: path.clone(), source }),
            }
        };
        named.iter().map(read).collect()
    }
}

/// A file of heads, while nobody is in the middle of a line. On a disk that can be read only there are no locks, and nobody writes.
fn read_shared(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => file.lock_shared()?,
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    Ok(text)
}

/// Gives the verification the events after one, up to another; the last one given.
async fn events(
    tx: &mut Tx,
    bureau: BureauId,
    (mut after, wanted): (i64, i64),
    verification: &mut Verification,
) -> Result<i64, StoreError> {
    while after < wanted {
        let page = tx.logged(bureau, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for event in page {
            verification.event(event);
        }
    }
    Ok(after)
}
