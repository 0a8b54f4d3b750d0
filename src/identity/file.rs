//! The key file (密钥文件): in its first line the identity, from which everything is derived that changes by no rotation; in each line
//! behind it a sealing key with its number, `seal 1 <64 hexadecimal digits>`, or an identity key, `hash 1 <64 hexadecimal digits>`. The
//! newest seals, all of them open; by which identity key a bureau's key hashes are made stands in the database. Both keys 0 are derived
//! from the first line.
//!
//! A file is never changed in place: written aside, on the disk, renamed. Who has it open looks at it again by its inode and time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tracing::error;

use super::hash_key::{HashKey, HashKeys, may_follow};
use super::seal::SealKeys;
use super::{Identity, IdentityError, derived};
use crate::domain::ids::{HashKeyId, SealKeyId};

/// What a key file holds.
pub(super) struct KeyFile {
    pub(super) identity: [u8; 32],
    /// Beside the one that is derived.
    sealing: BTreeMap<SealKeyId, [u8; 32]>,
    hashing: BTreeMap<HashKeyId, [u8; 32]>,
}

impl KeyFile {
    pub(super) fn of(identity: [u8; 32]) -> Self {
        Self { identity, sealing: BTreeMap::new(), hashing: BTreeMap::new() }
    }

    pub(super) fn read(path: &Path) -> Result<Self, IdentityError> {
        let text = fs::read_to_string(path).map_err(failed(path))?;
        Self::parse(&text).map_err(|line| match line {
            1 => IdentityError::Malformed(path.to_owned()),
            line => IdentityError::MalformedLine { path: path.to_owned(), line },
        })
    }

    /// The number of the first line that says nothing is the error.
    fn parse(text: &str) -> Result<Self, usize> {
        let mut lines = text.trim().lines().zip(1..);
        let identity = lines.next().and_then(|(line, _)| key_of(line.trim())).ok_or(1_usize)?;
        let mut file = Self::of(identity);
        for (text, line) in lines {
            let (kind, id, key) = key_line(text.trim()).ok_or(line)?;
            let is_next = match kind {
                Kind::Seal => add(&mut file.sealing, SealKeyId(id), key),
                Kind::Hash => add(&mut file.hashing, HashKeyId(id), key),
            };
            if !is_next || id == 0 || id == u32::MAX {
                return Err(line);
            }
        }
        Ok(file)
    }

    fn text(&self) -> String {
        let identity = hex::encode(self.identity);
        let sealing = self.sealing.iter().map(|(id, key)| format!("\nseal {id} {}", hex::encode(key)));
        let hashing = self.hashing.iter().map(|(id, key)| format!("\nhash {id} {}", hex::encode(key)));
        std::iter::once(identity).chain(sealing).chain(hashing).collect()
    }

    /// All by which key hashes are made, or were.
    pub(super) fn hash_keys(&self) -> Result<HashKeys, IdentityError> {
        let first = (HashKeyId(0), self.identity);
        let all = std::iter::once(first).chain(self.hashing.iter().map(|(id, key)| (*id, *key)));
        all.map(|(id, key)| Ok((id, Arc::new(HashKey::new(id, &key)?)))).collect()
    }

    /// All that seal and open.
    pub(super) fn seal_keys(&self) -> Result<SealKeys, IdentityError> {
        let mut keys = self.sealing.clone();
        keys.insert(SealKeyId(0), derived(&self.identity, "triage seal v1")?);
        SealKeys::new(&keys)
    }

    /// Writes it in the place of the one that is there.
    fn replace(&self, path: &Path) -> Result<(), IdentityError> {
        let aside = self.write_aside(path)?;
        fs::rename(&aside, path).map_err(failed(path))?;
        sync_directory(path)
    }

    /// Writes it where there is none. Two processes that start at once must end with one key: a link never replaces.
    fn link(&self, path: &Path) -> Result<(), IdentityError> {
        let aside = self.write_aside(path)?;
        let linked = fs::hard_link(&aside, path);
        fs::remove_file(&aside).map_err(failed(path))?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(path)(error)),
            _ => {}
        }
        sync_directory(path)
    }

    fn write_aside(&self, path: &Path) -> Result<PathBuf, IdentityError> {
        let name: [u8; 8] = random()?;
        let aside = path.with_extension(format!("new.{}", hex::encode(name)));
        let mut file =
            File::options().write(true).create_new(true).mode(0o600).open(&aside).map_err(failed(path))?;
        file.write_all(self.text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed(path))?;
        Ok(aside)
    }
}

/// Removes what was written aside by processes that were ended before they put it in its place: it holds all keys.
fn clear_aside(path: &Path) -> Result<(), IdentityError> {
    let stem = path.with_extension("new.");
    let (Some(directory), Some(stem)) = (path.parent(), stem.file_name().and_then(|name| name.to_str()))
    else {
        return Ok(());
    };
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    for entry in fs::read_dir(directory).map_err(failed(path))? {
        let entry = entry.map_err(failed(path))?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(stem)) {
            fs::remove_file(entry.path()).map_err(failed(path))?;
        }
    }
    Ok(())
}

fn key_of(digits: &str) -> Option<[u8; 32]> {
    let mut key = [0u8; 32];
    hex::decode_to_slice(digits, &mut key).ok().map(|()| key)
}

/// What a key is for.
enum Kind {
    Seal,
    Hash,
}

fn key_line(line: &str) -> Option<(Kind, u32, [u8; 32])> {
    let (kind, rest) = line.split_once(' ')?;
    let kind = match kind {
        "seal" => Kind::Seal,
        "hash" => Kind::Hash,
        _ => return None,
    };
    let (id, digits) = rest.split_once(' ')?;
    Some((kind, id.parse().ok()?, key_of(digits)?))
}

/// Adds a key behind those that are there; whether it comes behind them.
fn add<K: Ord>(keys: &mut BTreeMap<K, [u8; 32]>, id: K, key: [u8; 32]) -> bool {
    let is_next = keys.last_key_value().is_none_or(|(last, _)| *last < id);
    keys.insert(id, key);
    is_next
}

fn random<const N: usize>() -> Result<[u8; N], IdentityError> {
    let mut random = [0u8; N];
    getrandom::fill(&mut random).map_err(|_| IdentityError::Random)?;
    Ok(random)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> IdentityError {
    |source| IdentityError::File { path: path.to_owned(), source }
}

/// The name must survive a power cut as surely as the rows sealed under it.
fn sync_directory(path: &Path) -> Result<(), IdentityError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new("."))).and_then(|d| d.sync_all()).map_err(failed(path))
}

/// Makes a key file.
pub(super) fn make(path: &Path) -> Result<(), IdentityError> {
    KeyFile::of(random()?).link(path)
}

/// By what it is seen that a file is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    inode: u64,
    changed: (i64, i64),
    bytes: u64,
}

impl Seen {
    /// Also refuses a file that others can read.
    fn of(path: &Path) -> Result<Self, IdentityError> {
        let found = fs::metadata(path).map_err(failed(path))?;
        if !found.is_file() {
            return Err(IdentityError::NoFile(path.to_owned()));
        }
        if found.mode() & 0o077 != 0 {
            return Err(IdentityError::Open(path.to_owned()));
        }
        Ok(Self { inode: found.ino(), changed: (found.ctime(), found.ctime_nsec()), bytes: found.len() })
    }
}

/// The keys as the key file has them.
pub(super) struct Sealing {
    /// None: keys without a file.
    file: Option<PathBuf>,
    keys: RwLock<Arc<SealKeys>>,
    hashing: RwLock<Arc<HashKeys>>,
    /// The file as it was read. Held while it is looked at, so that nobody puts older keys back.
    seen: Mutex<Option<Seen>>,
    /// Whether it could not be used when it was looked at last.
    is_lost: AtomicBool,
}

impl Sealing {
    pub(super) fn without_file(keys: SealKeys, hashing: HashKeys) -> Self {
        Self::new(None, None, keys, hashing)
    }

    fn new(file: Option<PathBuf>, seen: Option<Seen>, keys: SealKeys, hashing: HashKeys) -> Self {
        let (keys, hashing) = (RwLock::new(Arc::new(keys)), RwLock::new(Arc::new(hashing)));
        Self { file, keys, hashing, seen: Mutex::new(seen), is_lost: AtomicBool::default() }
    }

    pub(super) fn hash_keys(&self) -> Arc<HashKeys> {
        Arc::clone(&self.hashing.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn keys(&self) -> Arc<SealKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Identity {
    /// Opens the key file, making it on first start.
    pub fn open(path: &Path) -> Result<Self, IdentityError> {
        if !fs::exists(path).map_err(failed(path))? {
            make(path)?;
        }
        // Seen before it is read: what is written meanwhile is seen the next time.
        let seen = Seen::of(path)?;
        let file = KeyFile::read(path)?;
        let (keys, hashing) = (file.seal_keys()?, file.hash_keys()?);
        Self::of(&file, Sealing::new(Some(path.to_owned()), Some(seen), keys, hashing))
    }

    /// Reads the key file again, if it is another one than before: another process may have made a sealing key, or removed one.
    /// Whatever is wrong with it, the keys that were read stay.
    pub(crate) fn look_again(&self) -> Result<(), IdentityError> {
        let Some(path) = &self.sealing.file else { return Ok(()) };
        let mut last = self.sealing.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = Seen::of(path)?;
        if *last == Some(seen) {
            return Ok(());
        }
        let file = KeyFile::read(path)?;
        if derived(&file.identity, super::FINGERPRINT)?[..8] != self.fingerprint {
            return Err(IdentityError::Other(path.clone()));
        }
        let (keys, hashing) = (Arc::new(file.seal_keys()?), Arc::new(file.hash_keys()?));
        if !keys.may_follow(&self.sealing.keys()) || !may_follow(&hashing, &self.hash_keys()) {
            return Err(IdentityError::Earlier(path.clone()));
        }
        *self.sealing.hashing.write().unwrap_or_else(PoisonError::into_inner) = hashing;
        *self.sealing.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        *last = Some(seen);
        Ok(())
    }

    /// As [`Identity::look_again`], at the beginning of every batch, which holds its bureau's lock by then: no batch seals by a key
    /// that was not the current one any more when it began. What is wrong with the file stops nothing, and is logged once.
    pub(crate) fn keep_current(&self) {
        match self.look_again() {
            Ok(()) => self.sealing.is_lost.store(false, Ordering::Relaxed),
            Err(error) => {
                if !self.sealing.is_lost.swap(true, Ordering::Relaxed) {
                    error!(%error, "the key file cannot be used; the keys that were read stay in use");
                }
            }
        }
    }

    /// Adds a sealing key to the file, behind those that are there, and seals by it from here on. Nobody else may do so at the same
    /// time.
    pub(crate) fn add_seal_key(&self) -> Result<SealKeyId, IdentityError> {
        let mut id = SealKeyId(1);
        self.change(|KeyFile { sealing, .. }| {
            id = SealKeyId(sealing.last_key_value().map_or(0, |(last, _)| last.0) + 1);
            sealing.insert(id, random()?);
            Ok(())
        })?;
        Ok(id)
    }

    /// Adds an identity key to the file, behind those that are there; nothing is made by it yet. Nobody else may do so at the same time.
    pub(crate) fn add_hash_key(&self) -> Result<HashKeyId, IdentityError> {
        let mut id = HashKeyId(1);
        self.change(|KeyFile { hashing, .. }| {
            id = HashKeyId(hashing.last_key_value().map_or(0, |(last, _)| last.0) + 1);
            hashing.insert(id, random()?);
            Ok(())
        })?;
        Ok(id)
    }

    /// Takes a sealing key out of the file for good. Nothing may be sealed by it, and nobody else may change the file at the same time.
    pub(crate) fn remove_seal_key(&self, id: SealKeyId) -> Result<(), IdentityError> {
        self.change(|KeyFile { sealing, .. }| {
            sealing.remove(&id);
            Ok(())
        })
    }

    fn change(
        &self,
        change: impl FnOnce(&mut KeyFile) -> Result<(), IdentityError>,
    ) -> Result<(), IdentityError> {
        let path = self.sealing.file.as_deref().ok_or(IdentityError::Sealed)?;
        clear_aside(path)?;
        let mut file = KeyFile::read(path)?;
        change(&mut file)?;
        file.replace(path)?;
        self.look_again()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::domain::ids::{BureauId, Sequence};
    use crate::identity::Place;

    #[test]
    fn the_key_file_is_made_once_and_is_the_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("identity.key");
        let identity = Identity::open(&path).unwrap();
        let mode = || fs::metadata(&path).unwrap().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        fs::write(directory.path().join("identity.new.0123456789abcdef"), "of a process that was ended")
            .unwrap();
        identity.add_seal_key().unwrap();
        assert_eq!(mode(), 0o600);
        assert_eq!(Identity::open(&path).unwrap().fingerprint(), identity.fingerprint());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left aside");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Identity::open(&path), Err(IdentityError::Open(_))));
        fs::remove_file(&path).unwrap();
        assert!(
            std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&path).status().unwrap().success()
        );
        assert!(matches!(Identity::open(&path), Err(IdentityError::NoFile(_))), "nobody waits for a pipe");
    }

    #[test]
    fn who_has_the_file_open_learns_of_new_keys() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("identity.key");
        let (one, other) = (Identity::open(&path).unwrap(), Identity::open(&path).unwrap());
        let place = Place::event(BureauId(1), Sequence(1));
        let mut sealed = vec![one.seal(place, b"first").unwrap()];
        for id in 1..=3 {
            assert_eq!(one.add_seal_key().unwrap(), SealKeyId(id));
            sealed.push(one.seal(place, b"first").unwrap());
            // Reading looks again by itself.
            for sealed in &sealed {
                assert_eq!(other.unseal(place, sealed).unwrap(), b"first");
            }
            assert_eq!(other.current_seal_key(), SealKeyId(id));
        }
        one.remove_seal_key(SealKeyId(2)).unwrap();
        other.look_again().unwrap();
        let opens: Vec<bool> = sealed.iter().map(|sealed| other.unseal(place, sealed).is_ok()).collect();
        assert_eq!(opens, [true, true, false, true]);
        // A number is not given twice while a later one is there.
        assert_eq!(one.add_seal_key().unwrap(), SealKeyId(4));
        // What is wrong with the file changes no keys; an earlier copy of it is wrong, and so is another key under a number.
        let good = fs::read_to_string(&path).unwrap();
        other.look_again().unwrap();
        let line = good.lines().last().unwrap();
        let (earlier, swapped) = (
            good.replace(&format!("\n{line}"), ""),
            good.replace(line, &format!("seal 4 {}", hex::encode([9; 32]))),
        );
        for wrong in [earlier, swapped] {
            fs::write(&path, wrong).unwrap();
            assert!(matches!(other.look_again(), Err(IdentityError::Earlier(_))));
            assert_eq!(other.current_seal_key(), SealKeyId(4));
        }
        fs::write(&path, &good).unwrap();
        other.look_again().unwrap();
        fs::write(&path, "nothing").unwrap();
        assert!(matches!(other.look_again(), Err(IdentityError::Malformed(_))));
        fs::write(&path, hex::encode([9; 32])).unwrap();
        assert!(matches!(other.look_again(), Err(IdentityError::Other(_))));
        assert_eq!(other.unseal(place, &sealed[3]).unwrap(), b"first");
        fs::write(&path, good).unwrap();
        other.look_again().unwrap();
        assert_eq!(other.current_seal_key(), SealKeyId(4));
    }

    #[test]
    fn a_line_that_says_nothing_is_named() {
        let key = hex::encode([7; 32]);
        let wrong = |text: String| KeyFile::parse(&text).err();
        assert_eq!(wrong(format!("{key}\nseal 1 {key}\nseal 3 {key}\n")), None);
        assert_eq!(wrong(String::new()), Some(1));
        assert_eq!(wrong(format!("seal 1 {key}")), Some(1));
        for line in
            [format!("seal 0 {key}"), format!("seal x {key}"), format!("seal 1 {}", &key[1..]), key.clone()]
        {
            assert_eq!(wrong(format!("{key}\n{line}")), Some(2), "{line}");
        }
        assert_eq!(wrong(format!("{key}\nseal 2 {key}\nseal 2 {key}")), Some(3));
        assert_eq!(wrong(format!("{key}\nseal 2 {key}\nseal 1 {key}")), Some(3));
        let file = KeyFile::parse(&format!("{key}\nseal 1 {key}")).unwrap();
        assert_eq!(KeyFile::parse(&file.text()).unwrap().text(), file.text());
    }
}
