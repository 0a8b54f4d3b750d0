//! Sealing and opening (封存): AES-256-GCM-SIV (RFC 8452) by one of several sealing keys. A sealed value says in front by what it was
//! sealed - form, algorithm, number of the key - and opens in its place alone: table, column, bureau, row.
//!
//! What an earlier release sealed has no such header; key 0 opens it. The two cannot be taken for one another: a value opens as what it
//! is or not at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use aes_gcm_siv::aead::{Aead as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;

use super::{Identity, IdentityError};
use crate::domain::ids::{BureauId, SealKeyId, Sequence};

const NONCE_BYTES: usize = 12;

/// Of a header: form, algorithm, and the number of the key in four bytes.
const HEADER_BYTES: usize = 6;
const FORM: u8 = 1;
/// Another algorithm gets the next number.
const AES_256_GCM_SIV: u8 = 1;

/// Where a sealed value stands: it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    table: &'static str,
    column: &'static str,
    bureau: BureauId,
    row: i64,
}

impl Place {
    /// The command of an event.
    pub(crate) fn event(bureau: BureauId, Sequence(row): Sequence) -> Self {
        Self { table: "event", column: "payload", bureau, row }
    }

    /// What is bound to a value beside its header.
    fn bound(self, header: [u8; HEADER_BYTES]) -> Vec<u8> {
        let names = [self.table.as_bytes(), &[0], self.column.as_bytes(), &[0]].concat();
        [&header[..], &names, &self.bound_before()].concat()
    }

    /// What an earlier release bound, which sealed one column alone.
    fn bound_before(self) -> [u8; 16] {
        let mut bound = [0u8; 16];
        bound[..8].copy_from_slice(&self.bureau.0.to_be_bytes());
        bound[8..].copy_from_slice(&self.row.to_be_bytes());
        bound
    }
}

/// The first bytes of what is sealed by a key.
pub(crate) fn header(SealKeyId(key): SealKeyId) -> [u8; HEADER_BYTES] {
    let [a, b, c, d] = key.to_be_bytes();
    [FORM, AES_256_GCM_SIV, a, b, c, d]
}

/// The number of the key, and what stands behind the header, where this may be one.
fn read_header(sealed: &[u8]) -> Option<(SealKeyId, &[u8])> {
    let ([FORM, AES_256_GCM_SIV, key @ ..], rest) = sealed.split_first_chunk::<HEADER_BYTES>()? else {
        return None;
    };
    Some((SealKeyId(u32::from_be_bytes(*key)), rest))
}

/// A key that seals.
struct SealKey {
    cipher: Aes256GcmSiv,
    fingerprint: [u8; 8],
}

impl SealKey {
    fn new(key: &[u8; 32]) -> Result<Self, IdentityError> {
        let mut fingerprint = [0u8; 8];
        let derived = Hkdf::<Sha256>::new(None, key).expand(b"triage seal fingerprint v1", &mut fingerprint);
        derived.map_err(|_| IdentityError::Sealed)?;
        let cipher = Aes256GcmSiv::new_from_slice(key).map_err(|_| IdentityError::Sealed)?;
        Ok(Self { cipher, fingerprint })
    }

    fn seal(&self, bound: &[u8], plain: &[u8]) -> Result<Vec<u8>, IdentityError> {
        let mut nonce = [0u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| IdentityError::Random)?;
        let payload = Payload { msg: plain, aad: bound };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| IdentityError::Sealed)?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn open(&self, bound: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        self.cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: bound }).ok()
    }
}

/// The keys that seal, by their numbers; the newest is the current one.
pub(super) struct SealKeys(BTreeMap<SealKeyId, SealKey>);

impl SealKeys {
    pub(super) fn new(keys: &BTreeMap<SealKeyId, [u8; 32]>) -> Result<Self, IdentityError> {
        let keys = keys.iter().map(|(id, key)| Ok((*id, SealKey::new(key)?)));
        Ok(Self(keys.collect::<Result<_, IdentityError>>()?))
    }

    /// Whether these may take the place of others that were read of the same file: what is held by both is the same, and the newest is
    /// no earlier one - a key is never given up while it is the current one.
    pub(super) fn may_follow(&self, before: &Self) -> bool {
        let newest = |keys: &Self| keys.0.last_key_value().map(|(id, _)| *id);
        let same = |(id, key): (&SealKeyId, &SealKey)| {
            before.0.get(id).is_none_or(|held| held.fingerprint == key.fingerprint)
        };
        newest(self) >= newest(before) && self.0.iter().all(same)
    }

    fn seal(&self, place: Place, plain: &[u8]) -> Result<Vec<u8>, IdentityError> {
        let (id, key) = self.0.last_key_value().ok_or(IdentityError::Sealed)?;
        let header = header(*id);
        Ok([&header[..], &key.seal(&place.bound(header), plain)?].concat())
    }

    fn open(&self, place: Place, sealed: &[u8]) -> Option<Vec<u8>> {
        let by_header = || {
            let (id, rest) = read_header(sealed)?;
            self.0.get(&id)?.open(&place.bound(header(id)), rest)
        };
        by_header().or_else(|| self.0.get(&SealKeyId(0))?.open(&place.bound_before(), sealed))
    }
}

impl Identity {
    /// Seals `plain` for one place, by the current key; it opens nowhere else.
    pub(crate) fn seal(&self, place: Place, plain: &[u8]) -> Result<Vec<u8>, IdentityError> {
        self.seal_keys().seal(place, plain)
    }

    /// Opens what [`Identity::seal`] made for the same place. A key that is not known yet is looked for in the key file before that is
    /// said to be impossible: another process may just have made it.
    pub(crate) fn unseal(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, IdentityError> {
        if let Some(plain) = self.seal_keys().open(place, sealed) {
            return Ok(plain);
        }
        let Some((id, _)) = read_header(sealed).filter(|(id, _)| !self.seal_keys().0.contains_key(id)) else {
            return Err(IdentityError::Sealed);
        };
        self.look_again()?;
        let keys = self.seal_keys();
        let missing =
            if keys.0.contains_key(&id) { IdentityError::Sealed } else { IdentityError::NoSealKey(id) };
        keys.open(place, sealed).ok_or(missing)
    }

    /// The same, sealed by the current key.
    pub(crate) fn reseal(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, IdentityError> {
        self.seal(place, &self.unseal(place, sealed)?)
    }

    /// The key that seals now.
    pub(crate) fn current_seal_key(&self) -> SealKeyId {
        self.seal_keys().0.last_key_value().map(|(id, _)| *id).unwrap_or_default()
    }

    /// Every sealing key, and what identifies it without revealing it.
    pub(crate) fn seal_key_fingerprints(&self) -> BTreeMap<SealKeyId, [u8; 8]> {
        self.seal_keys().0.iter().map(|(id, key)| (*id, key.fingerprint)).collect()
    }

    fn seal_keys(&self) -> Arc<SealKeys> {
        self.sealing.keys()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EVENT: Place = Place { table: "event", column: "payload", bureau: BureauId(1), row: 5 };

    fn keys(of: &[(u32, u8)]) -> SealKeys {
        SealKeys::new(&of.iter().map(|(id, byte)| (SealKeyId(*id), [*byte; 32])).collect()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let identity = Identity::from_key(&[7; 32]).unwrap();
        let sealed = identity.seal(EVENT, "姓名".as_bytes()).unwrap();
        assert_eq!(identity.unseal(EVENT, &sealed).unwrap(), "姓名".as_bytes());
        let elsewhere = [
            Place { row: 6, ..EVENT },
            Place { bureau: BureauId(2), ..EVENT },
            Place { column: "answer", ..EVENT },
            Place { table: "rules", ..EVENT },
            // The same letters, cut elsewhere.
            Place { table: "eventp", column: "ayload", ..EVENT },
        ];
        for place in elsewhere {
            assert!(identity.unseal(place, &sealed).is_err(), "{place:?}");
        }
        let other = Identity::from_key(&[8; 32]).unwrap();
        assert!(other.unseal(EVENT, &sealed).is_err());
        assert!(identity.unseal(EVENT, &sealed[..10]).is_err());
    }

    #[test]
    fn keys_are_not_shown() {
        assert_eq!(format!("{:?}", Identity::from_key(&[7; 32]).unwrap()), "Identity(hidden)");
    }

    /// Without its file an identity has one key, and says which other one is asked for.
    #[test]
    fn a_key_that_is_missing_is_named() {
        let identity = Identity::from_key(&[7; 32]).unwrap();
        let sealed = keys(&[(0, 1), (3, 2)]).seal(EVENT, b"x").unwrap();
        let missing = identity.unseal(EVENT, &sealed);
        assert!(matches!(missing, Err(IdentityError::NoSealKey(SealKeyId(3)))), "{missing:?}");
    }

    proptest! {
        /// Each value opens as what it is: by the key that it names, or in the form of earlier releases by key 0. Never another's: a
        /// value that was changed anywhere, its header too, does not open.
        #[test]
        fn a_value_opens_as_what_it_is_or_not_at_all(
            plain in proptest::collection::vec(any::<u8>(), 0..80),
            current in 0u32..4,
            is_old in any::<bool>(),
            at in any::<prop::sample::Index>(),
            change in 1u8..,
        ) {
            let all = keys(&[(0, 10), (1, 11), (2, 12), (3, 13)]);
            let mut sealed = if is_old {
                all.0[&SealKeyId(0)].seal(&EVENT.bound_before(), &plain).unwrap()
            } else {
                let known: Vec<(u32, u8)> = (0..=current).zip(10..).collect();
                keys(&known).seal(EVENT, &plain).unwrap()
            };
            prop_assert_eq!(read_header(&sealed).is_some(), !is_old || sealed[..2] == [FORM, AES_256_GCM_SIV]);
            prop_assert_eq!(all.open(EVENT, &sealed), Some(plain));
            // By no other key.
            let own = if is_old { 0 } else { current };
            let others: Vec<(u32, u8)> = (0..4).zip(10..).map(|(id, byte)| (id, if id == own { 99 } else { byte })).collect();
            prop_assert_eq!(keys(&others).open(EVENT, &sealed), None);
            prop_assert_eq!(all.open(Place { row: 6, ..EVENT }, &sealed), None);
            let at = at.index(sealed.len());
            sealed[at] ^= change;
            prop_assert_eq!(all.open(EVENT, &sealed), None);
        }

        /// What an earlier release sealed may begin as a header does, by chance: it opens all the same.
        #[test]
        fn a_value_without_a_header_may_begin_like_one(plain in proptest::collection::vec(any::<u8>(), 0..80), key in 0u32..4) {
            let all = keys(&[(0, 10), (1, 11)]);
            let mut nonce = [0u8; NONCE_BYTES];
            nonce[..HEADER_BYTES].copy_from_slice(&header(SealKeyId(key)));
            let payload = Payload { msg: &plain[..], aad: &EVENT.bound_before() };
            let sealed = all.0[&SealKeyId(0)].cipher.encrypt(&Nonce::from(nonce), payload).unwrap();
            let sealed = [&nonce[..], &sealed].concat();
            prop_assert_eq!(all.open(EVENT, &sealed), Some(plain));
        }
    }
}
