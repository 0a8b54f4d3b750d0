//! Who is who, without saying who: normalising, keyed hashes, sealing and opening.
//!
//! One key file, readable by its owner alone. From the 32 random bytes of its first line keys are derived (RFC 5869), so that what seals
//! cannot search, what searches cannot open, and what signs the heads of the trail does nothing else; further keys that seal stand
//! behind it. The key file never travels in a backup.

mod file;
mod hash_key;
mod password;
mod seal;
mod sign;
mod token;

use std::io;
use std::path::PathBuf;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::signature::Ed25519KeyPair;
use sha2::Sha256;

use crate::domain::cursor::Stamp;
use crate::domain::ids::{BureauId, HashKeyId, SealKeyId, Sequence};
use crate::domain::time::Timestamp;
use crate::features::history::KeyHash;

/// Why a key or a sealed field cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file cannot be read or made.
    #[error("key file {path}: {source}")]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others could read it.
    #[error("key file {0} can be read by others; run `chmod 600` on it")]
    Open(PathBuf),
    /// It is not a key file.
    #[error("key file {0} does not hold 64 hexadecimal digits; restore it from where you keep keys")]
    Malformed(PathBuf),
    /// A line behind its first is no sealing key.
    #[error("line {line} of key file {path} is no key; restore it from where you keep keys")]
    MalformedLine {
        /// Where.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// Another installation's key file took its place.
    #[error("key file {0} was replaced by one of another identity; put the right one back")]
    Other(PathBuf),
    /// An earlier copy took its place, or one with another key under the same number.
    #[error(
        "key file {0} was replaced by an earlier copy, or by one with another key under the same number; put the right one back"
    )]
    Earlier(PathBuf),
    /// It was given up elsewhere, and the key file with its successor did not come here.
    #[error("sealing key {0} was given up elsewhere; bring the key file that holds its successor")]
    GivenUp(SealKeyId),
    /// It is no file, such as a pipe, which would be waited for.
    #[error("key file {0} is no regular file; put the right one back")]
    NoFile(PathBuf),
    /// What a bureau keeps was made by an identity key that the file does not hold.
    #[error("identity key {0} is not in the key file; bring the key file that holds it")]
    NoHashKey(HashKeyId),
    /// A value was sealed with a key that the file does not hold.
    #[error("sealing key {0} is not in the key file; restore the key file that holds it")]
    NoSealKey(SealKeyId),
    /// The machine gives no random numbers.
    #[error("no random numbers from the operating system")]
    Random,
    /// A sealed field was made with another key, or altered.
    #[error("a sealed field cannot be opened: it was made with another key, or altered")]
    Sealed,
}

use file::{KeyFile, Sealing};
pub(crate) use hash_key::HashKey;
pub use password::{PASSWORD_CHARACTERS_MOST, PasswordRule};
pub(crate) use seal::{Place, header};
pub(crate) use token::random_request_id;
pub use token::{Credential, KnownBy, PublicKey};
pub(crate) use token::{NewCredential, new_session_token};

/// The keys of one installation.
pub struct Identity {
    sealing: Sealing,
    /// What is derived from the identity, whatever key makes the hashes of facts: cursors name events by it.
    first: HashKey,
    digest: Hmac<Sha256>,
    signing: Ed25519KeyPair,
    fingerprint: [u8; 8],
    key_form: i16,
    /// Part of every hash of a password.
    pepper: [u8; 32],
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(hidden)")
    }
}

/// For what the fingerprint is derived.
const FINGERPRINT: &str = "triage fingerprint v1";

/// The key for a purpose, from that of a key file.
fn derived(key: &[u8; 32], purpose: &str) -> Result<[u8; 32], IdentityError> {
    let mut derived = [0u8; 32];
    let master = Hkdf::<Sha256>::new(None, key);
    master.expand(purpose.as_bytes(), &mut derived).map_err(|_| IdentityError::Sealed)?;
    Ok(derived)
}

fn mac(key: &[u8; 32], purpose: &str) -> Result<Hmac<Sha256>, IdentityError> {
    Hmac::<Sha256>::new_from_slice(&derived(key, purpose)?).map_err(|_| IdentityError::Sealed)
}

/// The version of what is hashed for a key: the normal form of a text, what counts as no value, how a number is read. A bureau's keys
/// are of one version, which stands beside its head. When the golden test below is red, raise it and `ledger::DECISION_VERSION`:
/// `triage migrate` then makes all keys again, so that old and new complaints of one person go on to link.
const KEY_FORM: i16 = 1;

impl Identity {
    /// Derives the keys from the 32 bytes of a key file.
    pub fn from_key(key: &[u8; 32]) -> Result<Self, IdentityError> {
        let file = KeyFile::of(*key);
        let sealing = Sealing::without_file(file.seal_keys()?, file.hash_keys()?);
        Self::of(&file, sealing)
    }

    fn of(file: &KeyFile, sealing: Sealing) -> Result<Self, IdentityError> {
        let derive = |purpose: &str| derived(&file.identity, purpose);
        let mut fingerprint = [0u8; 8];
        fingerprint.copy_from_slice(&derive(FINGERPRINT)?[..8]);
        let signing = Ed25519KeyPair::from_seed_unchecked(&derive("triage trail v1")?);
        Ok(Self {
            sealing,
            first: HashKey::new(HashKeyId(0), &file.identity)?,
            digest: mac(&file.identity, "triage digest v1")?,
            signing: signing.map_err(|_| IdentityError::Sealed)?,
            fingerprint,
            key_form: KEY_FORM,
            pepper: derive("triage password v1")?,
        })
    }

    /// Identifies the key without revealing it.
    pub fn fingerprint(&self) -> &[u8; 8] {
        &self.fingerprint
    }

    /// Of which version its keys are.
    pub(crate) fn key_form(&self) -> i16 {
        self.key_form
    }

    /// Keyed digest of a command's content: shows repeats and nothing else.
    pub(crate) fn digest(&self, content: &[u8]) -> [u8; 16] {
        let mut mac = self.digest.clone();
        mac.update(content);
        halve(&mac.finalize().into_bytes())
    }

    /// Keyed hash of an address that somebody signs in from.
    pub(crate) fn sign_in_source(&self, address: &str) -> [u8; 16] {
        self.digest(format!("sign-in source {address}").as_bytes())
    }

    /// Identifies the event at a sequence, for cursors.
    pub(crate) fn stamp(
        &self,
        bureau: BureauId,
        sequence: Sequence,
        recorded_at: Timestamp,
        digest: &[u8],
    ) -> Stamp {
        let event = format!("{} {} {} {}", bureau.0, sequence.0, recorded_at.0, hex::encode(digest));
        let KeyHash([a, b, c, d, ..]) = self.first.key_hash("event", &event);
        [a, b, c, d]
    }
}

fn halve(full: &[u8]) -> [u8; 16] {
    let mut half = [0u8; 16];
    half.copy_from_slice(&full[..16]);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red: what is hashed has changed, and with it the keys of every bureau; see [`KEY_FORM`].
    #[test]
    fn the_keys_are_of_the_form_that_they_are_numbered_by() {
        let whole = serde_json::json!({
            "number": "1", "received": { "at": 1_780_000_000_000_000_i64 },
            "complainant": {
                "name": "王　某", "phone": "13547207780", "other_phones": ["0472-5151234"],
                "resident_id": "15020319900101001X", "email": "Wang@Example.com", "payment_account": "6222020200112233445",
                "address": "沼潭北街31号楼3单元（包头市昆都仑区）", "delivery_address": "包头市青山区富强路１２号",
            },
            "respondent": { "name": "昆区 某某超市（有限公司）", "credit_code": "91150203MA0N000000" },
            "complaint": { "text": "本人于2026年5月1日在该店购买瓜子一袋，已过保质期，要求退一赔十，赔偿一千元。", "product": "瓜子" },
        });
        let version: crate::domain::submission::Submission = serde_json::from_value(whole).unwrap();
        let identity = Identity::from_key(&[7; 32]).unwrap();
        let key = identity.hash_key(HashKeyId(0)).unwrap();
        let crate::features::history::KeyHashes { keys, respondent, name, person, product, .. } =
            key.key_hashes(&version);
        let search = key.search_keys(&version);
        let anchors = key.shingles(&version).map(|shingles| shingles.anchors().collect::<Vec<_>>());
        let all = format!(
            "{KEY_FORM} {keys:?} {respondent:?} {name:?} {person:?} {product:?} {search:?} {anchors:?}"
        );
        let digest = identity.digest(all.as_bytes());
        assert_eq!(
            hex::encode(digest),
            "c6f09c241294d5d02ec1b7d41220820c",
            "raise KEY_FORM and DECISION_VERSION, then put the new digest here"
        );
    }
}
